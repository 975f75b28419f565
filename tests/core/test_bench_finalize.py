"""What the bench takes for the answer to its finalize."""

import asyncio
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from streaming.bench import native
from streaming.bench.native import Vivavoce
from streaming.events import SessionEnded, TurnEnded, TurnReason


class Turning:
    """A client of a server that ends a turn by itself at the first sound of each clip, and another when asked, after
    `late_s`; `odd`: by itself then, too."""

    def __init__(self, late_s: float, odd: bool) -> None:
        self._late_s = late_s
        self._asked: TurnReason = "silence" if odd else "finalize"
        self._said = asyncio.Queue[Any]()
        self._fresh = True

    async def __aenter__(self) -> "Turning":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def _end(self, reason: TurnReason) -> None:
        self._said.put_nowait(TurnEnded(1, 0, [1], reason))

    def feed(self, _: bytes) -> None:
        if self._fresh:
            self._fresh = False
            self._end("silence")

    def finalize(self) -> None:
        asyncio.get_running_loop().call_later(self._late_s, self._end, self._asked)

    def end(self) -> None:
        self._said.put_nowait(SessionEnded("client", []))
        self._said.put_nowait(None)

    async def __aiter__(self):
        while event := await self._said.get():
            yield SimpleNamespace(event=event)


@pytest.mark.parametrize(("odd", "count"), [(False, 1), (True, 0)])
async def test_a_turn_that_ended_by_itself_is_no_answer_to_a_finalize(
    monkeypatch: pytest.MonkeyPatch, odd: bool, count: int
) -> None:
    monkeypatch.setattr(native, "Client", lambda *_, **__: Turning(0.2, odd))
    monkeypatch.setattr(native, "BETWEEN_S", 0.1)
    heard = await Vivavoce("http://x", None, "en").finalize([np.zeros(3_200, np.int16)])
    assert [late >= 0.2 for late in heard.finals] == [True] * count
