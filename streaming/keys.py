"""Names of the Redis keys. The braces are a hash tag: all keys of a session live in one slot of a cluster."""

from typing import Final

HELD_MS: Final = 60_000
"""`heard` and `draft` are unmoderated: they are gone this long after the last word was written."""

KEPT_MS: Final = 15 * 60_000
"""All other keys of a session are gone this long after it was last touched."""

LIVE: Final = "live"
"""Sorted set: session ids by the wall-clock ms at which their gateway last saw their client."""

WORKERS: Final = "workers"
"""Hash: `role:name` -> JSON of what that worker serves and when it last said so."""


def audio(sid: str) -> str:
    """Stream of sound; an entry's id is `<end sample>-0`."""
    return f"{{{sid}}}:audio"


def heard(sid: str) -> str:
    """Stream from recogniser and gateway to the moderator."""
    return f"{{{sid}}}:heard"


def draft(sid: str) -> str:
    """Stream from the responder to the moderator."""
    return f"{{{sid}}}:draft"


def events(sid: str) -> str:
    """The session's event log: all that a client may see."""
    return f"{{{sid}}}:events"


def session(sid: str) -> str:
    """Hash: configuration, hashes of tokens, number of the owning socket, samples stored."""
    return f"{{{sid}}}:session"


def refs(sid: str) -> str:
    """Set of the `ref`s of client messages already taken."""
    return f"{{{sid}}}:refs"


def stage(sid: str, role: str) -> str:
    """Hash: epoch, revision, state and progress of one role's work on a session."""
    return f"{{{sid}}}:{role}"


def jobs(role: str) -> str:
    """Stream of leases: an entry is the work of one role on one session."""
    return f"jobs:{role}"


def ttl(key: str) -> int:
    """How long a key outlives its last write, in ms."""
    return HELD_MS if key.endswith((":heard", ":draft")) else KEPT_MS
