"""Once a day: sessions that nobody records any further are closed, those that are older than their tenant wants go,
and so does what crashes left behind."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final

from streaming.archive.policy import ArchivePolicy
from streaming.archive.ports import Archive
from streaming.archive.settling import Gone
from streaming.errors import Fault
from streaming.settings import SettingsError

log = logging.getLogger(__name__)

DAY_MS: Final = 86_400_000
IDLE_MS: Final = 3_600_000
"""A recorder keeps a batch at least every 30 s, while there is something: so long it may be away."""
FIRST_S: Final = 60.0
EVERY_S: Final = 86_400.0
ANYBODY: Final = "*"


def retention(policy: ArchivePolicy) -> dict[str, int]:
    """Days by tenant. Raises SettingsError."""
    days: dict[str, int] = {}
    for one in policy.retention_days:
        tenant, _, number = one.rpartition(":")
        if not tenant or not number.isdecimal():
            raise SettingsError(
                f"archive.retention_days: {one!r} is not tenant:days, such as desk:90 or *:365"
            )
        days[tenant] = int(number)
    return days


async def retire(archive: Archive, policy: ArchivePolicy, now: int) -> list[str]:
    """Forget what is too old at `now` (Unix ms), and finish what was not finished; ids of what is gone."""
    gone = await archive.expire({tenant: now - days * DAY_MS for tenant, days in retention(policy).items()})
    swept = await archive.sweep(now)
    if gone or swept:
        log.info("retired %d sessions and %d pieces that nothing refers to", len(gone), swept)
    return gone


async def settle(archive: Archive, now: int, gone: Gone) -> list[str]:
    """Close at `now` (Unix ms) what is still open and recorded no further; ids."""
    closed = await archive.settle(now - IDLE_MS, gone)
    if closed:
        log.warning("closed %d sessions that were not recorded to their end", len(closed))
    return closed


async def retire_daily(archive: Archive, policy: ArchivePolicy, clock: Callable[[], int], gone: Gone) -> None:
    """A minute after the start and then every day, until cancelled; what fails is tried again the next day."""
    await asyncio.sleep(FIRST_S)
    while True:
        await _tried("unfinished sessions stay open", settle(archive, clock(), gone))
        await _tried("retention waits", retire(archive, policy, clock()))
        await asyncio.sleep(EVERY_S)


async def _tried(told: str, work: Coroutine[Any, Any, object]) -> None:
    """Whatever is wrong with what is kept, the recorder, beside which this runs, goes on."""
    try:
        await work
    except Fault as fault:
        log.warning("%s: %s", told, fault.message)
    except Exception:
        log.exception("%s", told)
