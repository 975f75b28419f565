"""Sessions whose client speaks another dialect: no credit is known there, and nothing may be lost all the same."""

import asyncio
from collections.abc import AsyncIterator
from typing import NoReturn

import msgspec
import numpy as np
import pytest

from streaming import keys
from streaming.bus import Bus
from streaming.errors import ClientFault, Fault
from streaming.events import AudioFormat, Event, SessionStarted
from streaming.facts import Ended, Mark, Skipped
from streaming.ingress.audience import Watching
from streaming.ingress.door import ServerPolicy
from streaming.ingress.gateway import Gateway
from streaming.ingress.guests.guest import Guest
from streaming.ingress.intake import Intake
from streaming.ingress.tickets import Grant
from streaming.session import SessionPolicy
from streaming.wire import messages as said

RATE = 16_000
TOLD = AudioFormat("pcm_s16le", RATE, 1)
POLICY = SessionPolicy(ack_s=0.05, credit_s=3, ahead_s=1, backlog_s=3)


@pytest.fixture
async def house(bus: Bus) -> AsyncIterator[Gateway]:
    gateway = Gateway(bus, Intake(bus), Watching(bus), ServerPolicy(), POLICY)
    taking = asyncio.create_task(gateway.intake.run())
    yield gateway
    taking.cancel()
    await asyncio.gather(taking, return_exceptions=True)


