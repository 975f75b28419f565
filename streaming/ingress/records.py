"""A session's record in Redis: opened, taken up again, touched while its client is there, ended when nobody comes."""

import asyncio
import hashlib
import logging
import secrets
from typing import Final

import msgspec
from msgspec import Struct

from streaming import keys
from streaming.bus import Bus, BusDown
from streaming.clock import now_ms
from streaming.errors import ClientFault, Close
from streaming.events import EndReason, SessionStarted
from streaming.facts import Ended, SessionConfig, SoundEnded
from streaming.feed import place
from streaming.ingress import diary
from streaming.ingress.intake import Inlet, Intake
from streaming.ingress.lines import ENDED
from streaming.journal import Put

log = logging.getLogger(__name__)

REAP_S: Final = 5.0


class Opened(Struct, frozen=True):
    """A session whose owner we serve: tokens are told once, and only to the owner.

    `ending`: it has had its last input; `over`: and its client has its last event.
    """

    config: SessionConfig
    socket: str
    stored: int = 0
    ending: bool = False
    resume_token: str = ""
    watch_token: str = ""
    over: bool = False


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def roles(config: SessionConfig) -> list[str]:
    """The roles that work on a session."""
    asr = ["asr"] if config.audio else []
    responder = ["responder"] if config.mode != "transcribe" else []
    recorder = ["recorder"] if config.record else []
    return [*asr, "moderator", *responder, *recorder]


def _readers(config: SessionConfig) -> list[str]:
    """Who reads the sound, if there are several."""
    return ["recorder", *(["asr"] if config.audio else [])] if config.record else []


def _floors(config: SessionConfig) -> list[tuple[str | int, ...]]:
    """Where each reader of the sound begins, if there are several."""
    if not config.record:
        return []
    places = [word for reader in _readers(config) for word in (reader, "0-0")]
    name = keys.floors(config.session_id)
    return [("HSET", name, *places), ("PEXPIRE", name, keys.RECORDED_MS)]


async def begin(bus: Bus, config: SessionConfig, started: SessionStarted) -> Opened:
    """Write the record and the log's first entry, and post the work of each stage: all or nothing."""
    sid = config.session_id
    resume, watch = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    first, kept = msgspec.json.encode(started), keys.kept_ms(config.record)
    record = {
        "config": msgspec.json.encode(config),
        "socket": "1",
        "resume": _hash(resume),
        "watch": _hash(watch),
    }
    posts = [keys.jobs(role, sid) for role in roles(config)]
    await bus.call("ZADD", keys.LIVE, now_ms(), sid)  # first: should we die here, somebody ends it
    replies = await bus.together(
        ("HSET", keys.session(sid), *(word for pair in record.items() for word in pair)),
        ("PEXPIRE", keys.session(sid), kept),
        ("XADD", keys.events(sid), "*", "e", first),
        ("PEXPIRE", keys.events(sid), kept),
        *_floors(config),
        *(("XADD", jobs, "*", "sid", sid) for jobs in posts),
    )
    entries = [Put(keys.events(sid), replies[2].decode(), ("e", first), kept)]
    entries += [
        Put(jobs, e.decode(), ("sid", sid), 0) for jobs, e in zip(posts, replies[-len(posts) :], strict=True)
    ]
    diary.begun(bus.journal, config, record, entries, _readers(config))
    return Opened(config, "1", resume_token=resume, watch_token=watch)


