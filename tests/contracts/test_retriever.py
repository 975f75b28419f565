"""What every retriever promises: on this machine's disk, and in a Redis with vector sets."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from llm.retrieval.cabinet import Cabinet
from llm.retrieval.lending import SharedLibrary
from llm.retrieval.local import Library
from llm.retrieval.passage import Found, Retriever
from llm.retrieval.shared import SharedIndex, current_key, publish, published, withdraw
from streaming.bus import Bus
from streaming.errors import ServiceFault
from streaming.service.pushing import push, taken_out
from tests.conftest import start_redis
from tests.indexes import Hashed, documents, made, redis_8


@pytest.fixture(scope="session")
def vectors_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a Redis with vector sets; skips where none can be had."""
    folder = tmp_path_factory.mktemp("redis8")
    server, url = start_redis(str(redis_8(folder)), folder)
    yield url
    server.terminate()
    server.wait(10)


@pytest.fixture(params=["disk", "redis", "pushed"])
async def retriever(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Retriever]:
    """The index `handbook` of three documents, in each of the stores."""
    cabinet = Cabinet(tmp_path / "indexes")
    manifest = made(cabinet, documents(tmp_path / "docs")).manifest
    if request.param == "disk":
        library = Library(cabinet.folder, Hashed)
        yield await library.open("default", "handbook")
        library.close()
        return
    url = request.getfixturevalue("vectors_url")
    bus = Bus(url, plain=True)
    if request.param == "pushed":
        asked = argparse.Namespace(tenant="default", name="handbook", redis=url, version=manifest.version)
        assert manifest.ref in await asyncio.to_thread(push, cabinet, asked)
        lent = SharedLibrary(url, Hashed)
        yield await lent.open("default", "handbook")
        await asyncio.to_thread(taken_out, cabinet, asked)
        with pytest.raises(ServiceFault, match="not published"):
            await lent.open("default", "handbook")
        await asyncio.to_thread(lent.close)
        await bus.close()
        return
    with ThreadPoolExecutor(1) as pool:
        await publish(bus, cabinet.place("default", "handbook") / manifest.version, manifest)
        yield SharedIndex(bus, await published(bus, "default", "handbook"), Hashed(), pool)
    await withdraw(bus, "default", "handbook", manifest.version)
    await bus.close()


def texts(found: list[Found]) -> list[str]:
    return [one.passage.text for one in found]


async def test_the_passage_that_a_question_is_about_comes_first(retriever: Retriever) -> None:
    assert (
        texts(await retriever.find("When does the SHOP open?", 3))[0] == "The shop opens at nine on weekdays."
    )
    assert texts(await retriever.find("How many days do refunds take?", 1)) == ["Refunds take ten days."]


async def test_a_code_that_means_nothing_to_the_model_is_found_as_a_word(retriever: Retriever) -> None:
    assert "E42" in texts(await retriever.find("e42", 4))[0]


async def test_what_shares_a_meaning_and_no_word_is_found(retriever: Retriever) -> None:
    assert texts(await retriever.find("cash", 4))[0] == "Refunds take ten days."


async def test_at_most_so_many_are_found_each_once_the_best_first(retriever: Retriever) -> None:
    found = await retriever.find("lamps days shop", 10)
    assert len({one.passage.name for one in found}) == len(found) == 4
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert len(await retriever.find("lamps days shop", 2)) == 2
    assert await retriever.find("lamps", 0) == []


async def test_the_likeness_of_the_same_words_is_one_and_of_others_less(retriever: Retriever) -> None:
    [first, *rest] = await retriever.find("Returns. Money Refunds take ten days.", 4)
    assert first.likeness == pytest.approx(1, abs=0.01)
    assert all(one.likeness is not None and one.likeness < 0.8 for one in rest)


async def test_a_query_without_a_word_finds_nothing(retriever: Retriever) -> None:
    assert await retriever.find(" ?! ", 3) == []


async def test_a_passage_stands_in_its_document_at_its_span(retriever: Retriever) -> None:
    for one in await retriever.find("lamps days shop parcels", 10):
        document = await retriever.document(one.passage.document)
        assert document is not None
        assert document[slice(*one.passage.span)] == one.passage.text
    assert await retriever.document("secret.md") is None


async def test_a_retriever_says_which_version_it_is(retriever: Retriever) -> None:
    assert retriever.ref == f"handbook@{retriever.hash[:16]}"
    assert len(retriever.hash) == 64


async def test_what_is_published_for_one_tenant_no_other_finds(vectors_url: str, tmp_path: Path) -> None:
    cabinet = Cabinet(tmp_path / "indexes")
    manifest = made(cabinet, documents(tmp_path / "docs"), tenant="acme").manifest
    bus = Bus(vectors_url, plain=True)
    await publish(bus, cabinet.place("acme", "handbook") / manifest.version, manifest)
    assert (await published(bus, "acme", "handbook")).version == manifest.version
    for version in ("", manifest.version):
        with pytest.raises(ServiceFault, match="not published"):
            await published(bus, "default", "handbook", version)
    await withdraw(bus, "acme", "handbook", manifest.version)
    assert await bus.call("KEYS", "index:*acme*") == []
    assert await bus.call("EXISTS", current_key("acme", "handbook")) == 0
    await bus.close()


async def test_a_redis_without_vector_sets_is_told(redis_url: str, tmp_path: Path) -> None:
    cabinet = Cabinet(tmp_path / "indexes")
    manifest = made(cabinet, documents(tmp_path / "docs")).manifest
    bus = Bus(redis_url, plain=True)
    with ThreadPoolExecutor(1) as pool, pytest.raises(ServiceFault, match="8 or newer"):
        await SharedIndex(bus, manifest, Hashed(), pool).find("lamps", 1)
    await bus.close()


async def test_a_library_whose_redis_is_away_or_whose_index_has_another_model_says_so(
    vectors_url: str, tmp_path: Path
) -> None:
    away = SharedLibrary("redis://127.0.0.1:1", Hashed)
    with pytest.raises(ServiceFault, match="index_redis is away"):
        await away.open("default", "handbook")
    await asyncio.to_thread(away.close)

    class Other(Hashed):
        model = "other@" + "1" * 64

    cabinet = Cabinet(tmp_path / "indexes")
    made(cabinet, documents(tmp_path / "docs"))
    asked = argparse.Namespace(tenant="default", name="handbook", redis=vectors_url)
    await asyncio.to_thread(push, cabinet, asked)
    lent = SharedLibrary(vectors_url, Other)
    with pytest.raises(ServiceFault, match="another embedding model"):
        await lent.open("default", "handbook")
    await asyncio.to_thread(lent.close)
