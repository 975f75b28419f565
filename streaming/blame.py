"""Which work is to blame when workers die, and what its role then owes the session. Pure.

A worker dies with all its sessions, and one of them may be the cause. A session that got on since it was last taken is
not. One that did not is taken apart from the others for its last try, so that who dies then is known.
"""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from streaming import keys
from streaming.drafts import RepliesEnded
from streaming.events import SessionEnded
from streaming.facts import SoundEnded

ALONE_S: Final = 1.0
"""For so long nothing else is taken over behind work on its last try. Work that outlives that has another one."""

LONG: Final = 6
"""But no more than so many times as many in all, unless it was healthy in between."""

Where = Callable[[str], str]
OWED: Final[dict[str, tuple[Where, Struct]]] = {
    "asr": (keys.heard, SoundEnded([], "failed")),
    "responder": (keys.draft, RepliesEnded()),
    "moderator": (keys.events, SessionEnded("failed", [])),
}
"""What a role that is given up would have written last."""


def guilty(tries: int, count: int, most: int) -> bool:
    """Whether work is given up that was taken `tries` times without getting on, and handed out `count` times since it
    was last healthy or handed back: `most` are allowed."""
    return count > most and (tries > most or (tries == most and count > LONG * most))
