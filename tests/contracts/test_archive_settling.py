"""What every archive promises of sessions that nobody records to their end."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from streaming.archive.kept import Batch, Filter
from streaming.archive.ports import Archive
from streaming.archive.retiring import IDLE_MS, settle
from tests.archives import SESSION, entries, noise, spoken

AT = 1_000_000


async def keep(archive: Archive, name: str, last: int = AT, **changed: object) -> None:
    session = replace(SESSION, session_id=name, **changed)
    await archive.keep(Batch(session, [noise(0, 1_000)], entries(last - 4, last + 1), [spoken(1, "so far")]))


async def states(archive: Archive) -> dict[str, tuple[str, int | None]]:
    page = await archive.sessions("desk", Filter())
    return {one.session_id: (one.state, one.ended_at) for one in page.sessions}


async def test_what_is_recorded_no_further_is_closed_as_far_as_it_is_kept(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streaming.archive.settling.PAGE", 2)
    for name in ("left", "lives", "lost"):
        await keep(archive, name)
    await keep(archive, "late", AT + 1)
    await keep(archive, "done", state="closed", ended_at=7)
    asked: list[str] = []

    async def gone(sessions: Sequence[str]) -> set[str]:
        asked.extend(sessions)
        return {"left", "lost", "late", "done"}.intersection(sessions)

    assert await settle(archive, AT + 1 + IDLE_MS, gone) == ["left", "lost"]
    assert asked == ["left", "lives", "lost"]
    still = ("open", None)
    assert await states(archive) == {
        "left": ("closed", AT),
        "lost": ("closed", AT),
        "lives": still,
        "late": still,
        "done": ("closed", 7),
    }
    assert (await archive.session("desk", "left")).metadata == {"agent": "Ann"}


async def test_a_session_that_is_closed_is_recorded_on_all_the_same(archive: Archive) -> None:
    await keep(archive, "left")

    async def all_gone(sessions: Sequence[str]) -> set[str]:
        return set(sessions)

    await archive.settle(AT + 1, all_gone)
    more = replace(SESSION, session_id="left")
    assert (await archive.keep(Batch(more, [noise(1_000, 500)]))).samples == 1_500
    assert await states(archive) == {"left": ("open", None)}
