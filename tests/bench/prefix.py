"""What a warm prefix is worth: time to the first token of an embedded model, cold, and once its beginning is known.

    python -m tests.bench.prefix [MODEL] [ROUNDS]

Prints JSON: medians in ms, and the tokens of the prompt.
"""

import asyncio
import json
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from llm.asking import Ask
from llm.embedded import Embedded
from llm.engine import Engine
from llm.history import Message
from llm.making import Token
from llm.policy import LlmPolicy
from streaming.bench.machine import machine
from streaming.machine import models
from streaming.parts import Usage

RULES = "Rule {n}: an order of day {n} may be sent back within {n} days, if the seal of box {n} is whole. "


async def first_token(engine: Engine, prompt: str, question: str) -> tuple[float, int]:
    """ms to the first token, and tokens of the request."""
    ask = Ask([Message("system", prompt), Message("user", question)], 4, temperature=0.0)
    since, first, tokens = time.monotonic(), 0.0, 0
    async for made in engine.stream(ask):
        if isinstance(made, Token) and not first:
            first = (time.monotonic() - since) * 1000
        elif isinstance(made, Usage):
            tokens = made.prompt_tokens
    return first, tokens


async def measure(model: str, rounds: int) -> dict[str, object]:
    """Each round has a prompt that was never seen, and asks it twice."""
    policy = LlmPolicy(model=model, first_token_s=200.0, between_tokens_s=200.0)
    server = Embedded(models.path(model), policy)
    with ThreadPoolExecutor(1) as thread:
        engine = Engine(*thread.submit(server.start).result(), model, policy)
    cold: list[float] = []
    warm: list[float] = []
    tokens = 0
    await first_token(engine, "Be brief.", "Hello.")
    for round_ in range(rounds):
        prompt = f"Shop {round_}. " + "".join(RULES.format(n=n) for n in range(1, 11))
        wait, tokens = await first_token(engine, prompt, "How long for box 3?")
        cold.append(wait)
        wait, _ = await first_token(engine, prompt, "And for box 5?")
        warm.append(wait)
    await engine.close()
    server.stop()
    return {
        "model": model,
        "prompt_tokens": tokens,
        "cold_first_token_ms": round(statistics.median(cold)),
        "warm_first_token_ms": round(statistics.median(warm)),
        "rounds": rounds,
    }


if __name__ == "__main__":
    chosen = sys.argv[1] if len(sys.argv) > 1 else "qwen2.5-coder-0.5b"
    found = asyncio.run(measure(chosen, int(sys.argv[2]) if len(sys.argv) > 2 else 3))
    print(json.dumps({**machine(), **found}))
