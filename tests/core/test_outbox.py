"""A client's sound and messages: in order, within the credit, and again after a loss."""

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.client.outbox import AGAIN, Outbox
from streaming.client.ring import Ring
from streaming.errors import ClientFault
from streaming.events import AudioFormat
from streaming.wire import messages as said

MONO = AudioFormat("pcm_s16le", 1_000, 1)
message = msgspec.json.Decoder(said.ClientMessage)


def sound(begin: int, end: int) -> bytes:
    return b"".join(n.to_bytes(2, "little") for n in range(begin, end))


async def sent(outbox: Outbox) -> list[str | bytes]:
    """All that may be sent now."""
    frames: list[str | bytes] = []

    async def send(frame: str | bytes) -> None:
        frames.append(frame)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await outbox.drain(send)
    return frames


def joined(frames: list[str | bytes]) -> bytes:
    return b"".join(frame for frame in frames if isinstance(frame, bytes))


async def test_messages_keep_their_place_in_the_sound() -> None:
    outbox = Outbox(MONO, 30)
    outbox.opened(0, 20)
    outbox.push(sound(0, 50))
    outbox.say(said.AudioFinalize())
    outbox.push(sound(50, 70))
    first, note, last = await sent(outbox)
    assert (first, last) == (sound(0, 50), sound(50, 70))
    assert message.decode(note) == said.AudioFinalize()


async def test_no_more_than_the_credit_is_sent_before_an_ack() -> None:
    outbox = Outbox(MONO, 30)
    outbox.opened(0, 2)
    outbox.push(sound(0, 3_000))
    assert joined(await sent(outbox)) == sound(0, 2_000)
    outbox.acked(500)
    assert joined(await sent(outbox)) == sound(2_000, 2_500)


async def test_after_a_loss_it_goes_on_from_what_the_server_has_and_repeats_its_messages() -> None:
    outbox = Outbox(MONO, 30)
    outbox.opened(0, 20)
    outbox.push(sound(0, 300))
    outbox.say(said.AudioFinalize(ref="r"))
    outbox.push(sound(300, 400))
    await sent(outbox)
    outbox.opened(250, 20)
    frames = await sent(outbox)
    assert joined(frames) == sound(250, 400)
    assert [message.decode(f) for f in frames if isinstance(f, str)] == [said.AudioFinalize(ref="r")]


async def test_what_a_long_outage_pushed_out_of_the_ring_is_told_as_a_gap() -> None:
    outbox = Outbox(MONO, 1)
    outbox.opened(0, 20)
    for begin in range(0, 3_000, 100):
        outbox.push(sound(begin, begin + 100))
    skip, *rest = await sent(outbox)
    assert message.decode(skip) == said.AudioSkip(samples=2_000)
    assert joined(rest) == sound(2_000, 3_000)


def texts(frames: list[str | bytes]) -> list[str]:
    return [said_.text for f in frames if isinstance(said_ := message.decode(f), said.Text)]


async def test_a_message_that_finds_too_many_waiting_is_refused_and_none_that_waits_is_dropped() -> None:
    outbox = Outbox(None, 30)
    for n in range(AGAIN):
        outbox.say(said.Text(text=str(n)))
    with pytest.raises(ClientFault) as caught:
        outbox.say(said.Text(text="one too many"))
    assert (caught.value.code, caught.value.close) == ("too_much", None)
    outbox.opened(0, 20)
    assert texts(await sent(outbox)) == [str(n) for n in range(AGAIN)]
    outbox.say(said.Text(text="now there is room"))
    assert texts(await sent(outbox)) == ["now there is room"]


async def test_what_was_sent_before_a_loss_is_not_dropped_for_what_is_said_during_it() -> None:
    outbox = Outbox(None, 30)
    outbox.opened(0, 20)
    for n in range(AGAIN):
        outbox.say(said.Text(text=str(n)))
    await sent(outbox)
    for n in range(AGAIN, 2 * AGAIN):
        outbox.say(said.Text(text=str(n)))
    with pytest.raises(ClientFault):
        outbox.say(said.Text(text="one too many"))
    outbox.opened(0, 20)
    assert texts(await sent(outbox)) == [str(n) for n in range(2 * AGAIN)]
    outbox.opened(0, 20)
    assert texts(await sent(outbox)) == [str(n) for n in range(AGAIN, 2 * AGAIN)]


async def test_a_message_that_cannot_be_written_is_the_callers_affair_alone() -> None:
    outbox = Outbox(None, 30)
    outbox.opened(0, 20)
    with pytest.raises(ValueError):
        outbox.say(said.Text(text="\ud800"))
    outbox.say(said.Text(text="fine"))
    assert texts(await sent(outbox)) == ["fine"]


async def test_nothing_is_repeated_when_the_session_had_its_last_input() -> None:
    outbox = Outbox(MONO, 30)
    outbox.opened(0, 20)
    outbox.say(said.SessionEnd())
    await sent(outbox)
    outbox.opened(0, 20, ending=True)
    assert await sent(outbox) == []


async def test_whoever_waits_for_room_is_told_when_the_session_is_over() -> None:
    outbox = Outbox(MONO, 30)
    outbox.opened(0, 1)
    outbox.push(sound(0, 1_500))
    waiting = asyncio.create_task(outbox.room())
    await asyncio.sleep(0)
    outbox.close(ClientFault("over", "it is over"))
    with pytest.raises(ClientFault, match="over"):
        await waiting
    with pytest.raises(ClientFault):
        outbox.push(b"..")
    outbox.close(ClientFault("later", "the first reason is the one"))
    with pytest.raises(ClientFault, match="it is over"):
        outbox.skip(1)


@given(pushes=st.lists(st.integers(0, 40), max_size=60), begin=st.integers(0, 2_000), most=st.integers(1, 50))
def test_a_ring_gives_back_just_what_was_pushed_and_keeps_its_capacity(
    pushes: list[int], begin: int, most: int
) -> None:
    ring = Ring(100, 2)
    for count in pushes:
        ring.push(sound(ring.end, ring.end + count))
    assert ring.begin <= max(0, ring.end - 100)
    chunk = ring.read(begin, most)
    if ring.begin <= begin < ring.end:
        assert chunk is not None
        assert chunk.data == sound(chunk.begin, chunk.end)
        assert chunk.begin == begin < chunk.end <= begin + most
    else:
        assert chunk is None
