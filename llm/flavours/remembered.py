"""Answers that are given again to the very same question. Pure: time is an argument (s of a clock that only grows).

A question is the same when everything is that an answer is made from: the tenant, the index, the model's file, the
adapter, all messages (prompt, passages and question), the schema, and how it is sampled. So none crosses tenants, and a
new index or model begins anew. Kept text is what the engine wrote: whoever is given it moderates it like any other.
"""

import hashlib
from collections import OrderedDict
from typing import NamedTuple

import msgspec

from llm.asking import Ask
from llm.flavours.policy import AnswersPolicy


class Remembered(NamedTuple):
    """An answer, and when it was made."""

    text: str
    at: float


def key(ask: Ask, ref: str) -> bytes:
    """What makes a question the same: a SHA-256, so that no question is kept. `ref`: the flavour's and adapter's."""
    parts = (
        ask.tenant,
        ask.grounds,
        ref,
        ask.messages,
        ask.schema,
        ask.max_tokens,
        ask.temperature,
        ask.sampling,
    )
    return hashlib.sha256(msgspec.json.encode(parts)).digest()


class Answers:
    """The newest answers. When it is full the one that was asked for longest ago goes."""

    def __init__(self, policy: AnswersPolicy) -> None:
        self._policy = policy
        self._kept: OrderedDict[bytes, Remembered] = OrderedDict()
        self._size = 0

    def find(self, key: bytes, now: float) -> Remembered | None:
        """The answer to the same question, unless it is too old."""
        found = self._kept.get(key)
        if found is None:
            return None
        if now - found.at >= self._policy.ttl_s:
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return found

    def keep(self, key: bytes, answer: Remembered) -> None:
        """Keep a whole answer; one that is larger than all room is not kept."""
        self._drop(key)
        size, most = _size(answer), self._policy.most_kb * 1024
        if not answer.text or size > most:
            return
        self._kept[key] = answer
        self._size += size
        while len(self._kept) > self._policy.most or self._size > most:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: bytes) -> None:
        gone = self._kept.pop(key, None)
        self._size -= _size(gone) if gone else 0


def _size(answer: Remembered) -> int:
    return len(answer.text.encode(errors="replace"))
