"""Where a cluster keeps a key: its slot, by the Redis Cluster specification. Pure.

CRC16 is XMODEM's (polynomial 0x1021, begun at 0), of what stands between the first braces, modulo 16384.
"""

import functools
from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

SLOTS: Final = 16_384
KEYLESS: Final = frozenset(
    {
        "PING",
        "INFO",
        "CONFIG",
        "CLUSTER",
        "SCRIPT",
        "WAIT",
        "KEYS",
        "FLUSHALL",
        "CLIENT",
        "TIME",
        "BGREWRITEAOF",
    }
)
KEY_AT: Final = {"XINFO": 2, "XGROUP": 2, "OBJECT": 2, "MEMORY": 2, "EVALSHA": 3, "EVAL": 3}
BEHIND_STREAMS: Final = frozenset({"XREAD", "XREADGROUP"})


class Address(Struct, frozen=True):
    """Where a server listens."""

    host: str
    port: int


class Range(Struct, frozen=True):
    """Slots `first` to `last` (with it) are kept by the server at `address`."""

    first: int
    last: int
    address: Address


def _crc16(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x1021) & 0xFFFF if crc & 0x8000 else (crc << 1) & 0xFFFF
    return crc


def tag(key: str) -> str:
    """What stands between the first braces of a key, if anything does: keys with the same tag are kept together."""
    _, opened, rest = key.partition("{")
    inside, closed, _ = rest.partition("}")
    return inside if opened and closed and inside else key


@functools.lru_cache(4096)
def _slot_of(tag: str) -> int:
    return _crc16(tag.encode()) % SLOTS


def slot(key: str) -> int:
    """The slot of a key."""
    return _slot_of(tag(key))


def key_of(command: Sequence[str | bytes | int]) -> str | None:
    """The first key of a command as we use it; None when it has none, and any server can answer it."""
    name = str(command[0])
    if name in KEYLESS:
        return None
    at = command.index("STREAMS") + 1 if name in BEHIND_STREAMS else KEY_AT.get(name, 1)
    key = command[at]
    return key.decode() if isinstance(key, bytes) else str(key)


def ranges(reply: Any, asked: Address) -> list[Range]:
    """What CLUSTER SLOTS said. `asked`: who said it, whose own host may be left out."""
    found: list[Range] = []
    for first, last, (host, port, *_), *_ in reply:
        name = host.decode() if isinstance(host, bytes) else (host or "")
        found.append(Range(first, last, Address(name if name not in ("", "?") else asked.host, port)))
    return found
