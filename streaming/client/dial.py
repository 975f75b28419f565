"""Where a server is, and a connection to it."""

import os
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct
from websockets.asyncio.client import ClientConnection, connect

from streaming.errors import ClientFault
from streaming.wire.native import KEY_PREFIX, SUBPROTOCOL

CLOSE_S: Final = 1.0  # a server that is still busy telling what nobody reads does not answer a close


class ClientPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds: sound kept for sending again, how long a lost server (or a reader of events who reads none while MOST
    wait) is waited for, silence before a ping, how long a connection may take to open."""

    ring_s: float = 30.0
    give_up_s: float = 60.0
    ping_s: float = 10.0
    open_s: float = 5.0


async def dial(url: str, key: str | None, policy: ClientPolicy) -> ClientConnection:
    """A connection to `/v1/stream`. Raises OSError, WebSocketException, TimeoutError."""
    names = [SUBPROTOCOL] + ([KEY_PREFIX + key] if key else [])
    return await connect(
        url,
        subprotocols=names,  # pyright: ignore[reportArgumentType]
        compression=None,
        max_size=2**22,
        open_timeout=policy.open_s,
        close_timeout=CLOSE_S,
        ping_interval=policy.ping_s,
        ping_timeout=policy.ping_s,
    )


def address(url: str) -> str:
    """Where `/v1/stream` is for a server's http(s) or ws(s) URL.

    Raises:
        ClientFault: it is no such URL.
    """
    parts = urlsplit(url if "//" in url else f"http://{url}")
    scheme = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}.get(parts.scheme)
    if scheme is None or not parts.netloc:
        raise ClientFault("bad_url", f"{url!r} is no address of a server, such as http://127.0.0.1:8080")
    path = parts.path.rstrip("/")
    return urlunsplit(
        (scheme, parts.netloc, path if path.endswith("/v1/stream") else f"{path}/v1/stream", "", "")
    )


def absent(where: str, wrong: Exception) -> str:
    """What to tell whoever asked a server at `where`, and had no answer for `wrong`."""
    cause = getattr(wrong, "reason", wrong)  # as urllib has it
    code = cause.errno if isinstance(cause, OSError) else None
    why = (
        "not in time"
        if isinstance(cause, TimeoutError)
        else os.strerror(code).lower()
        if code
        else str(cause)
    )
    told = "start one with `vivavoce serve`, or say where it is (--url, VIVAVOCE_URL)"
    return f"no Vivavoce server answers at {where} ({why}): {told}"
