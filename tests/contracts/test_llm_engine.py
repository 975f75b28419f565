"""What we ask of a language model's server: the embedded one and any other give the same."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from typing import NamedTuple

import pytest

from llm.asking import Ask
from llm.embedded import Embedded
from llm.engine import Engine
from llm.history import Message
from llm.making import Spoken, Token
from llm.policy import LlmPolicy
from streaming.errors import ServiceFault
from streaming.machine import models
from streaming.parts import Usage
from tests.contracts.fake_llm import CONTEXT, KEY, FakeLlm, fake_llm

PATIENT = LlmPolicy(slots=1, context=CONTEXT, temperature=0.0)
CHAT = [Message("system", "Be brief."), Message("user", "Tell me a story about a fox.")]

# The small model never comes to the end of its story: it makes as many tokens as it may.
LONG = 1500


class Place(NamedTuple):
    """Where a server is, and its key."""

    url: str
    key: str


@pytest.fixture(scope="module")
def embedded() -> Iterator[Place]:
    """The real engine with the small model, one slot."""
    server = Embedded(models.path("smollm2-135m"), PATIENT)
    with ThreadPoolExecutor(1) as thread:
        yield Place(*thread.submit(server.start).result())
    server.stop()


@pytest.fixture
async def fake() -> AsyncIterator[FakeLlm]:
    async with fake_llm() as fake:
        yield fake


@pytest.fixture(params=[pytest.param("embedded", marks=pytest.mark.models), "fake"])
def place(request: pytest.FixtureRequest) -> Place:
    if request.param == "embedded":
        return request.getfixturevalue("embedded")
    return Place(request.getfixturevalue("fake").url, KEY)


@pytest.fixture
async def engine(place: Place) -> AsyncIterator[Engine]:
    engine = Engine(place.url, place.key, "", PATIENT)
    yield engine
    await engine.close()


async def all_of(engine: Engine, max_tokens: int = 8, chat: list[Message] = CHAT) -> list[Spoken]:
    return [made async for made in engine.stream(Ask(list(chat), max_tokens))]


async def free_again(engine: Engine) -> None:
    """The server's only slot answers others long before LONG tokens could have been made."""
    other = Engine(engine._base, engine._key, "", LlmPolicy(first_token_s=5.0))
    assert len(await all_of(other, 2)) >= 2
    await other.close()


# ---- every server ---------------------------------------------------------------------------------------------------


async def test_tokens_come_one_by_one_and_the_usage_comes_last(engine: Engine) -> None:
    *tokens, usage = await all_of(engine, 8)
    assert all(isinstance(token, Token) and token.text for token in tokens)
    assert 2 < len(tokens) <= 8
    assert isinstance(usage, Usage)
    assert usage.completion_tokens == 8
    assert usage.prompt_tokens > 0


async def test_closing_the_iterator_stops_the_server(engine: Engine) -> None:
    async with aclosing(engine.stream(Ask(CHAT, LONG))) as stream:
        assert await anext(stream)
    await free_again(engine)


async def test_cancelling_the_reader_stops_the_server(engine: Engine) -> None:
    reader = asyncio.create_task(all_of(engine, LONG))
    await asyncio.sleep(0.3)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    await free_again(engine)


async def test_replies_made_at_the_same_time_are_all_whole(engine: Engine) -> None:
    replies = await asyncio.gather(*(all_of(engine, n) for n in (2, 4, 6)))
    assert [reply[-1].completion_tokens for reply in replies if isinstance(reply[-1], Usage)] == [2, 4, 6]


async def test_a_server_says_what_it_serves(engine: Engine) -> None:
    assert len(await engine.models()) == 1


async def test_a_wrong_key_is_refused_in_the_servers_words(place: Place) -> None:
    engine = Engine(place.url, "wrong", "", PATIENT)
    for asked in (all_of(engine), engine.models()):
        with pytest.raises(ServiceFault, match="401: Invalid API Key") as caught:
            await asked
        assert caught.value.code == "llm_refused"
    await engine.close()


async def test_a_request_that_does_not_fit_is_refused_in_the_servers_words(engine: Engine) -> None:
    with pytest.raises(ServiceFault, match=r"400: request .*exceeds the available context size"):
        await all_of(engine, chat=[Message("user", "word " * (CONTEXT + 1))])


# ---- the embedded one ----------------------------------------------------------------------------------------------


@pytest.mark.models
async def test_the_embedded_server_is_closed_to_those_without_its_key(embedded: Place) -> None:
    stranger = Engine(embedded.url, "", "", PATIENT)
    with pytest.raises(ServiceFault, match="401"):
        await all_of(stranger)
    await stranger.close()


@pytest.mark.models
async def test_a_stopped_embedded_server_listens_no_more() -> None:
    server = Embedded(models.path("smollm2-135m"), PATIENT)
    with ThreadPoolExecutor(1) as thread:
        url, key = thread.submit(server.start).result()
    engine = Engine(url, key, "", PATIENT)
    assert await engine.models()
    server.stop()
    with pytest.raises(ServiceFault, match="cannot be reached"):
        await engine.models()
    await engine.close()


@pytest.mark.models
async def test_the_engines_threads_step_back_for_the_recogniser_and_ours_do_not(embedded: Place) -> None:
    nice = {os.getpriority(os.PRIO_PROCESS, int(thread)) for thread in os.listdir("/proc/self/task")}
    assert PATIENT.nice in nice
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == 0


def test_as_many_threads_as_set_or_all_cores_but_one_and_never_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, threads in ((1, 1), (2, 1), (8, 7)):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, cores=cores: set(range(cores)))
        assert LlmPolicy().thread_count() == threads
    assert LlmPolicy(threads=3).thread_count() == 3


def test_a_missing_and_a_broken_model_file_are_told_apart(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    with pytest.raises(ServiceFault, match="there is no language model at"):
        Embedded(broken, PATIENT).start()
    broken.write_bytes(b"GGUF" + bytes(1000))
    with (
        ThreadPoolExecutor(1) as thread,
        pytest.raises(ServiceFault, match="cannot be loaded as a language model"),
    ):
        thread.submit(Embedded(broken, PATIENT).start).result()
