"""What waits for a viewer: bounded, in order, and only what was overtaken is left out."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from streaming.events import Event, SessionEnded, SpeechStarted, TranscriptFinal, TranscriptPartial
from streaming.feed import Entry
from streaming.ingress.audience import Seat
from streaming.ingress.lines import ROOM, WAITING, Line, Lines, line


def made(n: int, event: Event) -> Line:
    return line(Entry("k", f"{n}-0", msgspec.json.encode(event)))


def final(channel: int, segment: int) -> TranscriptFinal:
    return TranscriptFinal(channel, segment, "", 0, 0, [], "en", 1.0, "m")


def all_of(lines: Lines) -> list[Line]:
    return list(iter(lines.take, None))


steps = st.lists(
    st.one_of(
        st.tuples(st.just("partial"), st.integers(0, 1), st.integers(1, 3)),
        st.tuples(st.just("final"), st.integers(0, 1), st.integers(1, 3)),
        st.tuples(st.just("other"), st.just(0), st.just(0)),
        st.tuples(st.just("take"), st.just(0), st.just(0)),
    )
)


@given(steps)
def test_a_viewer_gets_everything_in_order_but_partials_that_a_later_word_of_their_segment_overtook(
    steps: list[tuple[str, int, int]],
) -> None:
    lines, put, got = Lines((0, 0)), list[Line](), list[Line]()
    for n, (what, channel, segment) in enumerate(steps, start=1):
        match what:
            case "partial":
                put.append(made(n, TranscriptPartial(channel, segment, n, "", 0)))
            case "final":
                put.append(made(n, final(channel, segment)))
            case "other":
                put.append(made(n, SpeechStarted(0, n)))
            case _:
                got += [one] if (one := lines.take()) else []
                continue
        lines.put(put[-1])
    got += all_of(lines)
    assert [one.at for one in got] == sorted(one.at for one in got)
    left = [one for one in put if one not in got]
    for one in left:
        assert one.partial
        assert any(later.segment == one.segment and later.at > one.at for later in put)
    assert all_of(lines) == []


def test_what_was_said_again_is_left_out_first_and_only_then_is_a_reader_too_slow() -> None:
    lines = Lines((0, 0))
    for n in range(1, 50 * WAITING):
        lines.put(made(n, TranscriptPartial(0, 1, n, "", 0)))
    assert not lines.over
    assert [one.at for one in all_of(lines)] == [(50 * WAITING - 1, 0)]
    for n in range(ROOM):
        lines.put(made(10**6 + n, SpeechStarted(0, n)))
    assert not lines.over
    for n in range(ROOM, WAITING + 1):
        lines.put(made(10**6 + n, SpeechStarted(0, n)))
    assert lines.over


def test_a_line_knows_the_end_of_the_log_and_what_was_seen_is_not_seen_again() -> None:
    assert made(1, SessionEnded("client", [])).last
    assert not made(1, SpeechStarted(0, 1)).last
    lines = Lines((5, 0))
    for n in (4, 5, 6, 6):
        lines.put(made(n, SpeechStarted(0, n)))
    assert [one.at for one in all_of(lines)] == [(6, 0)]


async def test_what_a_viewer_was_sent_while_it_caught_up_is_not_sent_from_its_seat_again() -> None:
    seat = Seat("1-0")
    for n in (2, 3, 4):
        seat.put(made(n, SpeechStarted(0, n)))
    seat.sent = (3, 0)
    assert (await seat.get()).at == (4, 0)
