"""A whole service in the test's own process: gateway, moderator, a recogniser that reads coded frames, and a recorder
if that is asked for."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from asr.policy import AsrPolicy
from streaming import roster
from streaming.app import run_role
from streaming.bus import Bus, RedisPolicy
from streaming.config import Settings
from streaming.ingress.door import ServerPolicy
from streaming.recording.recorder import RecorderPolicy
from tests.chaos.decoding import Decoder
from tests.gateway import eventually
from tests.stack import free_port

ROLES = ("gateway", "moderator", "asr")


@asynccontextmanager
async def ensemble(
    redis_url: str, policy: RedisPolicy | None = None, *more: str, **server: Any
) -> AsyncGenerator[tuple[str, Bus]]:
    """Ready; its URL, and a bus beside it. `more` roles; `server`: what its gateway is told beside its port."""
    policy, port = policy or RedisPolicy(), free_port()
    settings = Settings(
        server=ServerPolicy(port=port, max_load=1_000, **server),
        redis=policy,
        recorder=RecorderPolicy(batch_s=0.3, look_s=0.05),
    )
    bus = Bus(redis_url, policy)
    playing = [
        asyncio.create_task(
            run_role(role, settings, redis_url, Decoder(AsrPolicy()) if role == "asr" else None), name=role
        )
        for role in (*ROLES, *more)
    ]

    async def there() -> set[str]:
        over = [task for task in playing if task.done()]
        if over:
            await over[0]
        found = {worker.role for worker in await roster.present(bus)}
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            found.add("listening")
        return found

    try:
        awaited = {"listening", "moderator", "asr", *more}
        assert await eventually(there, lambda found: awaited <= found) >= awaited
        yield f"http://127.0.0.1:{port}", bus
    finally:
        for task in playing:
            task.cancel()
        await asyncio.gather(*playing, return_exceptions=True)
        await bus.close()
