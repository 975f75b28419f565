"""LoRA adapters at the embedded engine: real weights, two tiny adapters made on the spot."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from llm.asking import Ask
from llm.embedded import Embedded
from llm.flavours.opening import Opened, Weights, close, open_flavours
from llm.flavours.policy import AdapterPolicy, FlavourPolicy
from llm.flavours.router import Router
from llm.history import Message
from llm.making import Decided, Token
from llm.policy import LlmPolicy
from streaming.errors import ServiceFault
from streaming.machine import models
from streaming.refusal import Refusal
from tests.tiny_lora import tiny_lora

pytestmark = pytest.mark.models

SMALL = "smollm2-135m"
ASK = Ask([Message("user", "What is the capital of France?")], 8, temperature=0.0)


def weights() -> dict[str, Weights]:
    return {SMALL: Weights(models.path(SMALL), models.digest(SMALL))}


def settings(**adapters: AdapterPolicy) -> LlmPolicy:
    return LlmPolicy(
        flavours={"small": FlavourPolicy(model=SMALL)},
        adapters=adapters,
        slots=4,
        context=256,
        temperature=0.0,
    )


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[list[Opened]]:
    files = {name: tiny_lora(tmp_path / f"{name}.gguf", seed) for seed, name in enumerate(("acme", "bolt"))}
    adapters = {name: AdapterPolicy(file=str(file)) for name, file in files.items()}
    opened = await open_flavours(settings(**adapters), weights())
    yield opened
    await close(opened)


async def answer(router: Router, ask: Ask) -> tuple[str, str]:
    """The text, and who made it."""
    text, made_by = "", ""
    async for made in router.stream(ask):
        if isinstance(made, Token):
            text += made.text
        elif isinstance(made, Decided):
            made_by = made.made_by
    return text, made_by


async def test_two_adapters_and_none_answer_differently_at_the_same_time_and_the_plain_answer_is_the_models_own(
    opened: list[Opened], tmp_path: Path
) -> None:
    router = Router([one.flavour for one in opened])
    asks = [replace(ASK, adapter=name) for name in ("", "acme", "bolt", "")]
    plain, acme, bolt, again = await asyncio.gather(*(answer(router, ask) for ask in asks))
    assert len({plain[0], acme[0], bolt[0]}) == 3
    assert plain == again
    model = f"{SMALL}@{models.digest(SMALL)[:16]}"
    files = {
        name: hashlib.sha256((tmp_path / f"{name}.gguf").read_bytes()).hexdigest()
        for name in ("acme", "bolt")
    }
    assert plain[1] == model
    assert acme[1] == f"{model} acme@{files['acme'][:16]}"
    assert bolt[1] == f"{model} bolt@{files['bolt'][:16]}"
    assert [served.hash for served in opened[0].served if served.role == "adapter"] == list(files.values())
    # After the adapters were used the model alone answers as one that has none.
    bare = await open_flavours(settings(), weights())
    assert (await answer(Router([bare[0].flavour]), ASK))[0] == plain[0]
    assert await answer(router, replace(ASK, adapter="acme")) == acme
    await close(bare)


async def test_what_was_read_through_one_adapter_is_not_taken_for_what_another_would_have_read(
    tmp_path: Path,
) -> None:
    files = [tiny_lora(tmp_path / f"{seed}.gguf", seed) for seed in (0, 1)]
    policy = LlmPolicy(slots=1, context=512)
    embedded = Embedded(models.path(SMALL), policy, files)
    url, key = await asyncio.to_thread(embedded.start)
    lamps, bread = (f"You sell {what}, and are glad to tell of them. " * 12 for what in ("lamps", "bread"))
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=60) as http:

        async def kept(prompt: str, adapter: int) -> int:
            """Tokens of the prompt that were not read again."""
            scales = [{"id": place, "scale": float(place == adapter)} for place in (0, 1)]
            asked = {"messages": [Message("user", prompt)], "max_tokens": 2, "lora": scales}
            answer = await http.post(f"{url}/chat/completions", content=msgspec.json.encode(asked))
            return answer.json()["timings"]["cache_n"]

        assert await kept(lamps, 0) == 0
        assert await kept(lamps, 0) > 100
        assert await kept(bread, 1) == 0
        assert await kept(lamps, 1) < 40  # what the template says before them, read for the bread
    await asyncio.to_thread(embedded.stop)


async def test_an_adapter_that_is_another_file_or_none_or_broken_is_told_at_the_start(tmp_path: Path) -> None:
    file = tiny_lora(tmp_path / "x.gguf", 1)
    with pytest.raises(
        Refusal, match=r"llm.adapters.x: .*x.gguf is another file: its SHA-256 is [0-9a-f]{64}"
    ):
        await open_flavours(settings(x=AdapterPolicy(file=str(file), hash="0" * 64)), weights())
    with pytest.raises(Refusal, match=r"away.gguf cannot be read: No such file"):
        await open_flavours(settings(x=AdapterPolicy(file=str(tmp_path / "away.gguf"))), weights())
    file.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ServiceFault, match=r"cannot be loaded as a language model with .*x.gguf"):
        await open_flavours(settings(x=AdapterPolicy(file=str(file))), weights())
