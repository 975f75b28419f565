"""Batches of a recording: whatever comes, in whatever pieces, is in exactly one of them."""

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streaming.archive.kept import Batch, LogEntry, Progress, Silence
from streaming.audio import RATE
from streaming.events import AudioFormat, ModerationVerdict, SessionEnded, Target, TranscriptFinal
from streaming.facts import SessionConfig
from streaming.recording.digest import Digest
from streaming.recording.gathering import PIECE, Gathering
from streaming.recording.silencing import Silencing

ENDED = msgspec.json.encode(SessionEnded("client", []))
FINAL = msgspec.json.encode(TranscriptFinal(0, 1, "one two", 0, 900, [], "en", 0.9, "m@0"))
CARD = msgspec.json.encode(
    ModerationVerdict(Target(segment=1), (0, 7), "redact", ["pii/card"], 1.0, 0.1, "rules@0", "one two")
)


def gathering(progress: Progress | None = None, channels: int = 1) -> Gathering:
    config = SessionConfig("s", audio=AudioFormat(channels=channels), record=True)
    return Gathering(config, progress or Progress(), Digest())


def numbered(begin: int, end: int, channels: int) -> bytes:
    """Each sample says where it stands."""
    samples = np.arange(begin, end) % 30_000
    return np.repeat(samples[:, None], channels, axis=1).astype("<i2").tobytes()


def check(batches: list[Batch], channels: int) -> set[int]:
    """Pieces in order, none longer than 30 s, each sample at its place; the places that there are."""
    at, places = 0, set[int]()
    for sound in (one for batch in batches for one in batch.sound):
        assert sound.begin >= at
        assert 0 < sound.end - sound.begin <= PIECE
        assert sound.pcm == numbered(sound.begin, sound.end, channels)
        at, places = sound.end, places | set(range(sound.begin, sound.end))
    return places


@given(
    st.lists(
        st.tuples(st.sampled_from(["sound", "again", "gap", "batch"]), st.integers(1, 900)), max_size=30
    ),
    st.sampled_from([1, 2, 8]),
)
def test_every_sample_that_came_is_kept_once_and_at_its_place(
    moves: list[tuple[str, int]], channels: int
) -> None:
    one, clock, came, batches = gathering(channels=channels), 0, set[int](), list[Batch]()
    for move, size in moves:
        if move == "batch":
            batches.append(one.batch(whole=False))
        elif move == "gap":
            clock += size
            one.skip(clock)
        else:  # sound that comes again overlaps what came before it
            begin = clock if move == "sound" else max(0, clock - size // 2)
            begin = begin if move == "sound" or set(range(begin, clock)) <= came else clock
            clock = clock + size
            one.hear(clock, numbered(begin, clock, channels))
            came |= set(range(begin, clock))
    batches.append(one.batch(whole=True))
    assert check(batches, channels) == came
    assert one.missing == 0


def test_a_long_entry_is_cut_into_pieces_and_makes_a_batch_due() -> None:
    one = gathering()
    assert not one.full
    one.hear(PIECE + 5, numbered(0, PIECE + 5, 1))
    assert one.full
    assert [(sound.begin, sound.end) for sound in one.batch(whole=False).sound] == [
        (0, PIECE),
        (PIECE, PIECE + 5),
    ]


def test_sound_that_is_kept_already_is_not_taken_again() -> None:
    one = gathering(Progress(100, "5-0"))
    one.hear(60, numbered(0, 60, 1))
    one.hear(150, numbered(50, 150, 1))
    assert [(sound.begin, sound.end) for sound in one.batch(whole=False).sound] == [(100, 150)]


def test_sound_that_went_missing_is_counted_and_what_was_left_out_on_purpose_is_not() -> None:
    one = gathering()
    one.skip(1_000)
    one.hear(1_200, numbered(1_000, 1_200, 1))
    assert one.missing == 0
    one.hear(2_000, numbered(1_500, 2_000, 1))
    assert one.missing == 300


def test_the_last_entry_waits_for_the_last_sound_and_closes_the_session() -> None:
    one = gathering()
    one.tell(LogEntry("1000-0", FINAL))
    one.tell(LogEntry("9000-0", ENDED))
    one.hear(RATE, numbered(0, RATE, 1))
    first = one.batch(whole=False)
    assert [entry.id for entry in first.log] == ["1000-0"]
    assert (first.session.state, first.session.ended_at, one.over) == ("open", None, False)
    last = one.batch(whole=True)
    assert [entry.id for entry in last.log] == ["9000-0"]
    session = last.session
    assert (session.state, session.started_at, session.ended_at) == ("closed", 1000, 9000)
    assert (session.duration_ms, session.words, session.languages) == (1000, 2, ["en"])
    assert one.over
    one.tell(LogEntry("9001-0", FINAL))
    assert not one.some


def test_sound_that_is_kept_and_is_to_be_silent_makes_a_batch_due() -> None:
    config = SessionConfig("s", audio=AudioFormat(), record=True)
    one = Gathering(config, Progress(), Digest(Silencing(("pii/",))))
    one.hear(RATE, numbered(0, RATE, 1))
    one.tell(LogEntry("1-0", FINAL))
    assert one.batch(whole=False).session.silenced == []
    one.tell(LogEntry("2-0", CARD))
    assert one.full
    assert one.batch(whole=False).session.silenced == [Silence(0, 0, 22_400)]
    assert not one.full


def test_sound_that_is_not_kept_yet_can_wait_to_be_silent() -> None:
    one = Gathering(
        SessionConfig("s", audio=AudioFormat(), record=True), Progress(), Digest(Silencing(("pii/",)))
    )
    one.hear(RATE, numbered(0, RATE, 1))
    one.tell(LogEntry("1-0", FINAL))
    one.tell(LogEntry("2-0", CARD))
    assert not one.full
