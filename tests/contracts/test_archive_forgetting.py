"""What every archive promises to whoever wants something forgotten."""

import logging
import os

import msgspec
import pytest

from streaming.archive.kept import Batch, Filter, Note
from streaming.archive.sealing import Damaged
from streaming.archive.store import Store
from streaming.errors import ClientFault, ServiceFault
from tests.archives import SESSION, entries, noise, spoken, texts

OTHER = msgspec.structs.replace(SESSION, session_id="a", metadata={})
"""Its id is the beginning of the one that is forgotten."""


async def filled(archive: Store) -> None:
    """Two sessions that say the same."""
    for session in (SESSION, OTHER):
        lines = [spoken(1, "a secret word"), spoken(2, "and another")]
        await archive.keep(Batch(session, [noise(0, 1_000)], entries(1, 9), lines))
        await archive.annotate("desk", session.session_id, Note(0, "note", "Ann", 5, text="noted"))
        await archive.cache("desk", session.session_id, "peaks", b"peaks")


async def pieces(archive: Store, session_id: str = "") -> list[str]:
    return [stored.name async for stored in archive.vault.blobs.list(session_id)]


async def test_a_forgotten_session_is_nowhere_and_others_stay(archive: Store) -> None:
    await filled(archive)
    tombstone = await archive.forget("desk", "a1", by="Ann")
    assert (tombstone.session_id, tombstone.state, tombstone.metadata) == ("a1", "forgotten", {})
    for read in (
        archive.session("desk", "a1"),
        archive.notes("desk", "a1"),
        archive.cached("desk", "a1", "peaks"),
        anext(archive.sound("desk", "a1")),
        anext(archive.log("desk", "a1")),
        archive.forget("desk", "a1"),
    ):
        with pytest.raises(ClientFault) as told:
            await read
        assert told.value.code == "unknown_session"
    assert [one.session_id for one in (await archive.sessions("desk", Filter())).sessions] == ["a"]
    assert [hit.session.session_id for hit in (await archive.search("desk", "secret", Filter())).hits] == [
        "a"
    ]
    assert await pieces(archive, "a1") == []
    assert len(await pieces(archive)) == 3
    assert len(await archive.notes("desk", "a")) == 1
    assert await archive.cached("desk", "a", "peaks") == b"peaks"


async def test_whoever_still_records_a_forgotten_session_is_told_to_stop(archive: Store) -> None:
    await filled(archive)
    await archive.forget("desk", "a1")
    with pytest.raises(ClientFault) as told:
        await archive.keep(Batch(SESSION, [noise(1_000, 1_000)]))
    assert told.value.code == "forgotten"
    assert await pieces(archive, "a1") == []


async def test_a_step_that_meets_a_forget_leaves_nothing(archive: Store) -> None:
    """The session is forgotten when the step's pieces are written and its rows are not."""
    await filled(archive)
    put, blobs = archive.vault.blobs.put, archive.vault.blobs

    async def meet(name: str, content: bytes) -> None:
        await put(name, content)
        blobs.put = put
        await archive.forget("desk", "a1")
        await put(name, content)  # as if it had been written only now

    blobs.put = meet
    with pytest.raises(ClientFault) as told:
        await archive.keep(Batch(SESSION, [noise(1_000, 1_000)]))
    assert told.value.code == "forgotten"
    assert await pieces(archive, "a1") == []


async def test_a_first_step_that_comes_after_a_forget_leaves_nothing(archive: Store) -> None:
    """Two recorders begin a session; the slower one writes its rows when it is forgotten already."""
    put, blobs = archive.vault.blobs.put, archive.vault.blobs

    async def meet(name: str, content: bytes) -> None:
        blobs.put = put
        await archive.keep(Batch(SESSION, [noise(0, 10)]))
        await archive.forget("desk", "a1")
        await put(name, content)

    blobs.put = meet
    with pytest.raises(ClientFault) as told:
        await archive.keep(Batch(SESSION, [noise(0, 1_000)]))
    assert told.value.code == "forgotten"
    assert await pieces(archive, "a1") == []


async def test_a_forget_that_was_cut_off_is_finished_by_the_next(archive: Store) -> None:
    await filled(archive)
    erased: list[str] = []

    async def away(_: str) -> None:
        raise ServiceFault("bus_down", "Redis is away")

    async def erase(session_id: str) -> None:
        erased.append(session_id)

    archive.vault.erase_live = away
    with pytest.raises(ServiceFault, match="Redis is away"):
        await archive.forget("desk", "a1")
    with pytest.raises(ClientFault):
        await archive.session("desk", "a1")
    assert await texts(archive, "secret") == ["a secret word"]
    archive.vault.erase_live = erase
    assert (await archive.forget("desk", "a1")).state == "forgotten"
    assert erased == ["a1"]
    assert await pieces(archive, "a1") == []


async def test_what_is_left_of_a_forgotten_session_is_told(archive: Store) -> None:
    await filled(archive)
    drop = archive.vault.blobs.drop

    async def nothing(session_id: str) -> None:
        assert session_id == "a1"

    archive.vault.blobs.drop = nothing
    with pytest.raises(ServiceFault) as told:
        await archive.forget("desk", "a1")
    assert told.value.code == "forget_unfinished"
    assert "a1/" in told.value.message
    archive.vault.blobs.drop = drop
    assert await archive.expire({}) == ["a1"]


async def test_sessions_expire_by_tenant(archive: Store, caplog: pytest.LogCaptureFixture) -> None:
    for at, tenant in enumerate(["desk", "desk", "lab", "lab"]):
        kept = msgspec.structs.replace(SESSION, session_id=f"s{at}", tenant=tenant, ended_at=1_000 + at)
        await archive.keep(Batch(kept, [noise(0, 10)]))
    goes_on = msgspec.structs.replace(SESSION, started_at=1)  # days ago, and still open
    await archive.keep(Batch(goes_on, [noise(0, 10)]))
    erase = archive.vault.erase_live

    async def fails(session_id: str) -> None:
        if session_id == "s2":
            raise ServiceFault("bus_down", "Redis is away")

    archive.vault.erase_live = fails
    with caplog.at_level(logging.WARNING):
        assert await archive.expire({"desk": 1_001, "*": 9_000}) == ["s0", "s3"]
    assert "could not be forgotten" in caplog.text
    archive.vault.erase_live = erase
    assert await archive.expire({}) == ["s2"]
    assert {one.session_id for one in (await archive.sessions("desk", Filter())).sessions} == {"s1", "a1"}


async def test_a_session_whose_key_is_lost_can_be_forgotten(archive: Store) -> None:
    await filled(archive)
    async with archive.vault.index.database.transaction("a1") as work:
        await work.fetch("UPDATE secret SET wrapped = $2 WHERE session_id = $1", "a1", os.urandom(60))
    with pytest.raises(Damaged, match="key of session a1"):
        await archive.session("desk", "a1")
    assert (await archive.forget("desk", "a1")).state == "forgotten"
