"""The moderator as a worker: it reads its lists once, and serves any number of sessions on one event loop."""

import asyncio
from pathlib import Path
from typing import Final

from moderation.examining import examination
from moderation.model.judge import Closing, Judges
from moderation.names.asking import Namer
from moderation.names.names import Names
from moderation.policy import ModerationPolicy
from moderation.rules import Rules
from moderation.screen import Screen
from moderation.session import Moderated
from streaming.bus import Bus
from streaming.errors import ServiceFault
from streaming.events import Served
from streaming.lease import Lease

LISTS: Final = Path(__file__).parent / "lists"


class Moderator:
    """Moderates sessions by the default lists, those of `policy.rules`, and the kinds of personal data that are
    on."""

    def __init__(
        self, policy: ModerationPolicy, judges: Judges | None = None, namer: Namer | None = None
    ) -> None:
        """`judges`: who judges behind the rules; None: nobody does. `namer`: who finds names of people; None: they are
        not masked."""
        self._policy = policy
        self._judges = judges or Judges()
        self._namer = namer
        self._lists: Rules | None = None

    async def start(self) -> list[Served]:
        """Read the lists.

        Raises:
            ServiceFault: a list is missing or wrong.
        """
        self._lists = lists = await asyncio.to_thread(rules, self._policy.rules)
        served = [Served(role="moderator", name="rules", hash=lists.hash, ref=lists.ref)]
        if namer := self._namer:
            served.append(Served(role="moderator", name="names", hash=namer.hash, ref=namer.ref))
        return served

    @property
    def _screen(self) -> Screen:
        """One for a session, or for a question."""
        assert self._lists, "start() comes first"
        names = Names(self._namer.ref, self._policy.names_allowed) if self._namer else None
        return Screen(self._lists, self._policy, names)

    async def serve(self, lease: Lease, bus: Bus) -> None:
        """Moderate a session, from where the lease's state says, to its end.

        Raises:
            LeaseLost: somebody else moderates this session now; nothing more was written.
            BusDown: Redis is away.
        """
        await Moderated(lease, bus, self._screen, self._judges, self._namer).run()

    async def answer(self, asked: bytes) -> bytes:
        """Texts that are no part of a session: `Examine` to `Examination`. Raises Overloaded, ServiceFault."""
        return await examination(asked, self._screen, self._judges.judge, self._namer)

    async def stop(self) -> None:
        """Let threads and connections go."""
        if self._namer:
            await self._namer.close()
        for judge in self._judges:
            if isinstance(judge, Closing):
                await judge.close()


def rules(own: str) -> Rules:
    """The default lists, and those of the file `own` if it is named. Raises ServiceFault."""
    files = sorted(LISTS.glob("*.toml"))
    if own:
        files.append(Path(own).expanduser())
    try:
        return Rules([file.read_bytes() for file in files])
    except (OSError, ValueError) as wrong:
        raise ServiceFault("rules_broken", f"the moderator's word lists cannot be used: {wrong}") from None
