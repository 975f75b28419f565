"""Everything that can go wrong at a language model's server has a name and a message for people."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from llm.asking import Ask
from llm.engine import Engine
from llm.history import Message
from llm.making import Spoken, Token
from llm.policy import LlmPolicy
from streaming.errors import ServiceFault
from tests.contracts.fake_llm import KEY, Exchange, FakeLlm, Script, fake_llm

QUICK = LlmPolicy(first_token_s=0.3, between_tokens_s=0.3, temperature=0.0)
CHAT = [Message("system", "Be brief."), Message("user", "Tell me a story about a fox.")]


@pytest.fixture
async def fake() -> AsyncIterator[FakeLlm]:
    async with fake_llm() as fake:
        yield fake


async def all_of(engine: Engine, max_tokens: int = 8, chat: list[Message] = CHAT) -> list[Spoken]:
    return [made async for made in engine.stream(Ask(list(chat), max_tokens))]


async def faulty(fake: FakeLlm, script: Script, policy: LlmPolicy = QUICK) -> ServiceFault:
    """The fault that a client meets when the server follows `script`."""
    fake.script = script
    engine = Engine(fake.url, KEY, "", policy)
    with pytest.raises(ServiceFault) as caught:
        await all_of(engine)
    await engine.close()
    assert caught.value.close is None
    return caught.value


# ---- faults, by the fake -------------------------------------------------------------------------------------------


async def test_a_server_that_is_not_there_is_unreachable() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        engine = Engine(f"http://127.0.0.1:{nobody.getsockname()[1]}", "", "", QUICK)
        for asked in (all_of(engine), engine.models()):
            with pytest.raises(ServiceFault, match=r"at 127.0.0.1:\d+ cannot be reached") as caught:
                await asked
            assert caught.value.code == "llm_unreachable"
        await engine.close()


async def test_an_http_error_is_told_with_the_servers_message(fake: FakeLlm) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.refuse("503 Service Unavailable", "the model is loading")

    fault = await faulty(fake, script)
    assert fault.code == "llm_refused"
    assert fault.message == "the language model's server answers 503: the model is loading"


async def test_our_key_is_never_in_a_message(fake: FakeLlm) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.refuse("403 Forbidden", f"the key {KEY} has no credit")

    assert KEY not in (await faulty(fake, script)).message


async def test_an_error_within_the_stream_is_told_with_the_servers_message(fake: FakeLlm) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.say("Once")
        await exchange.data(error={"message": "out of memory", "code": 500})

    fault = await faulty(fake, script)
    assert (fault.code, fault.message) == ("llm_refused", "the language model's server says: out of memory")


async def test_no_first_word_in_time_is_a_fault_and_closes_the_request(fake: FakeLlm) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.head()
        while True:  # neither the head of a reply nor a comment is a word
            await exchange.data(choices=[{"index": 0, "delta": {"role": "assistant", "content": None}}])
            await exchange.raw(b": ping\n\n")
            await asyncio.sleep(0.05)

    fault = await faulty(fake, script)
    assert (fault.code, fault.message) == ("llm_slow", "no first word of the reply within 0.3 s")
    await asyncio.wait_for(fake.exchanges[-1].gone.wait(), 5)


async def test_a_server_that_takes_a_request_and_never_answers_is_slow_too(fake: FakeLlm) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.gone.wait()

    assert (await faulty(fake, script)).code == "llm_slow"


async def test_no_further_word_in_time_is_a_fault(fake: FakeLlm) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.say("Once")
        await exchange.gone.wait()

    fault = await faulty(fake, script, LlmPolicy(first_token_s=30, between_tokens_s=0.2))
    assert (fault.code, fault.message) == ("llm_slow", "no further word of the reply within 0.2 s")


async def test_a_slow_reader_is_not_taken_for_a_slow_server(fake: FakeLlm) -> None:
    engine = Engine(fake.url, KEY, "", LlmPolicy(first_token_s=0.5, between_tokens_s=0.2))
    got: list[Spoken] = []
    async for made in engine.stream(Ask(CHAT, 4)):
        got.append(made)
        await asyncio.sleep(0.25)
    assert len(got) == 5
    await engine.close()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"data: {not json}\n\n", "malformed"),
        (b'data: {"choices": 3}\n\n', "choices"),
        (b"data: \xff\n\n", ""),
    ],
)
async def test_what_is_no_chat_completion_is_malformed(fake: FakeLlm, body: bytes, why: str) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.raw(body)
        await exchange.done()

    fault = await faulty(fake, script)
    assert fault.code == "llm_malformed"
    assert why in fault.message


async def test_an_answer_that_is_no_stream_is_malformed(fake: FakeLlm) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.head(kind="application/json")
        await exchange.raw(b"{}")
        await exchange.end()

    fault = await faulty(fake, script)
    assert fault.code == "llm_malformed"
    assert "application/json" in fault.message


async def test_a_stream_that_breaks_off_or_ends_early_is_cut(fake: FakeLlm) -> None:
    async def broken(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.say("Once")
        await asyncio.sleep(0.05)
        exchange.cut()

    async def early(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.say("Once")
        await exchange.end()

    assert (await faulty(fake, broken)).code == "llm_cut"
    assert (await faulty(fake, early)).code == "llm_cut"


async def test_a_server_that_leaves_the_last_line_out_is_understood(fake: FakeLlm) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.say("Yes.")
        await exchange.finish()
        await exchange.end()

    fake.script = script
    engine = Engine(fake.url, KEY, "", QUICK)
    assert await all_of(engine) == [Token("Yes.")]
    await engine.close()