class Heard:
    """What a guest was told."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.faults: list[Fault] = []

    async def tell(self, _: str, event: Event) -> None:
        self.events.append(event)

    async def wrong(self, fault: Fault) -> None:
        self.faults.append(fault)


async def stored(bus: Bus, sid: str) -> tuple[bytes, list[Mark]]:
    entries = await bus.call("XRANGE", keys.audio(sid), "-", "+")
    sound = b"".join(fields[1] for _, fields in entries if fields[0] == b"pcm")
    return sound, [msgspec.json.decode(fields[1], type=Mark) for _, fields in entries if fields[0] == b"e"]


async def until(bus: Bus, sid: str, most: int) -> int:
    """16 kHz samples that Redis has, once they have stopped growing or are `most`."""
    last = -1
    for _ in range(100):
        have = len((await stored(bus, sid))[0]) // 2
        if have >= most or have == last:
            return have
        last = have
        await asyncio.sleep(0.3)
    return last


async def test_a_client_without_credit_may_send_a_file_at_once(house: Gateway, bus: Bus) -> None:
    sound = np.arange(12 * RATE, dtype="<i2").tobytes()
    guest, heard = Guest(house, Grant("desk")), Heard()
    with guest.here():
        running = asyncio.create_task(guest.run(heard.tell, heard.wrong))
        await guest.begin(said.SessionStart(audio=TOLD))
        await guest.sound(sound)
        assert 3 * RATE <= await until(bus, guest.session_id, 12 * RATE) < 12 * RATE
        await bus.call("HSET", keys.stage(guest.session_id, "asr"), "at", 10 * RATE)  # the recogniser gets on
        assert await until(bus, guest.session_id, 12 * RATE) == 12 * RATE
        running.cancel()
    assert isinstance(heard.events[0], SessionStarted)
    assert (await stored(bus, guest.session_id))[0] == sound


async def test_a_client_that_is_gone_has_said_all_that_it_sent(house: Gateway, bus: Bus) -> None:
    guest, heard = Guest(house, Grant("desk")), Heard()
    with guest.here():
        running = asyncio.create_task(guest.run(heard.tell, heard.wrong))
        await guest.begin(said.SessionStart(audio=TOLD))
        await guest.sound(bytes(2 * 12 * RATE))
        running.cancel()
    assert await until(bus, guest.session_id, 12 * RATE) == 12 * RATE
    assert (await stored(bus, guest.session_id))[1] == [Ended(12 * RATE, "lost")]
    assert house.sessions == 0


async def test_the_end_comes_behind_what_still_waits(house: Gateway, bus: Bus) -> None:
    guest, heard = Guest(house, Grant("desk")), Heard()
    with guest.here():
        running = asyncio.create_task(guest.run(heard.tell, heard.wrong))
        await guest.begin(said.SessionStart(audio=TOLD))
        await guest.sound(bytes(2 * 12 * RATE))
        guest.end()
        await bus.call("HSET", keys.stage(guest.session_id, "asr"), "at", 12 * RATE)
        assert await until(bus, guest.session_id, 12 * RATE) == 12 * RATE
        await asyncio.sleep(0.2)
        running.cancel()
    assert (await stored(bus, guest.session_id))[1] == [Ended(12 * RATE, "client")]


async def test_a_message_that_is_wrong_is_told_and_the_session_goes_on(house: Gateway, bus: Bus) -> None:
    guest, heard = Guest(house, Grant("desk")), Heard()
    with guest.here():
        running = asyncio.create_task(guest.run(heard.tell, heard.wrong))
        await guest.begin(said.SessionStart(audio=TOLD))
        await guest.say(said.Text(text="hello"))  # this session transcribes
        await guest.sound(bytes(2 * RATE))
        assert await until(bus, guest.session_id, RATE) == RATE
        assert [fault.code for fault in heard.faults] == ["bad_text"]
        running.cancel()


async def test_what_was_said_behind_a_wrong_message_is_taken_also_when_the_client_is_gone(
    house: Gateway, bus: Bus
) -> None:
    guest, heard = Guest(house, Grant("desk")), Heard()
    with guest.here():
        running = asyncio.create_task(guest.run(heard.tell, heard.wrong))
        await guest.begin(said.SessionStart(audio=TOLD))
        await guest.sound(bytes(2 * 12 * RATE))
        await guest.say(said.Text(text="hello"))  # this session transcribes
        await guest.sound(bytes(2 * RATE))
        running.cancel()
    assert await until(bus, guest.session_id, 13 * RATE) == 13 * RATE
    assert (await stored(bus, guest.session_id))[1] == [Ended(13 * RATE, "lost")]


async def test_a_client_that_goes_while_its_session_begins_leaves_one_that_is_over(
    house: Gateway, bus: Bus
) -> None:
    guest = Guest(house, Grant("desk"))
    with guest.here():
        beginning = asyncio.create_task(guest.begin(said.SessionStart(audio=TOLD)))
        while not await bus.call("EXISTS", keys.LIVE):
            assert not beginning.done()
        beginning.cancel()
        await asyncio.gather(beginning, return_exceptions=True)
    await until(bus, guest.session_id, 1)
    assert (await stored(bus, guest.session_id))[1] == [Ended(0, "lost")]


async def test_what_is_no_packet_at_the_end_of_a_client_that_is_gone_ends_its_session_all_the_same(
    house: Gateway, bus: Bus
) -> None:
    guest, heard = Guest(house, Grant("desk")), Heard()
    with guest.here():
        running = asyncio.create_task(guest.run(heard.tell, heard.wrong))
        await guest.begin(said.SessionStart(audio=AudioFormat("opus", 48_000, 1)))
        await guest.sound(b"\xff" * 5_000)
        running.cancel()
    await until(bus, guest.session_id, 1)
    assert (await stored(bus, guest.session_id))[1] == [Ended(0, "lost")]


async def test_a_gap_that_is_longer_than_the_credit_ends_no_session(house: Gateway, bus: Bus) -> None:
    guest, heard = Guest(house, Grant("desk")), Heard()
    with guest.here():
        running = asyncio.create_task(guest.run(heard.tell, heard.wrong))
        await guest.begin(said.SessionStart(audio=TOLD))
        await guest.say(said.AudioSkip(samples=5 * RATE))
        await guest.sound(bytes(2 * RATE))
        await bus.call("HSET", keys.stage(guest.session_id, "asr"), "at", 5 * RATE)
        assert await until(bus, guest.session_id, RATE) == RATE
        running.cancel()
    gaps = [one.samples for one in (await stored(bus, guest.session_id))[1] if isinstance(one, Skipped)]
    assert sum(gaps) == 5 * RATE
    assert not heard.faults


async def test_also_small_messages_wait_when_too_much_does(house: Gateway) -> None:
    guest, heard = Guest(house, Grant("desk")), Heard()

    async def send() -> None:
        for _ in range(20_000):
            await guest.say(said.SessionUpdate(prompt="x" * 1_000))

    with guest.here():
        running = asyncio.create_task(guest.run(heard.tell, heard.wrong))
        await guest.begin(said.SessionStart(audio=TOLD))
        await guest.sound(bytes(2 * 12 * RATE))  # more than there is credit for: what comes behind it waits
        sending = asyncio.create_task(send())
        await asyncio.sleep(1.0)
        assert not sending.done()
        for task in (sending, running):
            task.cancel()


async def test_sound_that_grows_when_it_is_decoded_is_all_taken_from_a_client_that_is_gone(
    house: Gateway, bus: Bus
) -> None:
    guest, heard, sent = Guest(house, Grant("desk")), Heard(), list[int]()

    async def send() -> None:
        for _ in range(12 * 60):
            await guest.sound(bytes(8_000))
            sent.append(8_000)

    with guest.here():
        running = asyncio.create_task(guest.run(heard.tell, heard.wrong))
        await guest.begin(said.SessionStart(audio=AudioFormat("mulaw", 8_000, 1)))
        sending = asyncio.create_task(send())
        await asyncio.sleep(1.0)
        for task in (sending, running):
            task.cancel()
    assert await until(bus, guest.session_id, 2 * sum(sent)) == 2 * sum(sent)


async def test_sound_that_cannot_be_read_begins_no_session(house: Gateway, bus: Bus) -> None:
    guest = Guest(house, Grant("desk"))
    with guest.here(), pytest.raises(ClientFault, match="sample_rate"):
        await guest.begin(said.SessionStart(audio=AudioFormat("pcm_s16le", 17, 1)))
    assert not await bus.call("EXISTS", keys.LIVE)


async def test_whoever_sends_more_than_may_wait_is_not_read_any_further(house: Gateway) -> None:
    guest, heard = Guest(house, Grant("desk")), Heard()

    async def send() -> NoReturn:
        while True:
            await guest.sound(bytes(2 * RATE))
            sent.append(2 * RATE)

    sent: list[int] = []
    with guest.here():
        running = asyncio.create_task(guest.run(heard.tell, heard.wrong))
        await guest.begin(said.SessionStart(audio=TOLD))
        sending = asyncio.create_task(send())
        await asyncio.sleep(1.0)
        assert 8 << 20 <= sum(sent) < 10 << 20
        for task in (sending, running):
            task.cancel()
