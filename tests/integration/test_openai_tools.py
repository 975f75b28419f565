"""Functions of the caller's own in chat completions, as OpenAI's client offers them and answers their calls."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import openai
import pytest
from pydantic import BaseModel

from llm.asking import Ask
from llm.flavours.opening import Weights, close, open_flavours
from llm.flavours.router import Router
from llm.history import Message
from llm.policy import LlmPolicy
from llm.tools.offering import wanted
from streaming.functions import Function
from streaming.machine import models
from streaming.parts import Sampling
from tests.completing import openai_client, saying, serving_api
from tests.contracts.fake_llm import Exchange, FakeLlm, fake_llm

ASK: list[Any] = [{"role": "user", "content": "How warm is it in Paris?"}]
CARD = "4111 1111 1111 1111"


class Place(BaseModel):
    city: str


class get_weather(BaseModel):  # noqa: N801 - the SDK names the function after it
    """The weather in a city: how warm it is."""

    place: Place


TOOLS: list[Any] = [openai.pydantic_function_tool(get_weather)]
PARIS = '{"place":{"city":"Paris"}}'


@pytest.fixture
async def llm() -> AsyncIterator[FakeLlm]:
    async with fake_llm() as fake:
        yield fake


def choosing(choice: str, words: tuple[str, ...] = ("It is", " warm.")) -> Any:
    """Whoever is asked for a choice makes this one, and says these words otherwise."""

    async def script(exchange: Exchange) -> None:
        await saying(*([choice] if "response_format" in exchange.asked else words))(exchange)

    return script


def asked(llm: FakeLlm) -> list[dict[str, Any]]:
    return [one.asked for one in llm.exchanges if "messages" in one.asked]


async def test_a_call_is_asked_for_and_its_answer_is_answered_by(redis_url: str, llm: FakeLlm) -> None:
    llm.script = choosing(f'{{"tool":"get_weather","arguments":{PARIS}}}')
    async with serving_api(redis_url, llm) as url, openai_client(url) as client:
        made = await client.chat.completions.create(model="fake-1", messages=ASK, tools=TOOLS)
        [call] = made.choices[0].message.tool_calls or []
        assert call.type == "function"
        assert (call.function.name, call.function.arguments) == ("get_weather", PARIS)
        assert (made.choices[0].finish_reason, made.choices[0].message.content) == ("tool_calls", None)
        schema = asked(llm)[-1]["response_format"]["json_schema"]["schema"]
        assert [one["properties"]["tool"]["const"] for one in schema["anyOf"]] == ["get_weather", "none"]
        assert schema["anyOf"][0]["properties"]["arguments"]["properties"] == {
            "place": {"$ref": "#/$defs/get_weather.Place"}
        }
        assert list(schema["$defs"]) == ["get_weather.Place"]
        told: list[Any] = [
            *ASK,
            made.choices[0].message,
            {"role": "tool", "tool_call_id": call.id, "content": "31 °C"},
        ]
        after = await client.chat.completions.create(model="fake-1", messages=told, tools=TOOLS)
    # the same call again is no call
    assert (after.choices[0].message.content, after.choices[0].finish_reason) == ("It is warm.", "stop")
    assert after.choices[0].message.tool_calls is None
    [_, question, did, answer] = asked(llm)[-1]["messages"]
    assert question["content"] == ASK[0]["content"]
    assert did == {"role": "assistant", "content": f"I called the function get_weather with {PARIS}"}
    assert answer["content"].startswith("The function get_weather answered:\n31 °C\n")


async def test_a_stream_tells_a_call_in_one_piece_and_other_answers_as_they_come(
    redis_url: str, llm: FakeLlm
) -> None:
    async with serving_api(redis_url, llm) as url, openai_client(url) as client:

        async def chunks() -> list[Any]:
            return [
                chunk.choices[0]
                async for chunk in await client.chat.completions.create(
                    model="fake-1", messages=ASK, tools=TOOLS, stream=True
                )
            ]

        llm.script = choosing(f'{{"tool":"get_weather","arguments":{PARIS}}}')
        called = await chunks()
        [call] = [one for choice in called for one in choice.delta.tool_calls or []]
        assert (call.index, call.function.name, call.function.arguments) == (0, "get_weather", PARIS)
        assert not "".join(choice.delta.content or "" for choice in called)
        assert called[-1].finish_reason == "tool_calls"
        for words in (("It is", " warm."), ("{It", " is}")):
            llm.script = choosing('{"tool":"none"}', words)
            said = await chunks()
            assert "".join(choice.delta.content or "" for choice in said) == "".join(words)
            assert said[-1].finish_reason == "stop"
            assert not any(choice.delta.tool_calls for choice in said)


@pytest.mark.parametrize(
    ("choice", "offered"),
    [
        ("none", None), ("required", ["get_weather", "rain"]), ("auto", ["get_weather", "rain", "none"]),
        ({"type": "function", "function": {"name": "rain"}}, ["rain"]),
    ],
)  # fmt: skip
async def test_a_choice_is_among_what_the_caller_lets_it(
    redis_url: str, llm: FakeLlm, choice: Any, offered: list[str] | None
) -> None:
    llm.script = choosing('{"tool":"rain","arguments":{}}')
    tools: list[Any] = [*TOOLS, {"type": "function", "function": {"name": "rain"}}]
    async with serving_api(redis_url, llm) as url, openai_client(url) as client:
        made = await client.chat.completions.create(
            model="fake-1", messages=ASK, tools=tools, tool_choice=choice, parallel_tool_calls=True
        )
    calls = [one.function for one in made.choices[0].message.tool_calls or [] if one.type == "function"]
    assert [one.name for one in calls] == (["rain"] if offered else [])
    if offered:
        schema = asked(llm)[-1]["response_format"]["json_schema"]["schema"]
        assert [one["properties"]["tool"]["const"] for one in schema["anyOf"]] == offered


@pytest.mark.parametrize(
    ("arguments", "reason", "told"),
    [
        (f'{{"place":{{"city":"{CARD}"}}}}', "tool_calls", '{"place":{"city":"[card number]"}}'),
        (f'{{"place":{{"city":{CARD.replace(" ", "")}}}}}', "content_filter", None),
        ('{"place":{"city":"how to make a bomb"}}', "content_filter", None),
    ],
)
async def test_arguments_are_moderated_and_what_is_left_is_a_call_or_none(
    redis_url: str, llm: FakeLlm, arguments: str, reason: str, told: str | None
) -> None:
    llm.script = choosing(f'{{"tool":"get_weather","arguments":{arguments}}}')
    async with serving_api(redis_url, llm) as url, openai_client(url) as client:
        made = await client.chat.completions.create(
            model="fake-1", messages=ASK, tools=TOOLS, tool_choice="required"
        )
    calls = [one.function for one in made.choices[0].message.tool_calls or [] if one.type == "function"]
    assert made.choices[0].finish_reason == reason
    assert [one.arguments for one in calls] == ([told] if told else [])
    assert CARD not in made.model_dump_json()
    assert CARD.replace(" ", "") not in made.model_dump_json()


async def test_a_choice_that_cannot_be_made_is_an_answer_in_words_or_a_failure_where_there_must_be_one(
    redis_url: str, llm: FakeLlm
) -> None:
    llm.script = choosing("no JSON")
    async with serving_api(redis_url, llm) as url, openai_client(url) as client:
        made = await client.chat.completions.create(model="fake-1", messages=ASK, tools=TOOLS)
        assert made.choices[0].message.content == "It is warm."
        with pytest.raises(openai.InternalServerError):
            await client.chat.completions.create(
                model="fake-1", messages=ASK, tools=TOOLS, tool_choice="required"
            )


async def test_what_is_wrong_with_a_function_is_told_by_its_place(redis_url: str, llm: FakeLlm) -> None:
    one: dict[str, Any] = {"type": "function", "function": {"name": "rain"}}
    answer = {"role": "tool", "tool_call_id": "x", "content": "31"}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"tools": [one, one]}, "tools[1].function.name"),
        ({"tools": [{"type": "function", "function": {"name": "none"}}]}, "tools[0].function.name"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name"),
        ({"tools": [{"type": "retrieval"}]}, "tools[0].type"),
        ({"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "string"}}}]},
         "tools[0].function.parameters"),
        ({"tools": [one], "tool_choice": {"type": "function", "function": {"name": "snow"}}}, "tool_choice"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"messages": [*ASK, answer]}, "messages[1].tool_call_id"),
    ]  # fmt: skip
    async with serving_api(redis_url, llm, "gateway") as url, httpx.AsyncClient() as web:
        for body, param in wrong:
            said = await web.post(
                f"{url}/v1/chat/completions", json={"model": "fake-1", "messages": ASK, **body}
            )
            assert (said.status_code, said.json()["error"]["param"]) == (400, param), said.text[:300]


@pytest.mark.models
async def test_a_real_model_fills_in_what_was_said_and_does_without_where_nothing_is_to_be_called() -> None:
    name = "qwen2.5-coder-0.5b"
    opened = await open_flavours(
        LlmPolicy(model=name), {name: Weights(models.path(name), models.digest(name))}
    )
    router = Router([one.flavour for one in opened], LlmPolicy().routing)
    tool = TOOLS[0]["function"]
    offered = (Function("get_weather", tool["description"], tool["parameters"]),)

    async def call(text: str, choice: Any = "auto") -> tuple[str, dict[str, Any]] | None:
        ask = Ask([Message("user", text)], 64, sampling=Sampling(functions=offered, choice=choice))
        made = await wanted(router, ask)
        return (made.name, json.loads(made.arguments)) if made else None

    assert await call("How warm is it in Paris?") == ("get_weather", {"place": {"city": "Paris"}})
    assert await call("Hello, how are you?") is None
    must = await call("Hello, how are you?", "required")
    assert must
    assert get_weather.model_validate(must[1])
    await close(opened)
