"""Gateway, moderator and a responder whose language model does as a test tells it, and OpenAI's own client of them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from openai import AsyncOpenAI

from llm.policy import LlmPolicy
from llm.worker import Responder
from streaming import roster
from streaming.app import run_role
from streaming.bus import Bus
from streaming.config import Settings
from streaming.ingress.door import ServerPolicy
from streaming.ingress.openai.policy import ApiPolicy
from tests.contracts.fake_llm import KEY, Exchange, FakeLlm
from tests.gateway import eventually
from tests.stack import free_port

ROLES = ("gateway", "moderator", "responder")


@asynccontextmanager
async def serving_api(
    redis_url: str, llm: FakeLlm, *roles: str, keys: tuple[str, ...] = (), **api: Any
) -> AsyncGenerator[str]:
    """The address of a service of these roles (all when none is named)."""
    settings = Settings(server=ServerPolicy(port=free_port(), keys=keys), api=ApiPolicy(**api))
    bus = Bus(redis_url)
    await bus.call("FLUSHALL")
    answers = LlmPolicy(url=llm.url, key=KEY, context=2000, max_tokens=20)
    playing = [
        asyncio.create_task(
            run_role(role, settings, redis_url, Responder(answers) if role == "responder" else None)
        )
        for role in roles or ROLES
    ]

    async def there() -> set[str]:
        for task in playing:
            if task.done():
                await task
        return {worker.role for worker in await roster.present(bus)}

    try:
        assert await eventually(there, lambda found: found == set(roles or ROLES)) == set(roles or ROLES)
        yield f"http://127.0.0.1:{settings.server.port}"
    finally:
        for task in playing:
            task.cancel()
        await asyncio.gather(*playing, return_exceptions=True)
        await bus.close()


def openai_client(url: str, key: str = "any") -> AsyncOpenAI:
    return AsyncOpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=20)


def saying(*words: str, usage: bool = True) -> Any:
    """A script of the language model: these words, and no more."""

    async def script(exchange: Exchange) -> None:
        await exchange.head()
        for word in words:
            await exchange.say(word)
        await exchange.finish()
        if usage:
            await exchange.usage()
        await exchange.done()

    return script
