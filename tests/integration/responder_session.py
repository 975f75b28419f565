"""One session as the responder meets it: a log written as the moderator would, and the draft that comes of it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import msgspec

from llm.policy import LlmPolicy
from llm.worker import Responder
from streaming import keys
from streaming.bus import Bus
from streaming.drafts import Draft, DraftDelta, DraftDone
from streaming.events import (
    AudioEnded,
    Event,
    TranscriptFinal,
    TurnEnded,
)
from streaming.facts import SessionConfig
from streaming.feed import Feed
from streaming.lease import Lease
from tests.contracts.fake_llm import KEY, FakeLlm

SID = "s1"
END = AudioEnded([])


class Session:
    """One session's log, written as the moderator would, and what the responder makes of it."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._turns = 0
        self.drafts: list[Draft] = []
        self._feed: Feed = bus.open({keys.draft(SID): "0-0"})
        self._serving: asyncio.Task[None] | None = None

    async def log(self, *events: Event) -> None:
        for event in events:
            await self._bus.append(keys.events(SID), msgspec.json.encode(event), ttl_ms=60_000)

    async def say(self, text: str, source: str = "speech") -> int:
        """A whole turn of the user; its number."""
        self._turns += 1
        turn, typed = self._turns, source == "text"
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        await self.log(
            TranscriptFinal(
                0, turn, text, 0, 900, [], "en", 1.0, "asr@0", source="text" if typed else "speech"
            ),
            TurnEnded(turn, 0, [turn], "text" if typed else "silence", time=now),
        )
        return turn

    async def serve(self, responder: Responder) -> None:
        """Have `responder` take the session over."""
        lease = await Lease.claim(self._bus, "responder", SID, "w")
        assert lease is not None
        self._serving = asyncio.create_task(responder.serve(lease, self._bus))

    async def over(self) -> None:
        """Wait until the responder is through, and pass its error on."""
        assert self._serving is not None
        await asyncio.wait_for(self._serving, 20)

    async def kill(self) -> None:
        assert self._serving is not None
        self._serving.cancel()
        await asyncio.gather(self._serving, return_exceptions=True)

    async def until(self, kind: type, count: int = 1) -> None:
        """Wait until the draft has `count` facts of a kind."""
        async with asyncio.timeout(20):
            while sum(isinstance(fact, kind) for fact in self.drafts) < count:
                self.drafts += [msgspec.json.decode(e.body, type=Draft) for e in await self._feed.get()]

    async def all(self) -> list[Draft]:
        """The whole draft as it stands."""
        entries = await self._bus.read(keys.draft(SID))
        return [msgspec.json.decode(entry.body, type=Draft) for entry in entries]

    async def dones(self) -> list[DraftDone]:
        return [fact for fact in await self.all() if isinstance(fact, DraftDone)]

    async def text(self, reply: int) -> str:
        return "".join(f.text for f in await self.all() if isinstance(f, DraftDelta) and f.reply == reply)

    def close(self) -> None:
        self._feed.close()


@asynccontextmanager
async def begun(bus: Bus, config: SessionConfig | None = None) -> AsyncGenerator[Session]:
    """A session that exists and has no log yet."""
    config = config or SessionConfig(session_id=SID, mode="chat")
    await bus.call("HSET", keys.session(SID), "config", msgspec.json.encode(config), "socket", "1")
    session = Session(bus)
    yield session
    session.close()


@asynccontextmanager
async def asking(fake: FakeLlm) -> AsyncGenerator[Responder]:
    """A responder that asks the fake."""
    responder = Responder(LlmPolicy(url=fake.url, key=KEY, max_tokens=20, history_tokens=100))
    await responder.start()
    yield responder
    await responder.stop()
