"""What `vivavoce bench turn` makes of what it saw, and the tap through which it sees the engine."""

import asyncio
import json
import math

from hypothesis import given
from hypothesis import strategies as st

from llm.asking import Ask
from llm.engine import Engine as Client
from llm.history import Message
from llm.making import Token
from llm.policy import LlmPolicy
from streaming.bench.turn_figures import Turned, figures, gaps, overhead, spread
from streaming.bench.turn_tap import Engine, bare, tapped, worded
from tests.contracts.fake_llm import KEY, Exchange, fake_llm

TURN = Turned(
    ended=10.0, final=10.5, turn=10.6, asked=10.7, made=11.0, shown=11.2, last=11.9, cancelled=11.8, done=12.0,
    gaps=[0.2], verdicts_ms=[3.0], bare=0.25,
)  # fmt: skip


def test_each_stretch_of_a_turn_is_told_in_milliseconds() -> None:
    told = figures([TURN])
    assert {name: value["p50"] for name, value in told.items() if isinstance(value, dict)} == {
        "speech_end_to_shown": 1200.0, "speech_end_to_final": 500.0, "speech_end_to_turn": 600.0,
        "turn_to_engine": 100.0, "engine_first": 300.0, "hold": 200.0, "release": 200.0, "cancel_last": 100.0,
        "cancel_done": 200.0, "verdict": 3.0, "bare_engine_first": 250.0,
    }  # fmt: skip


def test_the_overhead_is_all_of_a_typed_turn_but_the_engine() -> None:
    told = overhead([TURN])
    assert {name: value["p50"] for name, value in told.items()} == {
        "before_engine": 700.0, "behind_engine": 200.0, "overhead": 900.0, "whole": 1200.0, "bare_engine": 250.0,
    }  # fmt: skip


def test_what_did_not_happen_is_not_told() -> None:
    silent = Turned(10, 10, 10, 0, 0, 0, 0, 0, 11)
    assert figures([silent])["speech_end_to_shown"] is None
    assert math.isnan(silent.bare)
    assert figures([silent])["bare_engine_first"] is None


@given(st.lists(st.floats(0, 100), min_size=1))
def test_a_spread_is_of_values_that_were_there(seconds: list[float]) -> None:
    told = spread(seconds)
    assert told is not None
    assert told["p50"] <= told["p95"]
    assert {told["p50"], told["p95"]} <= {round(one * 1000, 1) for one in seconds}


def test_a_release_is_counted_from_the_last_word_before_it() -> None:
    assert gaps([1.0, 2.0, 3.0], [0.5, 2.5, 3.0]) == [0.5, 0.0]


async def test_the_tap_passes_all_on_and_notes_each_word() -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.data(choices=[{"index": 0, "delta": {"role": "assistant", "content": None}}])
        for word in ("One", " two"):
            await asyncio.sleep(0.02)
            await exchange.say(word)
        await exchange.finish()
        await exchange.done()

    async with fake_llm() as llm, tapped(Engine(llm.url, KEY)) as tap:
        llm.script = script
        client = Client(tap.url, KEY, "fake-1", LlmPolicy())
        made = [one async for one in client.stream(Ask([Message("user", "Count.")], 5))]
        await client.close()
        [passed] = tap.passed
        assert [one.text for one in made if isinstance(one, Token)] == ["One", " two"]
        assert json.loads(passed.body)["messages"][0]["content"] == "Count."
        assert passed.asked < passed.words[0] < passed.words[1]
        assert len(passed.words) == 2
        assert await bare(Engine(llm.url, KEY), passed.body) > 0.01
        assert llm.exchanges[-1].asked == json.loads(passed.body)


def test_an_empty_content_is_no_word() -> None:
    assert worded(b'data: {"choices":[{"delta":{"content": "a"}}]}')
    assert not worded(b'data: {"choices":[{"delta":{"content":""}}]}')
    assert not worded(b'data: {"choices":[{"delta":{"role":"assistant","content":null}}]}')
