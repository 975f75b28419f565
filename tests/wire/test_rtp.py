"""RTP packets in order again, and every sample of their clock accounted for, whatever the network did."""

import itertools

import hypothesis.strategies as st
from hypothesis import given

from streaming.wire.rtp import opus
from streaming.wire.rtp.order import DEPTH, Ordered, Packet, Reorder
from streaming.wire.rtp.playout import SHORT, Act, Conceal, Lose, Play, Playout, Recover, Rest

FRAME = 960
HYBRID_20MS = 15 << 3
"""The first byte of a packet of one 20 ms frame, hybrid, mono; a bit of the second says whether it has a copy."""
COPY, NONE = 0x40, 0x00


def packet(at: int, first: int = 0, *, clock: int = 0, copy: bool = False) -> Packet:
    """The packet number `at` of a stream whose numbers begin at `first`, its clock at `clock`."""
    body = bytes([HYBRID_20MS, COPY if copy else NONE, at & 255, at >> 8 & 255])
    return Packet((first + at) % 0x10000, (clock + at * FRAME) % 0x1_0000_0000, body)


def number(one: Packet, first: int) -> int:
    return (one.seq - first) % 0x10000


starts = st.one_of(st.integers(0, 0xFFFF), st.integers(0xFF00, 0xFFFF))
clocks = st.one_of(st.integers(0, 0xFFFF_FFFF), st.integers(0xFFFF_0000, 0xFFFF_FFFF))


@given(first=starts, delays=st.lists(st.integers(0, DEPTH), min_size=1, max_size=200))
def test_packets_that_are_late_by_less_than_the_depth_all_come_in_order(
    first: int, delays: list[int]
) -> None:
    delays = [0, *delays]
    sent = sorted(range(len(delays)), key=lambda at: (at + delays[at], at))
    order = Reorder()
    got = [one for at in sent for one in order.push(packet(at, first))] + order.flush()
    assert [number(one.packet, first) for one in got] == list(range(len(delays)))
    assert not any(one.missing for one in got)
    assert [one.fresh for one in got] == [True] + [False] * (len(delays) - 1)


@given(first=starts, kept=st.lists(st.booleans(), max_size=300), twice=st.data())
def test_what_is_lost_is_counted_and_what_comes_twice_is_dropped(
    first: int, kept: list[bool], twice: st.DataObject
) -> None:
    came = [0, *(at + 1 for at, keep in enumerate(kept) if keep)]
    again = twice.draw(st.sets(st.sampled_from(came)))
    order = Reorder()
    got: list[Ordered] = []
    for at in came:
        got += order.push(packet(at, first))
        if at in again:
            got += order.push(packet(at, first))
    got += order.flush()
    assert [number(one.packet, first) for one in got] == came
    assert [one.missing for one in got[1:]] == [b - a - 1 for a, b in itertools.pairwise(came)]
    assert order.late == len(again)


def test_a_packet_in_its_place_waits_for_nothing_and_one_behind_a_hole_for_four_more() -> None:
    order = Reorder()
    assert len(order.push(packet(0))) == 1
    assert len(order.push(packet(1))) == 1
    for at in range(3, 3 + DEPTH):
        assert order.push(packet(at)) == []
    out = order.push(packet(3 + DEPTH))
    assert [number(one.packet, 0) for one in out] == list(range(3, 4 + DEPTH))
    assert out[0].missing == 1


def test_a_stray_packet_changes_nothing_and_two_in_a_row_begin_a_new_stream() -> None:
    order = Reorder()
    order.push(packet(0, 100))
    assert order.push(packet(0, 40_000)) == []
    assert [one.fresh for one in order.push(packet(1, 100))] == [False]
    assert order.push(packet(0, 40_000)) == []
    assert [one.fresh for one in order.push(packet(1, 40_000))] == [True]


def _played(packets: list[Packet]) -> list[Act]:
    order, playout = Reorder(), Playout()
    ready = [one for each in packets for one in order.push(each)] + order.flush()
    return [act for one in ready for act in playout.take(one)]


@given(
    first=starts,
    clock=clocks,
    fates=st.lists(st.tuples(st.booleans(), st.booleans(), st.sampled_from((0, 0, 0, 7))), max_size=200),
)
def test_every_sample_between_the_first_packet_and_the_last_is_accounted_for(
    first: int, clock: int, fates: list[tuple[bool, bool, int]]
) -> None:
    """Lost packets, copies in those behind them, and a sender that rests for some frames now and then."""
    sent, at, rested = [packet(0, first, clock=clock)], 0, 0
    lost = 0
    for came, copy, rest in fates:
        at, rested = at + 1, rested + rest
        one = packet(at, first, clock=clock + rested * FRAME, copy=copy)
        if came:
            sent.append(one)
    last = sent[-1]
    acts = _played(sent)
    total = (last.timestamp - clock) % 0x1_0000_0000 + FRAME
    assert sum(act.samples for act in acts) == total
    assert [act.payload for act in acts if isinstance(act, Play)] == [one.payload for one in sent]
    lost = (number(last, first) + 1 - len(sent)) * FRAME
    made = sum(act.samples for act in acts if isinstance(act, Recover | Conceal | Lose))
    assert made == lost
    for act, after in itertools.pairwise(acts):
        if isinstance(act, Recover):
            assert isinstance(after, Play)
            assert after.payload is act.payload
            assert act.payload[1] == COPY
        if isinstance(act, Conceal):
            assert act.samples <= SHORT


def test_a_lost_packet_is_taken_from_the_copy_in_the_next_and_a_long_hole_is_left_out() -> None:
    with_copy = packet(2, copy=True)
    assert _played([packet(0), with_copy])[1:] == [
        Recover(with_copy.payload, FRAME),
        Play(with_copy.payload, FRAME),
    ]
    assert _played([packet(0), packet(2)])[1] == Conceal(FRAME)
    assert _played([packet(0), packet(6)])[1] == Lose(5 * FRAME)
    late = packet(6, copy=True)
    assert _played([packet(0), late])[1:3] == [Lose(4 * FRAME), Recover(late.payload, FRAME)]


def test_a_sender_that_rests_has_lost_nothing_and_a_clock_that_is_set_anew_fills_nothing() -> None:
    rested = Packet(1, 10 * FRAME, bytes([HYBRID_20MS, 0]))
    assert _played([packet(0), rested])[1] == Rest(9 * FRAME)
    anew = Packet(1, 90 * 60 * opus.RATE, bytes([HYBRID_20MS, 0]))
    assert _played([packet(0), anew]) == [Play(packet(0).payload, FRAME), Play(anew.payload, FRAME)]


def test_a_packet_that_is_no_opus_is_as_good_as_lost() -> None:
    broken = packet(1)._replace(payload=b"")
    assert _played([packet(0), broken, packet(2)])[1] == Conceal(FRAME)


@given(payload=st.binary(max_size=40), number=st.integers(0, 0xFFFF), clock=st.integers(0, 0xFFFF_FFFF))
def test_no_bytes_upset_it(payload: bytes, number: int, clock: int) -> None:
    order, playout = Reorder(), Playout()
    for one in (packet(0), Packet(number, clock, payload), packet(1), packet(2)):
        for ready in order.push(one):
            playout.take(ready)
