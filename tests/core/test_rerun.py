"""What has changed between two transcripts of one sound, and which files are meant by an import."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.archive.kept import Kept
from streaming.bench.score import score
from streaming.client.arrivals import Message
from streaming.events import (
    ModerationVerdict,
    SessionStarted,
    Target,
    TranscriptFinal,
    TranscriptPartial,
)
from streaming.refusal import Refusal, Usage
from streaming.rerun.alignment import Spoken
from streaming.rerun.comparing import Change, Latency, changed, difference
from streaming.rerun.importing import found, metadata, whole
from streaming.session import SessionPolicy

FEW = st.lists(st.sampled_from("abcde"), max_size=40)


def spoken(words: list[str]) -> list[Spoken]:
    return [Spoken(word, 100 * place) for place, word in enumerate(words)]


def message(at_ms: int, event: Any) -> Message:
    return Message(f"{at_ms}-0", event, msgspec.json.encode(event).decode())


def log(session: str, *finals: TranscriptFinal, late_ms: int = 300) -> list[Message]:
    started = SessionStarted(session, "transcribe", [], SessionPolicy().limits(), "")
    out = [message(1_000, started)]
    for final in finals:
        seen = TranscriptPartial(final.channel, final.segment, 1, "…", 0)
        out.append(message(1_000 + final.start_ms + 2 * late_ms, seen))
        out.append(message(1_000 + final.end_ms + late_ms, final))
    return out


def final(segment: int, text: str, channel: int = 0, made_by: str = "old@0") -> TranscriptFinal:
    place = (1_000 * segment, 1_000 * segment + 900)
    return TranscriptFinal(channel, segment, text, *place, [], "en", 0.9, made_by)


@given(FEW, FEW)
def test_what_is_told_to_have_changed_makes_the_new_of_the_old(old: list[str], new: list[str]) -> None:
    runs = list(changed(spoken(old), spoken(new)))
    assert all(was or now for was, now in runs)
    assert sorted(old) == sorted([*_rest(old, [w for was, _ in runs for w in was]), *_texts(runs, 0)])
    assert sum(max(len(was), len(now)) for was, now in runs) == score(old, new).errors


def _texts(runs: list[tuple[list[Spoken], list[Spoken]]], side: int) -> list[str]:
    return [one.text for run in runs for one in run[side]]


def _rest(words: list[str], gone: list[Spoken]) -> list[str]:
    places = {one.at_ms // 100 for one in gone}
    return [word for place, word in enumerate(words) if place not in places]


@given(FEW)
def test_the_same_words_are_no_change(words: list[str]) -> None:
    assert list(changed(spoken(words), spoken(words))) == []


def test_an_hour_that_repeats_itself_is_compared_by_time() -> None:
    words = [f"w{n % 97}" for n in range(9_000)]
    old = [Spoken(word, 400 * place) for place, word in enumerate(words)]
    new = [*old[:2_000], Spoken("new", 800_000), *old[2_001:8_000]]
    runs = list(changed(old, new))
    assert [(len(was), len(now)) for was, now in runs] == [(1, 1), (1_000, 0)]
    far = [Spoken("w0", 4_000_000)]
    assert list(changed(old[:1], far)) != [], "what was said at another time is another word"


def test_a_difference_tells_words_latencies_and_verdicts() -> None:
    old = log("s1", final(1, "one conference"), final(2, "room 4"), final(1, "hello", channel=1))
    new = log("s2", final(1, "one Conference.", made_by="new@1"), final(2, "broom four"), late_ms=100)
    judged = ModerationVerdict(Target(segment=1), (0, 1), "redact", ["card"], 1.0, 0.1, "rules@0", "•")
    new += [message(9_000, judged), message(9_001, msgspec.structs.replace(judged, action="pass"))]
    told = difference(old, new, paced=True)
    assert (told.session, told.again, told.words, told.edits) == ("s1", "s2", 5, 2)
    assert told.wer == 40.0
    assert told.changes == [Change(1, 1_000, "hello", ""), Change(0, 2_000, "room", "broom")]
    assert (told.old_made_by, told.new_made_by) == (["old@0"], ["new@1", "old@0"])
    assert told.old_latency == Latency((0.6, 0.6), (0.3, 0.3))
    assert told.new_latency == Latency((0.2, 0.2), (0.1, 0.1))
    assert told.verdicts == {"card": (0, 1)}
    assert difference(old, new, paced=False).new_latency == Latency(None, None)
    imported = log("s0", final(1, "one conference"), late_ms=-400)
    assert difference(imported, new, paced=True).old_latency == Latency(None, None)


def test_an_import_means_sounds_in_folders_and_every_file_that_is_named_each_once(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    names = ["a.wav", "deep/b.MP3", "deep/notes.txt", "c.bin"]
    for name in names:
        (tmp_path / name).write_bytes(b"")
    assert [path.name for path in found([tmp_path, tmp_path / "c.bin", tmp_path / "a.wav"])] == [
        "a.wav",
        "b.MP3",
        "c.bin",
    ]
    with pytest.raises(Refusal, match="gone"):
        list(found([tmp_path / "gone"]))


def test_metadata_is_name_and_value() -> None:
    assert metadata(["desk=berlin", "note=a=b", "empty="]) == {"desk": "berlin", "note": "a=b", "empty": ""}
    for wrong in ("desk", "=berlin"):
        with pytest.raises(Usage):
            metadata([wrong])


def test_a_session_that_broke_off_is_no_import_of_the_file() -> None:
    kept = Kept("i1", "default", "transcribe", 0, duration_ms=30_000)
    assert whole(kept, 30.2)
    assert whole(kept, None)
    assert not whole(kept, 60.0)
