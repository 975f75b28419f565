"""Tables in the terminal: what is left out where there is little room, and what is cut."""

import pytest

from streaming.sessions.tables import fitting, live, sessions

ROW = {
    "session_id": "de86dd898983b3248538168d",
    "started_at": 1_700_000_000_000,
    "duration_ms": 22_000,
    "state": "closed",
    "words": 70,
    "languages": ["en"],
    "verdicts": [],
    "metadata": {"desk": "berlin", "file": "two.wav", "sha256": "88e295846c7b1cf6" * 4},
}


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (200, "session began length state words languages metadata"),
        (100, "session began length state words metadata"),
        (90, "session began length state metadata"),
        (80, "session began length metadata"),
        (60, "session began length"),
        (20, "session began length"),
    ],
)
def test_columns_are_left_out_where_there_is_no_room_for_them(width: int, shown: str) -> None:
    cells = {
        "session": ["x" * 24],
        "began": ["2026-11-30 20:44:12"],
        "length": ["0:00:22"],
        "state": ["closed"],
        "words": ["70"],
        "languages": ["en"],
        "verdicts": [""],
        "metadata": ["x" * 90],
    }
    assert fitting(cells, width) == shown.split()


def test_what_is_long_is_cut_and_an_empty_list_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    sessions([ROW])
    told = capsys.readouterr().out
    assert "desk=berlin, file=two.wav, sha256=88e295846c7b1cf…" in told
    assert "verdicts" not in told
    sessions([])
    live([])
    assert capsys.readouterr() == ("", "No such session is recorded.\nNo such session goes on.\n")
