"""Names of the Redis keys. The braces are a hash tag: all keys of a shard live in one slot of a cluster.

A session belongs to one of 16 shards by the first digit of its id, and so does the work that is posted for it: its
record, its log and its stages' work are written by one command, all or nothing. A process follows any number of
sessions with one blocked read a shard in a cluster, and with one read otherwise.
"""

from typing import Final

SHARDS: Final = "0123456789abcdef"

HELD_MS: Final = 60_000
"""`heard` and `draft` are unmoderated: they are gone this long after the last word was written."""

KEPT_MS: Final = 15 * 60_000
"""All other keys of a session are gone this long after it was last touched."""

RECORDED_MS: Final = 24 * 3_600_000
"""But while it is to be recorded, they wait so long for the recorder."""

LIVE: Final = "live"
"""Sorted set: session ids by the wall-clock ms at which their gateway last saw their client."""

WORKERS: Final = "workers"
"""Hash: `role:name` -> JSON of what that worker serves and when it last said so."""


def shard(sid: str) -> str:
    """The shard of a session. Ids of ours are hexadecimal; a foreign one may be in the first shard."""
    first = sid[:1]
    return first if first and first in SHARDS else SHARDS[0]


def _of(sid: str, kind: str) -> str:
    return f"{{{shard(sid)}}}:{sid}:{kind}"


def audio(sid: str) -> str:
    """Stream of sound; an entry's id is `<end sample>-0`."""
    return _of(sid, "audio")


def heard(sid: str) -> str:
    """Stream from recogniser and gateway to the moderator."""
    return _of(sid, "heard")


def draft(sid: str) -> str:
    """Stream from the responder to the moderator."""
    return _of(sid, "draft")


def events(sid: str) -> str:
    """The session's event log: all that a client may see."""
    return _of(sid, "events")


def session(sid: str) -> str:
    """Hash: configuration, hashes of tokens, number of the owning socket, samples stored."""
    return _of(sid, "session")


def viewers(sid: str) -> str:
    """Hash: `who@gateway` -> `<viewers>:<wall-clock ms at which that gateway last said so>`."""
    return _of(sid, "viewers")


def refs(sid: str) -> str:
    """Set of the `ref`s of client messages already taken."""
    return _of(sid, "refs")


def refs_of(record: str) -> str:
    """The set beside a session's hash; beside any other one, none that is used."""
    return record.rpartition(":")[0] + ":refs"


def restored(key: str) -> str:
    """Hash, in the slot of `key`: where streams ended when the server came back (scripts/restore.lua)."""
    return key[: key.find("}") + 1] + ":restored"


def stage(sid: str, role: str) -> str:
    """Hash: epoch, revision, state and progress of one role's work on a session."""
    return _of(sid, role)


def floors(sid: str) -> str:
    """Hash: for each role that reads the sound, the lowest id that it still needs; there while there are several."""
    return _of(sid, "floors")


def jobs(role: str, sid: str) -> str:
    """Stream of leases of the session's shard: an entry is the work of one role on one session."""
    return f"{{{shard(sid)}}}:jobs:{role}"


def all_jobs(role: str) -> list[str]:
    """The streams of leases of every shard."""
    return [jobs(role, one) for one in SHARDS]


def lasting(sid: str) -> list[str]:
    """All keys of a session that live as long as it: all but `heard` and `draft`."""
    stages = [stage(sid, role) for role in ("asr", "moderator", "responder", "recorder")]
    return [session(sid), events(sid), audio(sid), refs(sid), floors(sid), *stages]


def kept_ms(record: bool) -> int:
    """How long the keys of a session outlive its last touch, in ms; `record`: it is to be recorded."""
    return RECORDED_MS if record else KEPT_MS


def ttl(key: str, kept_ms: int = KEPT_MS) -> int:
    """How long a key outlives its last write, in ms, in a session whose keys do so for `kept_ms`."""
    return HELD_MS if key.endswith((":heard", ":draft")) else kept_ms


def calls(role: str) -> str:
    """Stream of questions to a role that are no part of a session."""
    return f"{{calls}}:{role}"


def answers(process: str) -> str:
    """Stream of the answers to what one process asked."""
    return f"{{calls}}:answers:{process}"


def nonce(hashed: str) -> str:
    """There while a signature with this nonce (its SHA-256) could be shown again."""
    return f"{{nonces}}:{hashed}"


def ticket(hashed: str) -> str:
    """What a ticket lets in: JSON, until it expires. `hashed`: its SHA-256, in hexadecimal."""
    return f"{{tickets}}:{hashed}"
