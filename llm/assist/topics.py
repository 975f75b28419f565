"""What is talked about, by meaning: a final's sentence vector beside those of a topic's examples."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn, TypeAlias

import numpy as np
from numpy.typing import NDArray

from llm.assist.items import Found, Put
from streaming.events import TranscriptFinal

Vectors: TypeAlias = NDArray[np.float32]
Embed: TypeAlias = Callable[[Sequence[str]], Vectors]
"""Normalised vectors of sentences, (n, dimensions); it blocks."""

FEWEST = 4
"""Words: fewer have too little meaning of their own."""


class Topics:
    """Topics by name, with their examples. It blocks when it is made."""

    def __init__(self, examples: Mapping[str, Sequence[str]], embed: Embed, likeness: float) -> None:
        self._embed = embed
        self._likeness = likeness
        self._of = [name for name, sentences in examples.items() for _ in sentences]
        self._known = embed([sentence for sentences in examples.values() for sentence in sentences])

    def about(self, text: str) -> list[str]:
        """The topics of `text`, the nearest first. It blocks."""
        if len(text.split()) < FEWEST or not self._of:
            return []
        near = self._known @ self._embed([text])[0]
        best: dict[str, float] = {}
        for name, likeness in zip(self._of, near.tolist(), strict=True):
            best[name] = max(best.get(name, -1.0), likeness)
        ranked = sorted(best.items(), key=lambda one: -one[1])
        return [name for name, likeness in ranked if likeness >= self._likeness]

    async def follow(self, said: asyncio.Queue[TranscriptFinal], put: Put) -> NoReturn:
        """The topics of all that is said, in a thread of its own: nothing waits for them."""
        while True:
            final = await said.get()
            found = await asyncio.to_thread(self.about, final.text)
            if found:
                await put(Found(found, final))
