"""A gateway of the test's own, in its process, without the stages behind it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from streaming.app import run_role
from streaming.config import Settings
from streaming.ingress.door import ServerPolicy
from streaming.session import SessionPolicy
from tests.proxy import Proxy
from tests.stack import free_port

START = json.dumps(
    {"type": "session.start", "audio": {"encoding": "pcm_s16le", "sample_rate": 16000, "channels": 1}}
)
SECOND = bytes(32_000)
POLICY = SessionPolicy(resume_window_s=1, idle_timeout_s=2, first_message_s=1, ack_s=0.1, slow_viewer_s=2)


class Gateway:
    def __init__(
        self,
        redis_url: str,
        policy: SessionPolicy = POLICY,
        more: dict[str, Any] | None = None,
        **server: Any,
    ) -> None:
        """`more`: other sections of the settings."""
        self.port = free_port()
        self.proxy = Proxy(self.port)
        self.url = f"ws://127.0.0.1:{self.port}/v1/stream"
        settings = Settings(server=ServerPolicy(port=self.port, **server), session=policy, **(more or {}))
        self.task = asyncio.create_task(run_role("gateway", settings, redis_url))

    async def up(self) -> "Gateway":
        for _ in range(100):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return self
            except OSError:
                await asyncio.sleep(0.05)
        raise RuntimeError("the gateway does not come up")

    async def down(self) -> None:
        self.proxy.close()
        if not self.task.cancelling():
            self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def heard_until_closed(socket: ClientConnection) -> tuple[list[dict[str, Any]], int]:
    """What came, and the close code."""
    got: list[dict[str, Any]] = []
    try:
        async with asyncio.timeout(5):
            while True:
                got.append(json.loads(await socket.recv()))
    except ConnectionClosed:
        return got, socket.close_code or 0


T = TypeVar("T")


async def eventually(
    read: Callable[[], Awaitable[T]], holds: Callable[[T], object], seconds: float = 10
) -> T:
    """What `read` gives, once it `holds`; as it is after `seconds`, for the test to judge."""
    for _ in range(int(seconds / 0.05)):
        found = await read()
        if holds(found):
            return found
        await asyncio.sleep(0.05)
    return await read()
