"""Chat completions, as OpenAI's own client asks for them, through the whole spine."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import openai
import pytest

from streaming import keys
from streaming.bus import Bus
from streaming.ingress import records
from tests.completing import openai_client, saying, serving_api
from tests.contracts.fake_llm import FakeLlm, fake_llm, ramble, talk
from tests.gateway import eventually

ASK: list[Any] = [{"role": "user", "content": "Which?"}]
CARD = "4111 1111 1111 1111"


@pytest.fixture
async def llm() -> AsyncIterator[FakeLlm]:
    async with fake_llm() as fake:
        yield fake


async def test_an_answer_comes_whole_with_what_it_cost_and_who_made_it(redis_url: str, llm: FakeLlm) -> None:
    llm.script = saying("The second", " one.")
    async with serving_api(redis_url, llm) as url, openai_client(url) as client:
        made = await client.chat.completions.create(model="fake-1", messages=ASK)
    choice = made.choices[0]
    assert (choice.message.content, choice.message.role, choice.finish_reason) == (
        "The second one.", "assistant", "stop",
    )  # fmt: skip
    assert made.usage is not None
    assert (made.usage.prompt_tokens, made.usage.completion_tokens, made.usage.total_tokens) == (7, 2, 9)
    assert (made.model, made.object) == ("fake-1", "chat.completion")
    assert (made.system_fingerprint or "").startswith("fake-1@")


async def test_an_answer_comes_as_it_is_made_and_its_cost_last_of_all(redis_url: str, llm: FakeLlm) -> None:
    llm.script = saying("The second", " one.", " And", " more.")
    async with serving_api(redis_url, llm) as url, openai_client(url) as client:
        stream = await client.chat.completions.create(
            model="fake-1", messages=ASK, stream=True, stream_options={"include_usage": True}
        )
        chunks = [chunk async for chunk in stream]
    assert (
        "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "The second one. And more."
    )
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert (chunks[-1].choices, chunks[-1].usage and chunks[-1].usage.total_tokens) == ([], 11)
    assert all(chunk.usage is None for chunk in chunks[:-1])


async def test_what_was_said_before_reaches_the_model_moderated_and_so_does_how_it_is_asked(
    redis_url: str, llm: FakeLlm
) -> None:
    llm.script = saying("{}")
    messages: list[Any] = [
        {"role": "developer", "content": "Talk like a sailor."},
        {"role": "user", "content": [{"type": "text", "text": f"My card is {CARD}."}]},
        {"role": "assistant", "content": "Ahoy."},
        {"role": "user", "content": f"Is it {CARD}?"},
    ]
    schema: Any = {"name": "x", "schema": {"type": "object", "properties": {"a": {"type": "string"}}}}
    async with serving_api(redis_url, llm) as url, openai_client(url) as client:
        await client.chat.completions.create(
            model="fake-1", messages=messages, temperature=0, max_completion_tokens=5, stop=["\n"], seed=4,
            top_p=0.5, response_format={"type": "json_schema", "json_schema": schema}, user="somebody",
            extra_body={"nobody_knows": 1},
        )  # fmt: skip
    asked = [one.asked for one in llm.exchanges if "messages" in one.asked][-1]
    assert [one["role"] for one in asked["messages"]] == ["system", "user", "assistant", "user"]
    assert asked["messages"][0]["content"].endswith("Talk like a sailor.")
    assert [one["content"] for one in asked["messages"][1:]] == [
        "My card is [card number].", "Ahoy.", "Is it [card number]?",
    ]  # fmt: skip
    assert (asked["temperature"], asked["max_tokens"], asked["stop"], asked["seed"]) == (0, 5, ["\n"], 4)
    assert asked["response_format"]["json_schema"]["schema"] == schema["schema"]


async def test_an_answer_ends_at_its_most_tokens_or_where_moderation_ends_it(
    redis_url: str, llm: FakeLlm
) -> None:
    async with serving_api(redis_url, llm) as url, openai_client(url) as client:
        llm.script = talk
        made = await client.chat.completions.create(model="fake-1", messages=ASK, max_tokens=3)
        assert (made.choices[0].finish_reason, made.choices[0].message.content) == (
            "length", "word0 word1 word2 ",
        )  # fmt: skip
        llm.script = saying("Well: ", "how to ", "make a bomb ", "is this")
        made = await client.chat.completions.create(model="fake-1", messages=ASK)
        assert (made.choices[0].finish_reason, made.choices[0].message.content) == (
            "content_filter",
            "Well: ",
        )
        stream = await client.chat.completions.create(model="fake-1", messages=ASK, stream=True)
        chunks = [chunk async for chunk in stream]
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Well: "
        assert chunks[-1].choices[0].finish_reason == "content_filter"


async def test_a_client_that_goes_has_its_request_to_the_model_closed_and_its_session_ended(
    redis_url: str, llm: FakeLlm, bus: Bus
) -> None:
    llm.script = ramble
    async with serving_api(redis_url, llm) as url, openai_client(url) as client:
        stream = await client.chat.completions.create(model="fake-1", messages=ASK, stream=True)
        async for chunk in stream:
            if chunk.choices[0].delta.content:
                break
        [session] = [name.decode() for name in await bus.call("ZRANGE", "live", 0, -1)]
        await stream.close()
        await asyncio.wait_for(llm.exchanges[-1].gone.wait(), 5)
        waiting = asyncio.create_task(client.chat.completions.create(model="fake-1", messages=ASK))
        asked = len(llm.exchanges)
        await eventually(lambda: asyncio.sleep(0, len(llm.exchanges)), lambda found: found > asked)
        waiting.cancel()
        await asyncio.wait_for(llm.exchanges[-1].gone.wait(), 5)

        async def log() -> list[str]:
            return [json.loads(entry.body)["type"] for entry in await bus.read(keys.events(session))]

        assert (await eventually(log, lambda found: "session.ended" in found))[-1] == "session.ended"


async def test_what_is_wrong_is_told_in_the_clients_own_terms(redis_url: str, llm: FakeLlm) -> None:
    llm.script = saying("Yes.")
    wrong: list[tuple[dict[str, Any], int, str | None]] = [
        ({"messages": []}, 400, "messages"),
        ({"messages": ASK, "n": 2}, 400, "n"),
        ({"messages": ASK, "functions": [{"name": "f"}]}, 400, "functions"),
        ({"messages": ASK, "response_format": {"type": "json_schema"}}, 400, "response_format"),
        ({"messages": ASK, "temperature": 3}, 400, "temperature"),
        ({"messages": [*ASK, {"role": "assistant", "content": "So"}]}, 400, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, 400, "messages[0].content"),
        ({"messages": ASK * 300}, 400, "messages"),
        ({"messages": [{"role": "user", "content": "x" * (1 << 20)}]}, 413, None),
    ]
    async with serving_api(redis_url, llm, keys=("desk:sesame",)) as url, httpx.AsyncClient() as web:
        where, key = f"{url}/v1/chat/completions", {"authorization": "Bearer sesame"}
        for body, status, param in wrong:
            answer = await web.post(where, json={"model": "fake-1", **body}, headers=key)
            error = answer.json()["error"]
            assert (answer.status_code, error["param"]) == (status, param), answer.text[:300]
            assert set(error) == {"message", "type", "param", "code"}
        async with openai_client(url, "wrong") as client:
            with pytest.raises(openai.AuthenticationError):
                await client.chat.completions.create(model="fake-1", messages=ASK)
        async with openai_client(url, "sesame") as client:
            assert [one.id async for one in await client.models.list()] == ["vivavoce", "fake-1"]
            assert (await client.models.retrieve("fake-1")).id == "fake-1"
            with pytest.raises(openai.NotFoundError) as missing:
                await client.chat.completions.create(model="gpt-4", messages=ASK)
            assert missing.value.code == "model_not_found"


async def test_more_at_once_than_a_key_may_have_is_429_and_nobody_there_503(
    redis_url: str, llm: FakeLlm
) -> None:
    llm.script = ramble
    async with serving_api(redis_url, llm, requests=1) as url, openai_client(url) as client:
        stream = await client.chat.completions.create(model="fake-1", messages=ASK, stream=True)
        with pytest.raises(openai.RateLimitError) as many:
            await client.chat.completions.create(model="fake-1", messages=ASK)
        assert many.value.response.headers["retry-after"] == "1"
        await stream.close()
    async with serving_api(redis_url, llm, "gateway") as url, openai_client(url) as client:
        with pytest.raises(openai.InternalServerError) as nobody:
            await client.chat.completions.create(model="fake-1", messages=ASK)
        assert (nobody.value.status_code, nobody.value.response.headers["retry-after"]) == (503, "5")


async def test_a_reply_that_fails_is_an_error_before_it_began_and_an_event_after(
    redis_url: str, llm: FakeLlm
) -> None:
    async def refuse(exchange: Any) -> None:
        await exchange.refuse("500 Internal Server Error", "no memory")

    async def break_off(exchange: Any) -> None:
        await exchange.head()
        await exchange.say("A word and another ")
        await asyncio.sleep(0.2)
        exchange.cut()

    async with serving_api(redis_url, llm) as url, openai_client(url) as client:
        llm.script = refuse
        with pytest.raises(openai.InternalServerError, match="no memory") as failed:
            await client.chat.completions.create(model="fake-1", messages=ASK, stream=True)
        assert failed.value.status_code == 503
        llm.script = break_off
        stream = await client.chat.completions.create(model="fake-1", messages=ASK, stream=True)
        with pytest.raises(openai.APIError, match="broke off"):
            async for _ in stream:
                pass


async def test_who_reads_a_long_answer_is_not_taken_for_lost_while_words_come_all_the_time(
    redis_url: str, llm: FakeLlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    touched: list[str] = []

    async def touch(bus: Bus, session_id: str) -> None:
        touched.append(session_id)

    def every(window_s: float) -> float:
        return 0.3

    async def talk_on(exchange: Any) -> None:
        await exchange.head()
        touched.clear()
        for _ in range(40):
            await exchange.say("again ")
            await asyncio.sleep(0.02)
        await exchange.finish()
        await exchange.done()

    monkeypatch.setattr(records, "touch", touch)
    monkeypatch.setattr(records, "touch_s", every)
    llm.script = talk_on
    async with serving_api(redis_url, llm) as url, openai_client(url) as client:
        await client.chat.completions.create(model="fake-1", messages=ASK)
    assert touched
