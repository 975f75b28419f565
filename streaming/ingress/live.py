"""Sessions that go on now: what a tenant's readers can watch."""

import logging
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from streaming import keys
from streaming.audio import RATE
from streaming.bus import Bus
from streaming.clock import now_ms
from streaming.events import Mode
from streaming.facts import SessionConfig
from streaming.feed import place

log = logging.getLogger(__name__)

MOST: Final = 1_000
PAGE: Final = 200
FRESH_MS: Final = 30_000
"""What a gateway said of its viewers counts for so long; it says it again three times as often."""


class Live(Struct, frozen=True):
    """A session that goes on. `started_at` and `seen_at` (when its client was last there) are Unix milliseconds.

    `duration_ms` of sound is safe with us, and the recogniser is through with all but the last `lag_ms` of it.
    """

    session_id: str
    mode: Mode
    started_at: int
    seen_at: int
    duration_ms: int = 0
    channels: int = 0
    language: str | None = None
    metadata: dict[str, str] = {}
    viewers: int = 0
    lag_ms: int = 0
    record: bool = False
    paused: bool = False


async def live_sessions(bus: Bus, tenant: str, most: int = MOST) -> list[Live]:
    """Up to `most` sessions of `tenant`, the last begun first. Raises BusDown."""
    found: list[Live] = []
    for begin in range(0, 100 * MOST, PAGE):  # in the order in which their clients were last seen
        flat = await bus.call("ZREVRANGE", keys.LIVE, begin, begin + PAGE - 1, "WITHSCORES")
        seen = {name.decode(): int(float(at)) for name, at in zip(flat[::2], flat[1::2], strict=True)}
        told = await bus.run_many("live", [(_keys(sid), []) for sid in seen])
        for (sid, at), reply in zip(seen.items(), told, strict=True):
            one = _live(sid, at, reply, tenant)
            if one is not None:
                found.append(one)
        if len(flat) < 2 * PAGE or len(found) >= most:
            break
    return sorted(found, key=lambda one: one.started_at, reverse=True)[:most]


def _keys(sid: str) -> list[str]:
    return [keys.session(sid), keys.events(sid), keys.stage(sid, "asr"), keys.viewers(sid)]


def _live(sid: str, seen_at: int, reply: Any, tenant: str) -> Live | None:
    """None for what is gone, another tenant's, or cannot be read here (another version may have written it)."""
    if isinstance(reply, Exception):
        log.warning("a live session cannot be read (%s)", type(reply).__name__, extra={"sid": sid})
        return None
    if reply is None:
        return None
    body, stored, at, first, viewers = reply
    try:
        config = msgspec.json.decode(body, type=SessionConfig)
    except msgspec.MsgspecError:
        return None
    if config.tenant != tenant:
        return None
    return Live(
        session_id=sid,
        mode=config.mode,
        started_at=place(first.decode())[0],
        seen_at=seen_at,
        duration_ms=int(stored) * 1000 // RATE,
        channels=config.audio.channels if config.audio else 0,
        language=config.language,
        metadata=config.metadata,
        viewers=_count(viewers, now_ms()),
        lag_ms=max(0, int(stored) - int(at)) * 1000 // RATE,
        record=config.record,
        paused=config.paused,
    )


def _count(told: Sequence[bytes], now: int) -> int:
    """Viewers at all gateways that were heard of lately."""
    pairs = [tuple(map(int, one.split(b":"))) for one in told]
    return sum(count for count, at in pairs if at > now - FRESH_MS)
