"""How well questions are answered from documents: right with the right source, and refused where nothing is said.

    python -m tests.bench.grounded_answers --model qwen2.5-coder-0.5b|none --rows rows.jsonl [--seconds 200]

The documents and questions are in `grounded/`. Every question is asked alone, of the same code that answers in a
session. Each row is written when it is there; called again, it goes on where it stopped. When all are there the figures
are printed as JSON, for the half that thresholds were tuned on and for the half that was held out.

An answer is right when it says one of the expected facts and one of its citations is of the expected document and has
the words that it rests on. Of a question that the documents do not answer, only saying so is right.
"""

import argparse
import asyncio
import json
import sys
import time
import tomllib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from llm.answering import Cited, Said, answer
from llm.desk import Desks
from llm.flavours.opening import Opened, Weights, close, open_flavours
from llm.flavours.router import Router
from llm.grounding.terms import words
from llm.history import Turn
from llm.making import Made, Token
from llm.policy import LlmPolicy
from llm.retrieval.building import Watcher, build
from llm.retrieval.cabinet import Cabinet
from llm.retrieval.embedding import MiniLm
from llm.retrieval.local import Library
from streaming.facts import SessionConfig
from streaming.machine import models

HERE = Path(__file__).parent / "grounded"


class Silent:
    """A model that writes nothing: what is right then is right by the sentences themselves."""

    made_by = "none"

    async def stream(self, ask: Any) -> AsyncGenerator[Made]:
        for made in ():
            yield made


def questions() -> list[dict[str, Any]]:
    return tomllib.loads((HERE / "questions.toml").read_text("utf-8"))["questions"]


def says(text: str, facts: list[str]) -> bool:
    """One of the facts stands in the text, as words in a row."""
    said = f" {' '.join(words(text))} "
    return any(f" {' '.join(words(fact))} " in said for fact in facts)


def judged(question: dict[str, Any], row: dict[str, Any], refusal: str) -> str:
    """What became of a question, in one word."""
    refused = row["text"] == refusal
    if "gold" not in question:
        return "refused" if refused else "made_up"
    if refused:
        if question["gold"] not in row["found"]:
            return "not_found"
        return "refused_without_asking" if row["asked"] == "" else "refused_after_asking"
    cited = any(
        one["document"] == question["document"] and question["gold"] in one["quote"]
        for one in row["citations"]
    )
    right = says(row["text"], question["facts"])
    return "right" if right and cited else "wrong_citation" if right else "wrong_answer"


async def asked(question: dict[str, Any], router: Any, policy: LlmPolicy, desk: Any) -> dict[str, Any]:
    """One question's row."""
    turns = [Turn(1, question["ask"])]
    sources = await desk.grounding.look(turns)
    written: list[str] = []

    class Listening:
        made_by = ""

        async def stream(self, ask: Any) -> AsyncGenerator[Made]:
            async with aclosing(router.stream(ask)) as stream:
                async for made in stream:
                    if isinstance(made, Token):
                        written.append(made.text)
                    yield made

    text, citations, since = "", [], time.monotonic()
    async for made in answer(Listening(), policy, desk, Said(turns)):
        if isinstance(made, Token):
            text += made.text
        elif isinstance(made, Cited):
            citations = made.citations
    return {
        "ask": question["ask"],
        "text": text,
        "asked": "".join(written),
        "found": "\n".join(passage.text for passage in sources.passages),
        "citations": [{"document": one.document.rsplit("/")[-1], "quote": one.quote} for one in citations],
        "ms": round((time.monotonic() - since) * 1000),
    }


async def run(options: argparse.Namespace) -> None:
    home = options.rows.parent / "indexes"
    build(Cabinet(home), ("default", "lumenta"), [HERE / "documents"], MiniLm(1), Watcher())
    policy = LlmPolicy(model=options.model, slots=1, context=2048, max_tokens=96, index="lumenta", nice=0)
    policy = replace(policy, first_token_s=220.0, between_tokens_s=220.0, threads=2)
    policy = replace(policy, routing=replace(policy.routing, patience_s=220.0))
    policy = replace(policy, grounding=replace(policy.grounding, within_ms=5000.0))
    library = Library(home, MiniLm)
    desk = await Desks(policy, library).open(SessionConfig(session_id="bench", mode="chat"))
    opened: list[Opened] = []
    if options.model != "none":
        weights = {options.model: Weights(models.path(options.model), models.digest(options.model))}
        opened = await open_flavours(policy, weights)
    router = Router([one.flavour for one in opened]) if opened else Silent()
    done = rows(options.rows)
    try:
        deadline = time.monotonic() + options.seconds
        for question in questions():
            if question["ask"] not in done and time.monotonic() < deadline:
                row = await asked(question, router, policy, desk)
                done[row["ask"]] = row
                with options.rows.open("a") as file:
                    file.write(json.dumps(row) + "\n")
    finally:
        await close(opened)
        library.close()
    report(options.model, done, policy)


def rows(file: Path) -> dict[str, dict[str, Any]]:
    if not file.exists():
        return {}
    return {row["ask"]: row for row in map(json.loads, file.read_text().splitlines())}


def report(model: str, done: dict[str, dict[str, Any]], policy: LlmPolicy) -> None:
    """The figures so far."""
    halves: dict[str, dict[str, int]] = {"tuned": {}, "held_out": {}}
    recall = {"tuned": [0, 0], "held_out": [0, 0]}
    for place, question in enumerate(questions()):
        row = done.get(question["ask"])
        if row is None:
            continue
        half = "held_out" if place % 2 else "tuned"
        became = judged(question, row, policy.grounding.refusal)
        halves[half][became] = halves[half].get(became, 0) + 1
        if "gold" in question:
            recall[half][0] += question["gold"] in row["found"]
            recall[half][1] += 1
        if became not in ("right", "refused"):
            print(f"{became}: {question['ask']} | {row['asked']!r} | {row['text']!r}", file=sys.stderr)
    out: dict[str, Any] = {"model": model, "questions": len(questions()), "asked": len(done)}
    for half, kinds in halves.items():
        refusable = kinds.get("refused", 0) + kinds.get("made_up", 0)
        out[half] = {
            "right": round(kinds.get("right", 0) / max(1, recall[half][1]), 3),
            "refused_rightly": round(kinds.get("refused", 0) / max(1, refusable), 3),
            "recall_in_prompt": round(recall[half][0] / max(1, recall[half][1]), 3),
            "kinds": dict(sorted(kinds.items())),
        }
    print(json.dumps(out, indent=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=200.0)
    asyncio.run(run(parser.parse_args()))
