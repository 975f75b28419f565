"""One session as the moderator meets it: what was heard and drafted, and the log that comes of it."""

import asyncio
import re
from collections.abc import Sequence

import msgspec

from moderation.worker import Moderator
from streaming import keys
from streaming.bus import Bus
from streaming.drafts import Draft, DraftDelta, DraftDone, DraftStarted, RepliesEnded
from streaming.events import ChannelAccount, Event, Mode, Moderation, Word
from streaming.facts import Endpoint, Heard, HeardFinal, HeardPartial, SessionConfig, SoundEnded, Typed
from streaming.lease import Lease

SID = "s1"
CARD = "4111 1111 1111 1111"
ACCOUNT = [ChannelAccount(0, 1000.0, 800.0, 200.0, {})]
Fact = tuple[str, Heard | Draft]
HEARD, DRAFT, EVENTS = keys.heard(SID), keys.draft(SID), keys.events(SID)


def final(utterance: int, text: str, channel: int = 0) -> Fact:
    """A final of one word a second."""
    words, place = list[Word](), 0
    for number, word in enumerate(text.split()):
        place = text.index(word, place)
        words.append(Word(word, place, 1000 * number, 1000 * number + 900, 0.9))
        place += len(word)
    at = 10_000 * utterance
    return HEARD, HeardFinal(utterance, channel, text, at, at + 9_000, words, "en", 0.9, "asr@0")


def partial(utterance: int, text: str, stable: int = 0, revision: int = 1) -> Fact:
    return HEARD, HeardPartial(utterance, 0, revision, text, stable)


def typed(text: str) -> Fact:
    return HEARD, Typed(text)


def endpoint(channel: int = 0) -> Fact:
    return HEARD, Endpoint(channel, "silence")


def started(reply: int, answers: int) -> Fact:
    return DRAFT, DraftStarted(reply, answers, "llm@0")


def wrote(reply: int, text: str) -> list[Fact]:
    """The reply's text, in deltas that are cut at each "|"."""
    return [(DRAFT, DraftDelta(reply, delta)) for delta in text.split("|")]


def finished(reply: int, answers: int) -> Fact:
    return DRAFT, DraftDone(reply, answers, "completed", "llm@0")


END: Fact = (HEARD, SoundEnded(ACCOUNT))
NO_MORE: Fact = (DRAFT, RepliesEnded())


async def session(bus: Bus, mode: Mode = "chat", moderation: Moderation = "hold") -> None:
    """A session that exists."""
    await bus.call("FLUSHALL")
    config = msgspec.json.encode(SessionConfig(session_id=SID, mode=mode, moderation=moderation))
    await bus.call("HSET", keys.session(SID), "config", config, "socket", "1")


async def serving(bus: Bus, moderator: Moderator) -> asyncio.Task[None]:
    lease = await Lease.claim(bus, "moderator", SID, "w")
    assert lease is not None
    return asyncio.create_task(moderator.serve(lease, bus))


async def put(bus: Bus, facts: Sequence[Fact]) -> None:
    for key, fact in facts:
        await bus.append(key, msgspec.json.encode(fact), ttl_ms=60_000)


async def log(bus: Bus) -> list[Event]:
    return [msgspec.json.decode(entry.body, type=Event) for entry in await bus.read(EVENTS)]


async def until(bus: Bus, count: int) -> list[Event]:
    """The log, once it has `count` events."""
    feed = bus.open({EVENTS: "0-0"})
    events: list[Event] = []
    async with asyncio.timeout(10):
        while len(events) < count:
            events += [msgspec.json.decode(entry.body, type=Event) for entry in await feed.get()]
    feed.close()
    return events


async def all_at_once(
    bus: Bus, moderator: Moderator, facts: Sequence[Fact], mode: Mode = "chat"
) -> list[Event]:
    """The log of a session that has these facts."""
    await session(bus, mode)
    await put(bus, facts)
    await asyncio.wait_for(await serving(bus, moderator), 10)
    return await log(bus)


CLOCK = re.compile(rb"(?<!\d)1\d{12}(?!\d)")


async def dump(bus: Bus, *, without: Sequence[str] = ()) -> bytes:
    """Everything that Redis has, but the keys of `without`, and but its clock's ms, in which any four digits may be."""
    out = b""
    for key in await bus.call("KEYS", "*"):
        if key.decode() in without:
            continue
        kind = await bus.call("TYPE", key)
        if kind == b"stream":
            out += repr(await bus.call("XRANGE", key, "-", "+")).encode()
        elif kind == b"hash":
            out += repr(await bus.call("HGETALL", key)).encode()
        else:
            out += repr(await bus.call("DUMP", key)).encode()
    return CLOCK.sub(b"", out)


def kinds(events: Sequence[Event]) -> list[str]:
    return [type(event).__name__ for event in events]
