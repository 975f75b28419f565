"""OpenAI Realtime over WebSocket, as OpenAI's own client speaks it: what is typed and answered, and who may come in."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.completing import openai_client, saying, serving_api
from tests.contracts.fake_llm import FakeLlm, fake_llm, ramble
from tests.gateway import Gateway

CARD = "4111 1111 1111 1111"


@pytest.fixture
async def llm() -> AsyncIterator[FakeLlm]:
    async with fake_llm() as fake:
        yield fake


def said(text: str) -> Any:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


async def until(connection: Any, kind: str) -> list[Any]:
    """What came, up to and with the first event of that type."""
    got: list[Any] = []
    async with asyncio.timeout(20):
        async for event in connection:
            got.append(event)
            if event.type == kind:
                return got
    raise AssertionError([event.type for event in got])


async def test_what_is_typed_is_answered_as_it_is_made_and_the_answer_stays_in_the_conversation(
    redis_url: str, llm: FakeLlm
) -> None:
    llm.script = saying("The second", " one.")
    async with (
        serving_api(redis_url, llm) as url,
        openai_client(url) as client,
        client.realtime.connect(model="fake-1") as talk,
    ):
        await talk.session.update(session={"type": "realtime", "instructions": "Talk like a sailor."})
        await talk.conversation.item.create(item=said(f"My card is {CARD}. Which?"))
        await talk.response.create()
        told = await until(talk, "response.done")
        assert [one.type for one in told[:3]] == [
            "session.created",
            "session.updated",
            "conversation.item.added",
        ]
        text = "".join(one.delta for one in told if one.type == "response.output_text.delta")
        response = told[-1].response
        assert (text, response.status) == ("The second one.", "completed")
        assert (response.usage.input_tokens, response.usage.output_tokens) == (7, 2)
        [limits] = [one.rate_limits for one in told if one.type == "rate_limits.updated"]
        assert (limits[0].limit, limits[0].remaining) == (32, 31)
        await talk.conversation.item.create(item=said("And then?"))
        await talk.response.create()
        await until(talk, "response.done")
    asked = [one.asked for one in llm.exchanges if "messages" in one.asked][-1]["messages"]
    assert asked[0]["content"].endswith("Talk like a sailor.")
    assert [one["content"] for one in asked[1:]] == [
        "My card is [card number]. Which?", "The second one.", "And then?",
    ]  # fmt: skip


async def test_what_moderation_ends_is_filtered_and_what_is_cancelled_stops_the_model(
    redis_url: str, llm: FakeLlm
) -> None:
    async with (
        serving_api(redis_url, llm) as url,
        openai_client(url) as client,
        client.realtime.connect(model="fake-1") as talk,
    ):
        llm.script = saying("Well: ", "how to ", "make a bomb ", "is this")
        await talk.conversation.item.create(item=said("How?"))
        await talk.response.create()
        done = (await until(talk, "response.done"))[-1].response
        assert (done.status, done.status_details.reason) == ("incomplete", "content_filter")
        assert done.output[0].content[0].text == "Well: "
        llm.script = ramble
        await talk.response.create(response={"instructions": "Go on."})
        await until(talk, "response.output_text.delta")
        await talk.response.cancel()
        done = (await until(talk, "response.done"))[-1].response
        assert (done.status, done.status_details.reason) == ("cancelled", "client_cancelled")
        await asyncio.wait_for(llm.exchanges[-1].gone.wait(), 5)


async def test_a_response_that_fails_says_so_and_the_session_goes_on(redis_url: str, llm: FakeLlm) -> None:
    async def refuse(exchange: Any) -> None:
        await exchange.refuse("500 Internal Server Error", "no memory")

    llm.script = refuse
    async with (
        serving_api(redis_url, llm) as url,
        openai_client(url) as client,
        client.realtime.connect(model="fake-1") as talk,
    ):
        await talk.conversation.item.create(item=said("How?"))
        await talk.response.create()
        done = (await until(talk, "response.done"))[-1].response
        assert (done.status, done.status_details.error.type) == ("failed", "server_error")
        llm.script = saying("So.")
        await talk.response.create()
        assert (await until(talk, "response.done"))[-1].response.status == "completed"


async def test_keys_come_as_a_bearer_or_as_browsers_send_them_and_a_wrong_one_is_401(
    redis_url: str, llm: FakeLlm
) -> None:
    async with serving_api(redis_url, llm, "gateway", keys=("desk:sesame",)) as url:
        async with openai_client(url, "sesame") as client, client.realtime.connect(model="x") as talk:
            assert (await until(talk, "session.created"))[-1].session.model == "x"
        address = f"ws{url.removeprefix('http')}/v1/realtime?intent=transcription&model=x"
        offered = [Subprotocol("realtime"), Subprotocol("openai-insecure-api-key.sesame")]
        async with connect(address, subprotocols=offered) as socket:
            created = json.loads(await socket.recv())
            assert (socket.subprotocol, created["session"]["type"]) == ("realtime", "transcription")
            await socket.send(b"sound")
            told = json.loads(await socket.recv())
            assert told["error"]["code"] == "invalid_frame"
        async with openai_client(url, "wrong") as client:
            with pytest.raises((openai.OpenAIError, InvalidStatus)) as refused:
                await client.realtime.connect(model="x").enter()
            assert "401" in str(refused.value)
        with pytest.raises(InvalidStatus) as wrong:
            await connect(f"{address}&moderation=none", subprotocols=offered)
        assert wrong.value.response.status_code == 400
        assert json.loads(wrong.value.response.body or b"")["error"]["param"] == "moderation"


async def test_who_is_sent_elsewhere_is_told_nothing_but_the_close_code(redis_url: str, bus: Any) -> None:
    gateway = await Gateway(redis_url).up()
    address = f"ws://127.0.0.1:{gateway.port}/v1/realtime?model=x"
    async with connect(address) as socket:
        assert json.loads(await socket.recv())["type"] == "session.created"
        gateway.task.cancel()
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 5)
        assert socket.close_code == 1012
    await gateway.down()
