"""Texts that are no part of a session: what rules and, where there is one, the judge say of them."""

import asyncio
from functools import partial

import msgspec

from moderation.model.judge import Judge, Scores
from moderation.model.windows import due
from moderation.names.asking import Namer, Naming
from moderation.screen import Screen
from streaming.examining import Examination, Examine, Examined

AT_ONCE = 16
"""Windows of a text that wait for the judge at the same time."""


async def examination(asked: bytes, screen: Screen, judge: Judge | None, namer: Namer | None = None) -> bytes:
    """The answer to `Examine`. A judge that is overloaded or away is no answer without it: what it would have found
    would count as clean. Raises Overloaded, ServiceFault."""
    question = msgspec.json.decode(asked, type=Examine)
    levels = screen.policy.levels(question.tenant)
    if screen.names and namer:
        naming = Naming(screen.names, namer, screen.policy.names_timeout_s)
        for text in question.texts:
            await naming.settled(partial(screen.names.look, text, closed=True))
    rules = [await asyncio.to_thread(ruled, screen, text) for text in question.texts]
    texts: list[Examined] = []
    for text, sure in zip(question.texts, rules, strict=True):
        scores = await _judged(judge, text) if judge else {}
        found = {*sure, *levels.found(scores)}  # what rules find is found, whatever a tenant's levels
        texts.append(Examined(scores | sure, sorted(found)))
    refs = [one.ref for one in (screen, namer, judge) if one]
    return msgspec.json.encode(Examination(texts, " ".join(refs)))


def ruled(screen: Screen, text: str) -> Scores:
    """1.0 for each category that a rule or a kind of personal data finds."""
    return {name: 1.0 for found in screen.look(text, closed=True).findings for name in found.categories}


async def _judged(judge: Judge, text: str) -> Scores:
    """The worst that is said of any part of the text: a judge sees a window, and no more of a long text."""
    out: Scores = {}
    windows = [window.of(text) for window in await asyncio.to_thread(due, text, 0, closed=True)]
    for place in range(0, len(windows), AT_ONCE):
        for scores in await judge.scores(windows[place : place + AT_ONCE]):
            out |= {name: max(score, out.get(name, 0.0)) for name, score in scores.items()}
    return out
