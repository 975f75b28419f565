"""The recorder as a worker: it keeps any number of sessions, each from where the archive says that it has come to.

A batch is kept first (which is durable on return) and let go in Redis after: whenever a recorder dies, its successor
asks the archive what is there, and nothing is lost or kept twice. Streams are looked at now and then, not followed:
nobody waits for the recorder, and what it has not read is safe in Redis.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from streaming import keys
from streaming.archive.kept import LogEntry
from streaming.archive.picture import picture
from streaming.archive.ports import Archive
from streaming.bus import Bus, BusDown
from streaming.errors import ClientFault, Fault
from streaming.events import Served
from streaming.feed import place
from streaming.lease import Lease
from streaming.recording.gathering import Gathering
from streaming.recording.steady import Steady

log = logging.getLogger(__name__)

LOG_PAGE: Final = 512
SOUND_PAGE: Final = 32
END_OF_SAMPLE: Final = 2**53
"""No entry of the sound at a sample stands behind this one."""
AGAIN_S: Final = 0.5


class RecorderPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """A batch has 30 s of sound, or what came in `batch_s`. A session's streams are looked at every `look_s`.

    `silence`: beginnings of categories; the sound of what moderation masked as one of them is kept as silence."""

    batch_s: float = 30.0
    look_s: float = 1.0
    silence: tuple[str, ...] = ("pii/",)


class Recorder:
    """Records into the archive that `opened` gives."""

    def __init__(self, opened: Callable[[], Archive], policy: RecorderPolicy) -> None:
        self._opened = opened
        self._policy = policy
        self._archive: Archive | None = None
        self._steady: Steady | None = None

    async def start(self) -> list[Served]:
        """Open the archive. Nothing that a session shows is made by it."""
        self._archive = self._opened()
        self._steady = Steady(self._archive, self._policy.silence)
        return []

    async def serve(self, lease: Lease, bus: Bus) -> None:
        """Record a session to its end.

        Raises:
            LeaseLost: somebody else records it now.
            BusDown: Redis is away.
        """
        assert self._steady, "start() comes first"
        assert self._archive
        await Recording(lease, bus, self._steady, self._policy).run()
        await drawn(self._archive, lease.config.tenant, lease.session_id)

    def trouble(self) -> str:
        """What keeps it from its work just now, or nothing."""
        waiting = len(self._steady.away) if self._steady else 0
        return f"the archive cannot be used: {waiting} sessions wait in Redis" if waiting else ""

    async def stop(self) -> None:
        """Let the archive go."""
        if self._archive:
            await self._archive.close()
            self._archive = self._steady = None


async def drawn(archive: Archive, tenant: str, session_id: str) -> None:
    """Make the picture of its sound now, so that whoever opens the session waits for none."""
    try:
        session = await archive.session(tenant, session_id)
        if session.channels:
            await picture(archive, session)
    except Fault as fault:  # forgotten, or the archive is away: whoever looks makes it
        log.info("no picture was made: %s", fault.message, extra={"session": session_id})


class Recording:
    """One session, from the archive's progress to the log's end."""

    def __init__(self, lease: Lease, bus: Bus, archive: Steady, policy: RecorderPolicy) -> None:
        self._lease = lease
        self._bus = bus
        self._archive = archive
        self._policy = policy
        self._session = lease.session_id
        self._audio, self._events = keys.audio(lease.session_id), keys.events(lease.session_id)
        self._heard = ""
        self._all_heard = lease.config.audio is None

    async def run(self) -> None:
        """Until all is kept, or the archive wants no more of it (it was forgotten)."""
        try:
            gathering = await self._resumed()
            while not gathering.over:
                await self._gather(gathering)
                await self._keep(gathering)
        except ClientFault as fault:
            log.warning("recorded no further: %s", fault.message, extra={"session": self._session})
        await self._release()

    async def _resumed(self) -> Gathering:
        """From where the archive has come to."""
        config, progress = self._lease.config, await self._archive.progress(self._session)
        digest, first = await self._archive.digest(config.tenant, self._session, progress.last_id)
        self._heard = f"{progress.samples}-{END_OF_SAMPLE}"
        gathering = Gathering(config, progress, digest)
        if first:
            gathering.began(first)
        return gathering

    async def _gather(self, gathering: Gathering) -> None:
        """Read on until a batch is due."""
        since = time.monotonic()
        while True:
            try:
                more = await self._look(gathering)
            except BusDown:
                await asyncio.sleep(AGAIN_S)
                continue
            if gathering.full or (gathering.ended and self._all_heard):
                return
            if not gathering.some:
                since = time.monotonic()
            elif time.monotonic() - since >= self._policy.batch_s:
                return
            if not more:
                await asyncio.sleep(self._policy.look_s)

    async def _look(self, gathering: Gathering) -> bool:
        """A page of the log, then one of the sound. Whether there is more of them now.

        In this order: when the log has ended, all sound is there."""
        entries = await self._bus.read(self._events, gathering.last_id, LOG_PAGE)
        for entry in entries:
            gathering.tell(LogEntry(entry.id, entry.body))
        sound = 0 if self._lease.config.audio is None else await self._listen(gathering)
        self._all_heard = sound < SOUND_PAGE
        return len(entries) == LOG_PAGE or sound == SOUND_PAGE

    async def _listen(self, gathering: Gathering) -> int:
        page = await self._bus.read(self._audio, self._heard, SOUND_PAGE)
        missing = gathering.missing
        for entry in page:
            end, number = place(entry.id)
            if entry.pcm:
                gathering.hear(end, entry.pcm)
            elif not number:  # a mark that stands where sound would: it was left out
                gathering.skip(end)
            self._heard = entry.id
        if lost := gathering.missing - missing:
            told = "%d samples of sound were gone before they could be recorded"
            log.error(told, lost, extra={"session": self._session})
        return len(page)

    async def _keep(self, gathering: Gathering) -> None:
        """Kept first, let go after."""
        batch = gathering.batch(whole=self._all_heard)
        progress = await self._archive.keep(batch)
        trims = [(self._audio, f"{progress.samples + 1}-0")] if self._lease.config.audio else []
        await self._lease.commit(b"", trims=trims)

    async def _release(self) -> None:
        """Nobody waits for the recorder any more: the keys go when those of other sessions go."""
        names = keys.lasting(self._session)
        shorter = [("PEXPIRE", name, keys.KEPT_MS) for name in names]
        await self._bus.together(("DEL", keys.floors(self._session)), *shorter)
