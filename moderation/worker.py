"""The moderator as a worker: it reads its lists once, and serves any number of sessions on one event loop."""

import asyncio
from pathlib import Path
from typing import Final

from moderation.examining import examination
from moderation.model.judge import Closing, Judges
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

    def __init__(self, policy: ModerationPolicy, judges: Judges | None = None) -> None:
        """`judges`: who judges behind the rules; None: nobody does."""
        self._policy = policy
        self._judges = judges or Judges()
        self._screen: Screen | None = None

    async def start(self) -> list[Served]:
        """Read the lists.

        Raises:
            ServiceFault: a list is missing or wrong.
        """
        lists = await asyncio.to_thread(rules, self._policy.rules)
        self._screen = Screen(lists, self._policy)
        return [Served(role="moderator", name="rules", hash=lists.hash, ref=lists.ref)]

    async def serve(self, lease: Lease, bus: Bus) -> None:
        """Moderate a session, from where the lease's state says, to its end.

        Raises:
            LeaseLost: somebody else moderates this session now; nothing more was written.
            BusDown: Redis is away.
        """
        assert self._screen, "start() comes first"
        await Moderated(lease, bus, self._screen, self._judges).run()

    async def answer(self, asked: bytes) -> bytes:
        """Texts that are no part of a session: `Examine` to `Examination`. Raises Overloaded, ServiceFault."""
        assert self._screen, "start() comes first"
        return await examination(asked, self._screen, self._judges.judge)

    async def stop(self) -> None:
        """Let the judge's thread and connections go."""
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
