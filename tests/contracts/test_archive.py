"""What every archive promises to the recorder and to readers, over each index and each kind of blobs."""

import asyncio

import msgspec
import pytest

from streaming.archive.kept import Batch, Filter, Note, Progress, Sound
from streaming.archive.ports import Archive
from streaming.errors import ClientFault, ServiceFault
from tests.archives import SESSION, entries, log_of, noise, sound_of, spoken, texts


async def test_what_was_kept_is_read_sample_for_sample_and_byte_for_byte(archive: Archive) -> None:
    first, second = noise(0, 500_000), noise(500_000, 7)
    assert await archive.keep(Batch(SESSION, [first], entries(1, 50))) == Progress(500_000, "49-1")
    closed = msgspec.structs.replace(SESSION, state="closed", ended_at=9_000, duration_ms=31_250)
    assert await archive.keep(Batch(closed, [second], entries(50, 60))) == Progress(500_007, "59-2")
    assert await sound_of(archive) == first.pcm + second.pcm
    assert await log_of(archive) == entries(1, 60)
    pieces = [one async for one in archive.sound("desk", "a1")]
    assert max(one.end - one.begin for one in pieces) <= 480_000
    kept = await archive.session("desk", "a1")
    assert kept.size > 0
    assert msgspec.structs.replace(kept, size=0) == closed


async def test_any_stretch_of_sound_and_log_can_be_read(archive: Archive) -> None:
    whole = noise(0, 100_000)
    for begin in range(0, 100_000, 25_000):
        part = Sound(begin, 2, whole.pcm[begin * 4 : (begin + 25_000) * 4])
        await archive.keep(Batch(SESSION, [part], entries(begin // 1000 + 1, begin // 1000 + 26)))
    for begin, end in (
        (0, 10),
        (24_990, 25_010),
        (60_000, 100_000),
        (99_999, 200_000),
        (100_000, None),
        (5, 5),
    ):
        assert await sound_of(archive, begin, end) == whole.pcm[begin * 4 : None if end is None else end * 4]
    assert await log_of(archive, "50-2") == entries(51, 101)
    assert await log_of(archive, "100-1") == []


async def test_a_batch_that_is_kept_again_changes_nothing(archive: Archive) -> None:
    batches = [
        Batch(SESSION, [noise(0, 4_000)], entries(1, 5), [spoken(1, "hello there")]),
        Batch(msgspec.structs.replace(SESSION, words=9), [noise(4_000, 4_000)], entries(5, 9)),
    ]
    for batch in batches:
        await archive.keep(batch)
    before = (await archive.session("desk", "a1"), await sound_of(archive), await log_of(archive))
    for batch in batches:
        assert await archive.keep(batch) == Progress(8_000, "8-2")
    assert (await archive.session("desk", "a1"), await sound_of(archive), await log_of(archive)) == before
    assert await texts(archive, "hello") == ["hello there"]


async def test_only_what_is_new_of_a_batch_is_added(archive: Archive) -> None:
    await archive.keep(Batch(SESSION, [noise(0, 4_000)], entries(1, 5)))
    longer = Sound(2_000, 2, noise(0, 4_000).pcm[8_000:] + noise(4_000, 100).pcm)
    assert await archive.keep(Batch(SESSION, [longer], entries(3, 9))) == Progress(4_100, "8-2")
    assert await sound_of(archive) == noise(0, 4_000).pcm + noise(4_000, 100).pcm
    assert await log_of(archive) == entries(1, 9)


async def test_sound_that_never_came_is_silence(archive: Archive) -> None:
    await archive.keep(Batch(SESSION, [noise(0, 100), noise(1_000_000, 100)]))
    read = await sound_of(archive)
    assert read == noise(0, 100).pcm + bytes(4 * 999_900) + noise(1_000_000, 100).pcm
    assert await sound_of(archive, 50, 200) == noise(0, 100).pcm[200:] + bytes(400)
    assert await sound_of(archive, 999_990, 1_000_010) == bytes(40) + noise(1_000_000, 100).pcm[:40]


async def test_a_session_that_ends_without_more_sound_is_told(archive: Archive) -> None:
    await archive.keep(Batch(SESSION, [noise(0, 100)]))
    await archive.keep(Batch(msgspec.structs.replace(SESSION, state="closed", verdicts=["pii"])))
    assert (await archive.session("desk", "a1")).state == "closed"
    assert [
        one.session_id for one in (await archive.sessions("desk", Filter(verdicts=["pii"]))).sessions
    ] == ["a1"]


async def test_nothing_is_there_for_another_tenant(archive: Archive) -> None:
    await archive.keep(Batch(SESSION, [noise(0, 100)], entries(1, 3), [spoken(1, "hello")]))
    for read in (
        archive.session("other", "a1"),
        archive.notes("other", "a1"),
        archive.annotate("other", "a1", Note(0, "note", "me", 1)),
        archive.forget("other", "a1"),
        archive.cached("other", "a1", "peaks"),
        anext(archive.sound("other", "a1")),
        anext(archive.log("other", "a1")),
        archive.session("desk", "a2"),
    ):
        with pytest.raises(ClientFault) as told:
            await read
        assert told.value.code == "unknown_session"
    assert (await archive.sessions("other", Filter())).sessions == []
    assert (await archive.search("other", "hello", Filter())).hits == []
    with pytest.raises(ClientFault, match="another tenant"):
        await archive.keep(Batch(msgspec.structs.replace(SESSION, tenant="other"), [noise(100, 100)]))


async def test_two_recorders_of_one_session_keep_it_once(archive: Archive) -> None:
    parts = [noise(0, 500), noise(500, 500), noise(1_000, 500)]
    batches = [Batch(SESSION, parts[: at + 1], entries(1, at + 5), [spoken(1, "hello")]) for at in range(3)]
    for told in await asyncio.gather(*map(archive.keep, [*batches, *batches]), return_exceptions=True):
        # Whoever is overtaken again and again is told so, and asks again.
        assert isinstance(told, Progress | ServiceFault)
    assert await archive.keep(batches[2]) == Progress(1_500, "6-0")
    assert await sound_of(archive) == b"".join(part.pcm for part in parts)
    assert await log_of(archive) == entries(1, 7)
    assert await texts(archive, "hello") == ["hello"]
