"""A guard model on a server as a `Judge`: requests, time-outs, and a breaker that leaves a broken server alone."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from moderation.guard.policy import Author, GuardPolicy
from moderation.guard.shapes import (
    Messages,
    Question,
    Scores,
    Unreadable,
    questions,
    read,
    read_results,
    said,
    strongest,
)
from streaming.errors import ServiceFault

CONNECT_S: Final = 1.0
TOKENS: Final = 64
"""Of an answer: a label and a few categories."""


class Guard:
    """See `moderation.model.judge.Judge`. One event loop; `close` when done."""

    def __init__(self, policy: GuardPolicy, clock: Callable[[], float] = time.monotonic) -> None:
        self._policy = policy
        self._clock = clock
        host = urlsplit(policy.url).hostname or ""
        self._ref = f"{policy.model or policy.shape}@{host}"
        self._http = httpx.AsyncClient(
            base_url=policy.url.rstrip("/") + "/",
            headers={"Authorization": f"Bearer {policy.key}"} if policy.key else {},
            timeout=httpx.Timeout(policy.timeout_s, connect=min(CONNECT_S, policy.timeout_s)),
            trust_env=host not in ("127.0.0.1", "::1", "localhost"),  # no proxy before our own machine
        )
        self._room = asyncio.Semaphore(policy.at_once)
        self._failed = 0
        self._not_before = 0.0

    @property
    def ref(self) -> str:
        """`model@host`: a server tells no hash."""
        return self._ref

    async def scores(self, texts: Sequence[str], by: Author = "user") -> list[Scores]:
        """See `Judge`: only categories that the guard knows, and saw something of or was asked about.

        Raises:
            ServiceFault: it is away, late, answers nonsense, or is left alone because it was (`guard_away`).
        """
        if not texts:
            return []
        if self._clock() < self._not_before:
            raise ServiceFault("guard_away", "The guard model failed a moment ago and is left alone for now.")
        try:
            async with asyncio.timeout(self._policy.timeout_s):
                found = await self._ask(texts, by)
        except (httpx.HTTPError, TimeoutError, ValueError) as wrong:
            self._failed += 1
            if self._failed >= self._policy.failures:
                self._not_before, self._failed = self._clock() + self._policy.rest_s, 0
            why = str(wrong) if isinstance(wrong, Unreadable) else type(wrong).__name__
            raise ServiceFault("guard_away", f"The guard model {self._ref} gave no verdict: {why}.") from None
        self._failed = 0
        return found

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.aclose()

    async def _ask(self, texts: Sequence[str], by: Author) -> list[Scores]:
        if self._policy.shape == "openai":
            asked: dict[str, Any] = {"input": list(texts)}
            if self._policy.model:
                asked["model"] = self._policy.model
            return read_results(await self._post("moderations", asked), len(texts))
        every = questions(self._policy.shape)
        try:
            async with asyncio.TaskGroup() as tasks:
                answers = [
                    tasks.create_task(self._answer(said(text, by), one)) for text in texts for one in every
                ]
        except ExceptionGroup as several:
            raise several.exceptions[0] from None
        found = [answer.result() for answer in answers]
        return [strongest(found[at : at + len(every)]) for at in range(0, len(found), len(every))]

    async def _answer(self, messages: Messages, question: Question) -> Scores:
        extra, of = question
        asked = {
            "model": self._policy.model,
            "messages": messages,
            "temperature": 0,
            "max_tokens": TOKENS,
            **extra,
        }
        body = await self._post("chat/completions", asked)
        try:
            answer = body["choices"][0]["message"]["content"]
        except (KeyError, IndexError, TypeError):
            raise Unreadable("no message in the answer") from None
        if not isinstance(answer, str):
            raise Unreadable("no words in the answer")
        return read(self._policy.shape, answer, of)

    async def _post(self, path: str, asked: dict[str, Any]) -> Any:
        async with self._room:
            answer = await self._http.post(path, json=asked)
        answer.raise_for_status()
        return answer.json()
