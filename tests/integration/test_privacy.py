"""A card number, spoken, typed or generated, is nowhere a second later: no event, no log line, no key of Redis."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from streaming import keys
from streaming.bus import Bus
from streaming.events import ModerationVerdict, ReplyDone, SessionEnded, TranscriptFinal, TranscriptPartial
from tests import speech
from tests.contracts.fake_llm import KEY, Exchange, FakeLlm, fake_llm
from tests.conversation import Conversation
from tests.stack import Stack

pytestmark = [pytest.mark.models, pytest.mark.slow]

SHORT = 7
"""So many digits of the number in a row are too many to be an accident of ids and times."""

CARD = "4532015112830366"
"""Passes Luhn's check, and belongs to nobody, as does `speech.CARD`, which is dictated: it has no digit twice in a row,
and so is heard right."""

WRITTEN = ["4532 0151 1283 0366", "4532-0151-1283-0366", CARD]
AS_WORDS = "four five three two, oh one five one, one two eight three, zero three double six"


def digits(text: str) -> str:
    """`text` with digit words as digits, and all that may stand between digits left out."""
    text = re.sub(r"\bdouble (\w+)", r"\1 \1", text.lower()).replace("oh", "zero")
    for value, word in enumerate(speech.DIGITS):
        text = re.sub(rf"\b{word}\b", str(value), text)
    return re.sub(r"[\s.,\-]+", "", text)


def holds_card(text: str) -> bool:
    """Whether a tell-tale part of a number stands in `text`."""
    found = digits(text)
    parts = [card[at : at + SHORT] for card in (CARD, speech.CARD) for at in range(len(card) - SHORT + 1)]
    return any(part in found for part in parts)


async def dump(bus: Bus) -> dict[str, str]:
    """Everything that Redis holds, as text, by key; sound aside, which is no text."""
    found: dict[str, str] = {}
    for name in await bus.call("KEYS", "*"):
        key = name.decode()
        kind = (await bus.call("TYPE", name)).decode()
        read: dict[str, tuple[str, ...]] = {
            "stream": ("XRANGE", key, "-", "+"),
            "hash": ("HGETALL", key),
            "string": ("GET", key),
            "set": ("SMEMBERS", key),
            "zset": ("ZRANGE", key, "0", "-1"),
        }
        if not key.endswith(":audio"):
            found[key] = flat(await bus.call(*read[kind]))
    return found


def flat(reply: Any) -> str:
    """A reply as text, a line a value."""
    if isinstance(reply, list):
        return "\n".join(map(flat, reply))
    return reply.decode("utf-8", "replace") if isinstance(reply, bytes) else str(reply)


@pytest.fixture
async def guarded(own_redis_url: str, tmp_path: Any) -> AsyncIterator[tuple[Stack, FakeLlm]]:
    """The real service; its language model is a fake that says what a test wants generated."""
    async with fake_llm() as fake:
        model = {"VIVAVOCE_LLM__URL": fake.url, "VIVAVOCE_LLM__KEY": KEY}
        stack = Stack(own_redis_url, tmp_path, model)
        stack.start()
        try:
            await asyncio.to_thread(stack.await_ready)
            yield stack, fake
        finally:
            await asyncio.to_thread(stack.stop)
            stack.close()


async def leaks(stack: Stack, talk: Conversation) -> list[str]:
    """Where the number is, one second after the last event."""
    await asyncio.sleep(1)
    bus = Bus(stack.redis_url)
    try:
        places = await dump(bus)
    finally:
        await bus.close()
    assert keys.events(talk.client.session_id) in places
    places["events as sent"] = "\n".join(arrival.message.raw for arrival in talk.arrivals)
    places["logs"] = stack.log()
    return [
        f"{place}: {line}" for place, text in places.items() for line in text.split("\n") if holds_card(line)
    ]


async def repeat(exchange: Exchange) -> None:
    """The number in tokens that cut it anywhere, then in words, letter by letter."""
    await exchange.head()
    for token in ("Sure: ", "4", "5", "32 0", "151", " 12", "83 036", "6", " is", " it, or ", *AS_WORDS, "."):
        await exchange.say(token)
    await exchange.finish()
    await exchange.usage()
    await exchange.done()


async def test_a_card_number_is_nowhere_once_it_has_its_verdict(guarded: tuple[Stack, FakeLlm]) -> None:
    stack, fake = guarded
    fake.script = repeat
    async with Conversation(stack.url, "chat", language="en") as talk:
        for n, written in enumerate([*WRITTEN, AS_WORDS], start=1):
            talk.client.text(f"My card is {written}, please.")
            await talk.until(ReplyDone, n)
        await talk.play(speech.join(0.3, speech.dictated(), 1.5))
        done = await talk.until(ReplyDone, 5)
        leaking = await leaks(stack, talk)
        talk.client.end()
        await talk.until(SessionEnded)

    assert leaking == []
    finals = talk.all(TranscriptFinal)
    assert ["[card number]" in final.text for final in finals] == [True] * 5
    assert [done.text.count("[card number]") for done in done] == [2] * 5
    asked = [str(exchange.asked["messages"]) for exchange in fake.exchanges if "messages" in exchange.asked]
    assert [holds_card(text) for text in asked] == [False] * 5
    verdicts = [v for v in talk.all(ModerationVerdict) if v.action == "redact"]
    assert len(verdicts) == 5 + 2 * 5
    assert any("•" in partial.text for partial in talk.all(TranscriptPartial))
