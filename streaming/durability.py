"""Where Redis is, how it is spoken to, and what is safe there once it is acknowledged. Pure."""

from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

from streaming.journal import JournalPolicy

Durability: TypeAlias = Literal["default", "strict", "replicated"]
STRICT: Final = "redis.durability is strict: set `appendonly yes` and `appendfsync always` on this Redis"
UNSEEN: Final = "redis.durability is strict, and this Redis does not let us see its appendfsync: see to it"


class RedisPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """`url` of a Redis or Valkey server, or of any node of a cluster; empty: `REDIS_URL`, and without that the embedded
    one. `ca`, `cert` and `key`: files (PEM) of TLS, for a `rediss://` server.

    `durability`, what is safe once it is acknowledged: `default`, against all but the loss of the last second with a
    machine; `strict`, against that too (the server writes to disk before it answers); `replicated`, against the loss of
    the machine (`replicas` have it, or it is not acknowledged, and tried again after `replicas_s`).
    """

    url: str = ""
    ca: str = ""
    cert: str = ""
    key: str = ""
    durability: Durability = "default"
    replicas: int = 1
    replicas_s: float = 1.0
    journal: JournalPolicy = JournalPolicy()


def unkept(answers: Sequence[Any]) -> str:
    """What keeps a server from being strict, by what each said to CONFIG GET append*; "" if nothing does."""
    for answer in answers:
        known = dict(zip(answer[::2], answer[1::2], strict=True))
        if (known.get(b"appendonly"), known.get(b"appendfsync")) != (b"yes", b"always"):
            return STRICT
    return ""
