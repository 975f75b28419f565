"""Subtitles and tables, whatever was said."""

import csv
import io
import re
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from streaming.archive.export.cues import WIDTH, cues
from streaming.archive.export.reading import read
from streaming.archive.export.table import FORMULA, as_csv
from streaming.archive.export.text import srt, txt, vtt
from streaming.archive.export.transcript import Said, Transcript
from streaming.archive.kept import Silence
from tests.call_kept import kept, log, words

TEXTS = st.lists(
    st.text(alphabet="ab.?-> =<你xyzw", min_size=1, max_size=50).map(
        lambda text: " ".join(text.split()) or "a"
    ),
    min_size=1,
    max_size=30,
)


def told(texts: list[str], channels: int = 2) -> Transcript:
    said = [
        Said(
            kind="speech",
            number=number,
            id=f"{number}-0",
            channel=number % channels,
            start_ms=number * 900,
            end_ms=number * 900 + 5_000,
            text=text,
            words=words(text, number * 900),
        )
        for number, text in enumerate(texts)
    ]
    return Transcript(
        session_id="s", mode="transcribe", started_at=0, duration_ms=60_000, channels=channels, said=said
    )


@given(TEXTS)
def test_subtitles_have_all_words_in_two_short_lines_and_times_that_grow(texts: list[str]) -> None:
    transcript = told(texts)
    made = cues(transcript)
    assert all(1 <= len(cue.lines) <= 2 and max(map(len, cue.lines)) <= WIDTH for cue in made)
    assert [cue.start_ms for cue in made] == sorted(cue.start_ms for cue in made)
    for channel in (0, 1):
        own = [cue for cue in made if cue.channel == channel]
        assert all(cue.start_ms < cue.end_ms for cue in own)
        assert all(one.end_ms <= after.start_ms for one, after in pairwise(own))
        shown = "".join(line for cue in own for line in cue.lines)
        assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", "".join(texts[channel::2]))


TIMED = re.compile(r"^[0-9:.,]+ --> [0-9:.,]+$", re.MULTILINE)


@given(TEXTS)
@example(["--->"])
@example(["<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<? <"])
def test_no_words_can_be_taken_for_a_time_line_or_a_mark(texts: list[str]) -> None:
    transcript = told(texts)
    as_srt, as_vtt = "".join(srt(transcript)), "".join(vtt(transcript))
    for made in (as_srt, as_vtt):  # each leaves room for its own way to name a speaker
        assert made.count("-->") == len(TIMED.findall(made))
    assert as_vtt.count("<") == 2 * as_vtt.count("-->")


@given(st.sampled_from(FORMULA), st.text(alphabet='a1",\n', max_size=9))
def test_no_cell_is_calculated(sign: str, rest: str) -> None:
    transcript = told([sign + rest], 1)
    for by in ("line", "word"):
        rows = list(
            csv.reader(
                io.StringIO(
                    "".join(
                        as_csv(transcript, by),
                    ),
                    newline="",
                )
            )
        )
        assert not [cell for row in rows for cell in row if cell.startswith(FORMULA)]
    assert f"'{sign}{rest}" in {
        cell
        for row in csv.reader(io.StringIO("".join(as_csv(transcript, "line")), newline=""))
        for cell in row
    }


def test_a_reply_stands_where_its_turn_ended_and_what_was_retracted_is_gone() -> None:
    made = read(kept(), log())
    assert [(one.kind, one.start_ms) for one in made.said] == [
        ("speech", 500),
        ("speech", 6_000),
        ("reply", made.turns[1].at_ms),
        ("speech", 30_000),
    ]
    last = made.said[3]
    assert last.text == "Sécurité first:  were spoken here"
    assert [last.text[word.offset :][: len(word.text)] for word in last.words] == last.text.split()


def test_sound_that_is_kept_as_silence_is_named_where_it_is() -> None:
    session = replace(
        kept(), duration_ms=9_000, silenced=[Silence(1, 16_000, 24_000), Silence(0, 136_000, 160_000)]
    )
    transcript = read(session, [])
    assert [(one.channel, one.from_ms, one.to_ms, one.reason) for one in transcript.gaps] == [
        (1, 1_000, 1_500, "silenced"),
        (0, 8_500, 9_000, "silenced"),
    ]
    assert "[00:00:01] (0.5 s of Speaker 2 silenced)" in "".join(txt(transcript))
