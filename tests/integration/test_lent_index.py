"""A whole service whose responder has no index on its disk answers from one that was pushed to a Redis 8."""

import argparse
import asyncio
import operator
import subprocess
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from llm.policy import LlmPolicy
from llm.retrieval.building import Watcher, build
from llm.retrieval.cabinet import Cabinet
from llm.retrieval.embedding import MiniLm
from streaming.bus import Bus
from streaming.events import ReplyDone
from streaming.machine import home
from streaming.service.pushing import push
from tests.conftest import start_redis
from tests.conversation import Conversation
from tests.gateway import eventually
from tests.indexes import redis_8
from tests.stack import Stack

pytestmark = [pytest.mark.models, pytest.mark.slow]
ASKED = "How much does the Aria lamp weigh with its base?"
LAMP = "# Aria\n\n## Weight\n\nThe Aria lamp weighs {} kg with its base.\n"
REFUSAL = LlmPolicy().grounding.refusal
NAME = "pushed-only"


class Shop:
    """Who writes the documents and pushes what is made of them, and the Redis that it goes to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._binary = redis_8(folder)
        self._server: subprocess.Popen[bytes] | None = None
        self.url = ""

    def open(self) -> None:
        """The Redis, with what it had when it was shut."""
        self._server, self.url = start_redis(str(self._binary), self._folder)

    async def shut(self) -> None:
        """It keeps what it has, and is gone."""
        if self._server is None:
            return
        bus = Bus(self.url, plain=True)
        await bus.call("SAVE")
        await bus.close()
        self._server.kill()
        self._server.wait(10)
        self._server = None
        (self._folder / "redis.sock").unlink()

    def push(self, kilograms: str) -> str:
        """The page says this from now on: a version that is in force there. Its reference."""
        pages, cabinet = self._folder / "pages", Cabinet(self._folder / "indexes")
        pages.mkdir(exist_ok=True)
        (pages / "aria.md").write_text(LAMP.format(kilograms))
        built = build(cabinet, ("default", NAME), [pages], MiniLm(1), Watcher())
        push(cabinet, argparse.Namespace(tenant="default", name=NAME, redis=self.url))
        return built.manifest.ref


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    (tmp_path / "redis8").mkdir()
    shop = Shop(tmp_path / "redis8")
    shop.open()
    yield shop
    await shop.shut()


@asynccontextmanager
async def service(redis_url: str, shop: Shop, logs: Path) -> AsyncGenerator[Stack]:
    """All roles, as an operator sets them for an index elsewhere."""
    settings = {
        "MODEL": "smollm2-135m",
        "MAX_TOKENS": "8",
        "INDEX": NAME,
        "INDEX_REDIS": shop.url,
        "GROUNDING__WITHIN_MS": "5000",
    }
    stack = Stack(redis_url, logs, {f"VIVAVOCE_LLM__{name}": value for name, value in settings.items()})
    stack.start()
    try:
        await asyncio.to_thread(stack.await_ready)
        yield stack
    finally:
        stack.close()


async def asked(talk: Conversation, number: int = 1) -> ReplyDone:
    """The answer to the question, asked as often as this."""
    talk.client.text(ASKED)
    return (await talk.until(ReplyDone, number))[-1]


def weighed(answer: ReplyDone) -> list[tuple[str, str]]:
    """What it cites: the index's version, and the words."""
    return [(one.index, one.quote) for one in answer.citations]


def told(kilograms: str) -> str:
    return f"The Aria lamp weighs {kilograms} kg with its base."


async def test_a_service_answers_from_what_was_pushed_newcomers_from_the_newest_and_survives_its_absence(
    own_redis_url: str, shop: Shop, tmp_path: Path
) -> None:
    assert not (home.locate() / "indexes" / "default" / NAME).exists()
    light = await asyncio.to_thread(shop.push, "1.4")
    await shop.shut()
    async with service(own_redis_url, shop, tmp_path) as stack, AsyncExitStack() as talks:
        assert "is away" in await eventually(partial(troubles, stack), bool), "it began without it"
        shop.open()
        old = await talks.enter_async_context(Conversation(stack.url, "chat", channels=0))
        first = await asked(old)
        assert weighed(first) == [(light, told("1.4"))]
        assert light in first.made_by

        heavy = await asyncio.to_thread(shop.push, "2.3")
        async with Conversation(stack.url, "chat", channels=0) as new:
            assert weighed(await asked(new)) == [(heavy, told("2.3"))]
        assert weighed(await asked(old, 2)) == [(light, told("1.4"))]

        await shop.shut()
        async with Conversation(stack.url, "chat", channels=0) as amid:
            for talk, number in ((old, 3), (amid, 1)):
                lost = await asked(talk, number)
                assert (lost.status, lost.text, lost.citations) == ("completed", REFUSAL, [])
            assert "is away" in await eventually(partial(troubles, stack), bool)
            shop.open()
            assert weighed(await asked(old, 4)) == [(light, told("1.4"))]
            assert weighed(await asked(amid, 2)) == [(heavy, told("2.3"))]
        assert await eventually(partial(troubles, stack), operator.not_) == ""


async def troubles(stack: Stack) -> str:
    """What `/readyz` says is wrong with the responder."""
    workers = (await asyncio.to_thread(stack.readyz))["workers"]
    return " ".join(one["trouble"] for one in workers if one["role"] == "responder")
