"""Clients that come back, and Redis answers that do not: nothing twice, nothing lost, nobody left hanging."""

import asyncio
import json
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect

from streaming import keys
from streaming.bus import Bus, BusDown
from streaming.events import SessionEnded
from streaming.facts import CancelReply, Ended, SessionConfig, Typed
from streaming.ingress.intake import Inlet, Intake
from streaming.ingress.sound import Block
from tests.gateway import SECOND, START, Gateway, eventually, heard_until_closed
from tests.sessions import SID, made


async def started(socket: ClientConnection, message: str = START) -> dict[str, Any]:
    """The first exchange of a session."""
    await socket.send(message)
    return json.loads(await socket.recv())


def resume_of(begun: dict[str, Any], **more: str) -> str:
    """The first message of a client that is back."""
    told = {key: begun[key] for key in ("session_id", "resume_token")}
    return json.dumps({"type": "session.resume", **told, **more})


async def test_a_client_that_has_its_last_event_is_let_go_and_one_that_knows_the_future_is_told(
    gateway: Gateway, bus: Bus
) -> None:
    async with connect(gateway.url) as socket:
        begun = await started(socket)
        ended = msgspec.json.encode(SessionEnded("client", []))
        last = await bus.append(keys.events(begun["session_id"]), ended, ttl_ms=60_000)
        await heard_until_closed(socket)
    async with connect(gateway.url) as socket:
        await socket.send(resume_of(begun, last_event_id=last))
        got, closed = await heard_until_closed(socket)
        assert ([message["type"] for message in got], closed) == (["session.resumed"], 1000)
    async with connect(gateway.url) as socket:
        await socket.send(resume_of(begun, last_event_id="9" * 15 + "-0"))
        got, closed = await heard_until_closed(socket)
        assert (got[-1]["code"], closed) == ("bad_message", 1007)


async def test_a_reply_can_be_cancelled_after_the_end(gateway: Gateway, bus: Bus) -> None:
    async with connect(gateway.url) as socket:
        begun = await started(socket, '{"type":"session.start","mode":"chat"}')
        await socket.send('{"type":"session.end"}')
        await socket.send('{"type":"reply.cancel"}')
        heard = keys.heard(begun["session_id"])
        facts = await eventually(lambda: bus.read(heard), lambda found: len(found) == 2)
        assert [entry.body for entry in facts][1] == msgspec.json.encode(CancelReply())
        await socket.ping()


async def test_an_update_sent_again_by_a_client_that_is_back_changes_nothing(
    gateway: Gateway, bus: Bus
) -> None:
    def update(language: str, ref: str) -> str:
        return json.dumps({"type": "session.update", "language": language, "ref": ref})

    async with connect(gateway.url) as first, connect(gateway.url) as second:
        begun = await started(first)
        for language, ref in (("de", "1"), ("fr", "2")):
            await first.send(update(language, ref))
        audio, record = keys.audio(begun["session_id"]), keys.session(begun["session_id"])
        await eventually(lambda: bus.read(audio), lambda found: len(found) == 2)
        await second.send(resume_of(begun))
        await second.recv()
        await second.send(update("de", "1"))
        await second.send(SECOND)
        await eventually(lambda: bus.read(audio), lambda found: len(found) == 3)
        config = msgspec.json.decode(await bus.call("HGET", record, "config"), type=SessionConfig)
        assert config.language == "fr"


async def test_what_is_sent_again_after_a_lost_answer_of_redis_is_there_once(
    redis_url: str, bus: Bus
) -> None:
    class Forgetful(Bus):
        """Does what it is told, and says half the time that it could not."""

        calls = 0

        async def run_many(self, script: str, calls: Any) -> list[Any]:
            replies = await super().run_many(script, calls)
            self.calls += 1
            if self.calls % 2:
                raise BusDown("the answer was lost")
            return replies

    await made(bus)
    forgetful = Forgetful(redis_url)
    intake = Intake(forgetful)
    running = asyncio.create_task(intake.run())
    inlet = Inlet(intake, SessionConfig(SID), "1", 0)
    inlet.heard(Typed("once"))
    inlet.sound(Block(320, b"ab"))
    inlet.mark(Ended(320), 320)
    await eventually(lambda: bus.read(keys.audio(SID)), lambda found: len(found) >= 2)
    await asyncio.sleep(0.5)
    assert not inlet.refused.done()
    assert len(await bus.read(keys.heard(SID))) == 1
    assert len(await bus.read(keys.audio(SID))) == 2
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await forgetful.close()


async def test_a_client_that_is_there_is_never_taken_for_lost(gateway: Gateway, bus: Bus) -> None:
    async with connect(gateway.url) as socket:
        begun = await started(socket)
        for _ in range(8):
            await asyncio.sleep(0.5)
            await socket.send(bytes(320))
        assert await bus.call("HGET", keys.session(begun["session_id"]), "ending") is None
        await socket.ping()
