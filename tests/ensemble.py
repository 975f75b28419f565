"""A whole service in the test's own process: gateway, moderator, and a recogniser that reads coded frames."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from asr.policy import AsrPolicy
from streaming import roster
from streaming.app import run_role
from streaming.bus import Bus, RedisPolicy
from streaming.config import Settings
from streaming.ingress.door import ServerPolicy
from tests.chaos.decoding import Decoder
from tests.gateway import eventually
from tests.stack import free_port

ROLES = ("gateway", "moderator", "asr")


@asynccontextmanager
async def ensemble(redis_url: str, policy: RedisPolicy | None = None) -> AsyncGenerator[tuple[str, Bus]]:
    """Ready; its URL, and a bus beside it."""
    policy, port = policy or RedisPolicy(), free_port()
    settings = Settings(server=ServerPolicy(port=port, max_load=1_000), redis=policy)
    bus = Bus(redis_url, policy)
    playing = [
        asyncio.create_task(
            run_role(role, settings, redis_url, Decoder(AsrPolicy()) if role == "asr" else None), name=role
        )
        for role in ROLES
    ]

    async def there() -> set[str]:
        over = [task for task in playing if task.done()]
        if over:
            await over[0]
        return {worker.role for worker in await roster.present(bus)}

    try:
        assert await eventually(there, lambda found: {"moderator", "asr"} <= found) >= {"moderator", "asr"}
        yield f"http://127.0.0.1:{port}", bus
    finally:
        for task in playing:
            task.cancel()
        await asyncio.gather(*playing, return_exceptions=True)
        await bus.close()
