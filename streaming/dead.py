"""Dead letters: work that failed again and again, and the sound that it was about, kept for people to look at.

The session has ended and gets no more events, so nothing is tried again in it: whoever mended the cause exports the
sound and transcribes the file. What was heard or drafted and not moderated is not kept (`keys.HELD_MS`).
"""

from typing import Final

import msgspec
from msgspec import Struct

from streaming import keys
from streaming.bus import Bus
from streaming.clock import now_ms
from streaming.facts import SessionConfig

DEAD: Final = "dead"
DAY_MS: Final = 86_400_000
TOUCHED_MS: Final = 3_600_000
"""So long after its end a session may still be touched, which would let its keys go sooner."""
PAGE: Final = 64


class Letter(Struct, frozen=True):
    """The work of `role` on a session, given up at `at_ms` (Unix); `entry` is its place in the stream of these."""

    entry: str
    role: str
    session_id: str
    at_ms: int


async def put_aside(bus: Bus, role: str, session_id: str, days: float) -> None:
    """Note that this work was given up, and keep what it was about. Raises BusDown."""
    await bus.call("XADD", DEAD, "*", "role", role, "sid", session_id)
    await keep(bus, days)


async def letters(bus: Bus) -> list[Letter]:
    """All that was given up, oldest first. Raises BusDown."""
    found: list[Letter] = []
    for name, flat in await bus.call("XRANGE", DEAD, "-", "+"):
        fields = dict(zip(flat[::2], flat[1::2], strict=True))
        entry = name.decode()
        at_ms = int(entry.partition("-")[0])
        found.append(Letter(entry, fields[b"role"].decode(), fields[b"sid"].decode(), at_ms))
    return found


async def keep(bus: Bus, days: float) -> None:
    """See that what was given up lately stays for `days`, and that no letter outlives what it is about. Raises BusDown.

    Called now and then: whoever serves the session's client lets its keys live for a short time only.
    """
    now, kept = now_ms(), int(days * DAY_MS)
    await bus.call("XTRIM", DEAD, "MINID", max(0, now - kept))
    lately = [letter for letter in await letters(bus) if letter.at_ms > now - TOUCHED_MS]
    names = {name for letter in lately for name in _kept(letter.session_id)}
    await bus.each(*(("PEXPIRE", name, kept) for name in names))


async def sound(bus: Bus, session_id: str) -> tuple[int, bytes]:
    """The number of channels, and the sound that is kept, as interleaved 16 kHz PCM16. (0, b"") if there is none."""
    config = await bus.call("HGET", keys.session(session_id), "config")
    if config is None:
        return 0, b""
    audio = msgspec.json.decode(config, type=SessionConfig).audio
    pcm, after = bytearray(), "0-0"
    while audio and (page := await bus.read(keys.audio(session_id), after, PAGE)):
        pcm += b"".join(entry.pcm for entry in page)
        after = page[-1].id
    return (audio.channels if audio else 0), bytes(pcm)


async def drop(bus: Bus, session_id: str) -> int:
    """Forget the letters of a session, and what it was about; how many there were. Raises BusDown."""
    theirs = [letter.entry for letter in await letters(bus) if letter.session_id == session_id]
    if theirs:
        await bus.call("DEL", *_kept(session_id))
        await bus.call("XDEL", DEAD, *theirs)
    return len(theirs)


def _kept(session_id: str) -> list[str]:
    return [keys.session(session_id), keys.audio(session_id), keys.events(session_id)]
