"""A server of the native dialect that misbehaves as a test tells it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

LIMITS = {"credit_s": 1, "frame_bytes": 65_536, "resume_window_s": 60, "idle_timeout_s": 600}
Script = Callable[[ServerConnection], Awaitable[None]]


class OddServer:
    """Each connection follows the next script, the last one all that come later. It is closed when its script ends."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = scripts
        self.came: list[float] = []
        """When each connection came, by the loop's clock."""
        self.first: list[dict[str, Any]] = []
        """With what each began."""

    async def __aenter__(self) -> "OddServer":
        self._server = await serve(self._follow, "127.0.0.1", 0, compression=None)
        self.url = f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _follow(self, socket: ServerConnection) -> None:
        self.came.append(asyncio.get_running_loop().time())
        script = self._scripts[min(len(self.came), len(self._scripts)) - 1]
        try:
            self.first.append(json.loads(await socket.recv()))
            await script(socket)
        except ConnectionClosed:
            pass

    def pauses(self) -> list[float]:
        """Seconds between one connection and the next."""
        return [later - earlier for earlier, later in zip(self.came, self.came[1:], strict=False)]


async def tell(socket: ServerConnection, kind: str, **members: object) -> None:
    await socket.send(json.dumps({"type": kind, **members}))


async def started(socket: ServerConnection) -> None:
    more = {"session_id": "s", "mode": "transcribe", "serves": [], "limits": LIMITS, "time": ""}
    await tell(socket, "session.started", id="1-0", resume_token="t", **more)


async def resumed(socket: ServerConnection, have: int = 0) -> None:
    await tell(socket, "session.resumed", session_id="s", have_samples=have, limits=LIMITS)


async def spoke(socket: ServerConnection, number: int, **more: object) -> None:
    """Event `number` (2 is the first after the start)."""
    await tell(socket, "speech.started", id=f"{number}-0", channel=0, at_ms=number, **more)


async def ended(socket: ServerConnection, number: int) -> None:
    await tell(socket, "session.ended", id=f"{number}-0", reason="client", accounting=[])
    await socket.wait_closed()


def then(*steps: Script) -> Script:
    """One step after the other."""

    async def script(socket: ServerConnection) -> None:
        for step in steps:
            await step(socket)

    return script


def refused(code: str, close: int, retry_after: float | None = None) -> Script:
    """An error, and the close that goes with it."""

    async def script(socket: ServerConnection) -> None:
        await tell(socket, "error", code=code, message=f"told: {code}", fatal=True, retry_after=retry_after)
        await socket.close(close)

    return script