async def resume(bus: Bus, session_id: str, token: str, after: str) -> Opened:
    """The session is this socket's from now on. `after`: the last event that the client has.

    Raises:
        ClientFault: no such session, or the token is not its own (1008; told alike), or no such event (1007).
    """
    found = await bus.run("resume", [keys.session(session_id)], [_hash(token)])
    if found is None:
        told = "there is no such session, or it is over for more than 15 minutes, or the token is not its own"
        raise ClientFault("unknown_session", f"{told}: start a new one", close=Close.POLICY)
    socket, config, stored, ending = found
    [(last, fields)] = await bus.call("XREVRANGE", keys.events(session_id), "+", "-", "COUNT", 1)
    if place(after) > place(last.decode()):
        told = f"the session has no event {after} yet: resume behind one that it has"
        raise ClientFault("bad_message", told, close=Close.MALFORMED)
    decoded = msgspec.json.decode(config, type=SessionConfig)
    if not ending:
        await bus.call("ZADD", keys.LIVE, now_ms(), session_id)
    record = {"config": config, "socket": socket.decode(), "resume": _hash(token), "stored": int(stored)}
    diary.taken_up(bus.journal, decoded, record, ending=bool(ending))
    over = last.decode() == after and fields[1].startswith(ENDED)
    return Opened(decoded, socket.decode(), int(stored), ending == b"1", over=over)


async def touch(bus: Bus, session_id: str) -> None:
    """Its client is there: the keys live on (longer, as long as the recorder needs them), and nobody ends it."""
    kept = keys.kept_ms(bool(await bus.call("EXISTS", keys.floors(session_id))))
    await bus.together(*(("PEXPIRE", name, kept) for name in keys.lasting(session_id)))
    await bus.call("ZADD", keys.LIVE, "XX", now_ms(), session_id)


async def forget(bus: Bus, session_id: str) -> None:
    """The session has ended: nobody need look after it."""
    diary.ended(bus.journal, session_id)
    await bus.call("ZREM", keys.LIVE, session_id)


def end(inlet: Inlet, config: SessionConfig, samples: int, reason: EndReason, ref: str | None = None) -> None:
    """The last input: `samples` (16 kHz, a channel) were counted at the edge."""
    if config.audio:
        inlet.mark(Ended(samples, reason), samples, ref)
    else:
        inlet.heard(SoundEnded([], reason), ref)


async def reap(bus: Bus, intake: Intake, window_s: float) -> None:
    """End sessions whose client has been gone for `window_s`; every gateway does it, and one of them gets each.

    A gateway that was killed noted its clients up to `touch_s` before: they have their whole window behind that.
    After Redis was away nobody is taken for lost until the clients that are here have been touched again.
    """
    away_ms = int((window_s + touch_s(window_s)) * 1000)
    while True:
        await asyncio.sleep(min(REAP_S, window_s))
        try:
            now = now_ms()
            for name in await bus.run("reap", [keys.LIVE], [now - away_ms, now]):
                await _end_one(bus, intake, name.decode())
        except BusDown as down:
            log.warning("looking for lost sessions: %s", down.message)
            await asyncio.sleep(touch_s(window_s) * 2)


def touch_s(window_s: float) -> float:
    """How often a client that is here is noted, so that it is never taken for lost."""
    return min(10.0, window_s / 4)


async def _end_one(bus: Bus, intake: Intake, session_id: str) -> None:
    """Whatever is wrong with one session (a newer version's record, say) is no matter of the others. Raises BusDown."""
    try:
        await _end_lost(bus, intake, session_id)
    except BusDown:
        raise
    except Exception as wrong:  # noqa: BLE001 - it is told by its kind: its text may quote the record
        log.warning("a lost session cannot be ended (%s)", type(wrong).__name__, extra={"sid": session_id})


async def _end_lost(bus: Bus, intake: Intake, session_id: str) -> None:
    record = keys.session(session_id)
    config, stored, ending = await bus.call("HMGET", record, "config", "stored", "ending")
    if config is None or ending:  # it is over, or on its way there: it needs nobody
        await forget(bus, session_id)
        return
    socket = await bus.call("HINCRBY", record, "socket", 1)
    known = msgspec.json.decode(config, type=SessionConfig)
    inlet = Inlet(intake, known, str(socket), int(stored or 0))
    log.info("client did not come back", extra={"sid": session_id})
    end(inlet, known, inlet.stored, "lost")
