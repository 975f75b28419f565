"""When something is wrong with the archive, it says what, and gives no garbage. Nothing is readable without keys."""

import errno
import os
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from streaming.archive.kept import Batch, Filter, Note
from streaming.archive.opening import INDEX, open_archive
from streaming.archive.policy import ArchivePolicy
from streaming.archive.store import Store
from streaming.errors import Fault
from streaming.settings import SettingsError
from tests.archives import SESSION, entries, log_of, noise, sound_of, spoken, texts

SAID = "the quick brown fox"


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Store]:
    """With a session in it."""
    store = open_archive(ArchivePolicy(), tmp_path)
    await store.keep(Batch(SESSION, [noise(0, 900_000)], entries(1, 9), [spoken(1, SAID)]))
    yield store
    await store.close()


async def fault_of(work: object) -> Fault:
    with pytest.raises(Fault) as told:
        await work  # type: ignore[misc]
    return told.value


def blobs(home: Path) -> list[Path]:
    return sorted((home / "archive" / "blobs" / "a1").iterdir(), key=lambda path: path.stat().st_size)


async def test_a_full_disk_is_told_and_nothing_is_lost(
    archive: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        fault = await fault_of(archive.keep(Batch(SESSION, [noise(900_000, 10)])))
    assert (fault.code, "No space left" in fault.message) == ("archive_down", True)
    assert not list(tmp_path.rglob("*.partial"))
    assert (await archive.keep(Batch(SESSION, [noise(900_000, 10)]))).samples == 900_010


async def test_a_full_index_is_told_and_nothing_of_the_step_is_kept(archive: Store) -> None:
    database = archive.vault.index.database
    await database.fetch("PRAGMA max_page_count = 1")  # no page more than there are
    lines = [spoken(at, "many words " * 40) for at in range(2, 40)]
    fault = await fault_of(archive.keep(Batch(SESSION, [noise(900_000, 10)], lines=lines)))
    assert (fault.code, "full" in fault.message) == ("archive_down", True)
    assert (await archive.progress("a1")).samples == 900_000
    await database.fetch("PRAGMA max_page_count = 1000000")
    assert (await archive.keep(Batch(SESSION, [noise(900_000, 10)], lines=lines))).samples == 900_010


async def test_a_changed_or_missing_piece_is_named(archive: Store, tmp_path: Path) -> None:
    log, second, first = blobs(tmp_path)
    sealed = bytearray(first.read_bytes())
    sealed[len(sealed) // 2] ^= 1
    first.write_bytes(sealed)
    fault = await fault_of(sound_of(archive))
    assert (fault.code, "sound 0 of session a1" in fault.message) == ("archive_damaged", True)
    assert await sound_of(archive, 480_000) == noise(0, 900_000).pcm[480_000 * 4 :]
    second.unlink()
    assert "sound 480000 of session a1" in (await fault_of(sound_of(archive, 480_000))).message
    log.write_bytes(b"")
    assert "log 0 of session a1" in (await fault_of(log_of(archive))).message


async def test_a_piece_in_the_place_of_another_is_not_taken_for_it(archive: Store, tmp_path: Path) -> None:
    other = msgspec.structs.replace(SESSION, session_id="b1")
    await archive.keep(Batch(other, [noise(0, 900_000)]))
    _, second, first = blobs(tmp_path)
    first.write_bytes(second.read_bytes())
    assert "sound 0 of session a1" in (await fault_of(sound_of(archive))).message


async def test_without_its_tenants_key_nothing_can_be_read_and_no_new_one_is_made(
    archive: Store, tmp_path: Path
) -> None:
    key = tmp_path / "keys" / "desk.json"
    assert (key.stat().st_mode & 0o777, key.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    right = key.read_bytes()
    key.unlink()
    for work in (
        archive.session("desk", "a1"),
        archive.search("desk", "fox", Filter()),
        archive.keep(Batch(SESSION, [noise(900_000, 10)])),
        archive.keep(Batch(msgspec.structs.replace(SESSION, session_id="new"))),
    ):
        fault = await fault_of(work)
        assert (fault.code, str(tmp_path / "keys") in fault.message) == ("archive_key", True)
    assert not key.exists()
    other = open_archive(ArchivePolicy(keys=str(tmp_path / "others")), tmp_path / "elsewhere")
    await other.keep(Batch(SESSION))
    await other.close()
    key.write_bytes((tmp_path / "others" / "desk.json").read_bytes())
    assert (await fault_of(archive.session("desk", "a1"))).code == "archive_key"
    key.write_bytes(b"{")
    assert (await fault_of(archive.session("desk", "a1"))).code == "archive_key"
    key.write_bytes(right)
    assert await texts(archive, "fox") == [SAID]


async def test_a_damaged_or_newer_index_is_told(tmp_path: Path) -> None:
    index = tmp_path / "archive" / INDEX
    index.parent.mkdir()
    index.write_bytes(b"no database at all" * 999)
    archive = open_archive(ArchivePolicy(), tmp_path)
    assert (await fault_of(archive.progress("a1"))).code == "archive_damaged"
    index.unlink()
    assert (await archive.progress("a1")).samples == 0
    await archive.close()
    with sqlite3.connect(index) as link:
        link.execute("PRAGMA user_version = 99")
    newer = open_archive(ArchivePolicy(), tmp_path)
    fault = await fault_of(newer.progress("a1"))
    assert (fault.code, "newer" in fault.message) == ("archive_down", True)
    await newer.close()


async def test_a_postgres_or_a_bucket_that_is_away_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = open_archive(ArchivePolicy(url=f"postgresql://x@/x?host={tmp_path}"), tmp_path)
    assert (await fault_of(archive.progress("a1"))).code == "archive_down"
    await archive.close()
    for name, value in {
        "ENDPOINT_URL": "http://127.0.0.1:9",
        "ACCESS_KEY_ID": "a",
        "SECRET_ACCESS_KEY": "b",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setattr("streaming.archive.objects.PATIENCE_S", 1)
    bucket = open_archive(ArchivePolicy(blobs="s3://there/is/none"), tmp_path)
    assert (await fault_of(bucket.keep(Batch(SESSION, [noise(0, 10)])))).code == "archive_down"
    await bucket.close()


@pytest.mark.parametrize(
    "policy",
    [ArchivePolicy(url="mysql://x"), ArchivePolicy(blobs="/srv"), ArchivePolicy(retention_days=("desk",))],
)
def test_a_policy_that_means_nothing_is_refused(policy: ArchivePolicy, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="archive"):
        open_archive(policy, tmp_path)


async def test_no_word_that_was_said_is_in_any_file(archive: Store, tmp_path: Path) -> None:
    await archive.annotate("desk", "a1", Note(0, "note", "Annabel", 5, text="remarkable"))
    await archive.annotate(
        "desk", "a1", Note(0, "correction", "Annabel", 5, number=1, text="a quick browned fox")
    )
    await archive.cache("desk", "a1", "peaks", b"peaks that are private")
    assert await texts(archive, "browned") == ["a quick browned fox"]
    content = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()).lower()
    for word in (b"quick", b"brown", b"annabel", b"remarkable", b"private", b'"n":', b"agent", b"flac"):
        assert word not in content
