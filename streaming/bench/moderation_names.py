"""Names of people, as `vivavoce bench moderation` measures them: how often they are found, and what that costs."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from moderation.names import entities
from moderation.names.asking import Namer, Naming
from moderation.names.names import Names
from moderation.names.runs import read
from moderation.names.scoring import HERE, Found, Sentence, scored, sentences
from moderation.policy import ModerationPolicy
from streaming.refusal import Refusal

AT_ONCE = 16


async def names(policy: ModerationPolicy, rounds: int) -> dict[str, Any]:
    """Counts by kind of sentence, then milliseconds for each: how long one session waits, and one of AT_ONCE that ask
    together. Where spaCy is not installed: that."""
    try:
        namer = await asyncio.to_thread(entities.opened, policy.names_model)
    except Refusal as wrong:
        return {"not_measured": str(wrong)}
    try:
        rows = sentences(HERE.read_bytes())
        every = [row for some in rows.values() for row in some] * rounds
        by_kind = {kind: await judged(namer, some) for kind, some in rows.items()}
        return {
            "ref": namer.ref,
            **{kind: found.told for kind, found in by_kind.items()},
            "all": total(list(by_kind.values())).told,
            "alone_ms": [await waited(namer, [row]) for row in every],
            "together_ms": [
                await waited(namer, every[at : at + AT_ONCE])
                for at in range(0, len(every) - AT_ONCE + 1, AT_ONCE)
            ],
            "words_held": [ahead(row.text) for row in every[: len(every) // rounds]],
        }
    finally:
        await namer.close()


async def judged(namer: Namer, rows: Sequence[Sentence]) -> Found:
    """What is masked in the sentences, each by itself."""
    known = Names(namer.ref)
    naming = Naming(known, namer, timeout_s=10.0)
    for row in rows:
        await naming.settled(lambda row=row: known.look(row.text, closed=True))
    return scored(rows, lambda text: known.look(text, closed=True).findings)


def total(found: Sequence[Found]) -> Found:
    """All of them as one."""
    sums = [sum(getattr(one, name) for one in found) for name in Found.__struct_fields__]
    return Found(*sums)


async def waited(namer: Namer, rows: Sequence[Sentence]) -> float:
    """How long sessions that ask at the same time wait for all their answers."""
    since = time.perf_counter()
    await asyncio.gather(*(namer.names([row.text]) for row in rows))
    return (time.perf_counter() - since) * 1000


def ahead(text: str) -> float:
    """The most words of a text that comes word by word that are held at one time."""
    words = text.split(" ")
    texts = [" ".join(words[:size]) + " " for size in range(1, len(words))]
    return float(max((len(one[read(one, closed=False).held :].split()) for one in texts), default=0))
