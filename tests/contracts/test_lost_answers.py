"""An answer of Redis that never came: what was done is not done again."""

from typing import Any

import pytest

from streaming import keys
from streaming.bus import Bus
from streaming.errors import BusDown
from tests.sessions import SID, claimed, made

HEARD = keys.heard(SID)


async def test_a_commit_whose_answer_was_lost_is_done_once(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    await made(bus)
    lease = await claimed(bus)
    run, lost = bus.run, list[str]()

    async def unanswered(script: str, *words: Any) -> Any:
        reply = await run(script, *words)
        if len(lost) < 2 and script == "commit":
            lost.append(script)
            raise BusDown("the connection broke")
        return reply

    monkeypatch.setattr(bus, "run", unanswered)
    ids = await lease.commit(b"1", appends=[(HEARD, b"a"), (HEARD, b"b")])
    assert len(lost) == 2
    assert [(entry.id, entry.body) for entry in await bus.read(HEARD)] == list(
        zip(ids, (b"a", b"b"), strict=True)
    )
    await lease.commit(b"2", appends=[(HEARD, b"c")])
    assert [entry.body for entry in await bus.read(HEARD)] == [b"a", b"b", b"c"]
