"""Which recordings nobody goes on with."""

from collections.abc import Sequence

from streaming import dead, keys
from streaming.bus import Bus


async def abandoned(bus: Bus, sessions: Sequence[str]) -> set[str]:
    """Those of `sessions` whose keys have expired, or on which the recorder was given up. Raises BusDown."""
    there = await bus.each(*(("EXISTS", keys.session(sid)) for sid in sessions))
    gone = {sid for sid, found in zip(sessions, there, strict=True) if found == 0}
    given_up = {letter.session_id for letter in await dead.letters(bus) if letter.role == "recorder"}
    return gone | given_up.intersection(sessions)
