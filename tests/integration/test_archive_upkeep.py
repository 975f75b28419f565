"""Backups, new keys, and what a forget leaves in the files: nothing."""

import argparse
import tarfile
from pathlib import Path

import msgspec
import pytest

from streaming.archive.backup import BackupError, backup, restore
from streaming.archive.kept import Batch, Filter, Note
from streaming.archive.opening import INDEX, open_archive
from streaming.archive.policy import ArchivePolicy
from streaming.archive.rekeying import rekey
from streaming.archive.store import Store
from streaming.errors import ServiceFault
from streaming.service import archiving
from tests.archives import SESSION, entries, log_of, noise, sound_of, spoken, texts


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else is at work."""
    monkeypatch.setattr("streaming.archive.rekeying.GRACE_S", 0.0)


async def filled(home: Path) -> Store:
    archive = open_archive(ArchivePolicy(), home)
    await archive.keep(Batch(SESSION, [noise(0, 5_000)], entries(1, 9), [spoken(1, "hello there")]))
    await archive.annotate("desk", "a1", Note(0, "correction", "Ann", 5, number=1, text="hello dear"))
    await archive.cache("desk", "a1", "peaks", b"peaks")
    return archive


async def check(home: Path) -> None:
    archive = open_archive(ArchivePolicy(), home)
    assert await sound_of(archive) == noise(0, 5_000).pcm
    assert await log_of(archive) == entries(1, 9)
    assert await texts(archive, "dear") == ["hello dear"]
    assert [one.text for one in await archive.notes("desk", "a1")] == ["hello dear"]
    assert [
        one.session_id for one in (await archive.sessions("desk", Filter(metadata={"agent": "Ann"}))).sessions
    ] == ["a1"]
    await archive.close()


async def test_a_backup_that_was_put_back_is_the_same_archive(tmp_path: Path) -> None:
    archive = await filled(tmp_path / "old")  # and open meanwhile
    file = tmp_path / "backup.tar"
    assert backup(tmp_path / "old" / "archive", tmp_path / "old" / "keys", file).sessions == 1
    assert file.stat().st_mode & 0o777 == 0o600
    await archive.close()
    assert restore(tmp_path / "new", tmp_path / "new" / "keys", file).sessions == 1
    await check(tmp_path / "new")
    with pytest.raises(BackupError, match="already"):
        restore(tmp_path / "new", tmp_path / "new" / "keys", file)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["archive", "keys"]


async def test_a_backup_without_keys_cannot_be_read_without_them(tmp_path: Path) -> None:
    await (await filled(tmp_path / "old")).close()
    backup(tmp_path / "old" / "archive", None, tmp_path / "backup.tar")
    restore(tmp_path / "new", tmp_path / "new" / "keys", tmp_path / "backup.tar")
    archive = open_archive(ArchivePolicy(), tmp_path / "new")
    with pytest.raises(ServiceFault, match="is not in"):
        await archive.session("desk", "a1")
    await archive.close()
    (tmp_path / "old" / "keys").rename(tmp_path / "new" / "keys")
    await check(tmp_path / "new")


@pytest.mark.parametrize("wrong", ["changed", "cut", "lacking", "foreign"])
async def test_a_backup_that_is_not_whole_changes_nothing(tmp_path: Path, wrong: str) -> None:
    await (await filled(tmp_path / "old")).close()
    file, bad = tmp_path / "backup.tar", tmp_path / "bad.tar"
    backup(tmp_path / "old" / "archive", None, file)
    content = bytearray(file.read_bytes())
    if wrong == "changed":
        content[len(content) // 2] ^= 1
        bad.write_bytes(content)
    elif wrong == "cut":
        bad.write_bytes(content[: len(content) // 2 // 512 * 512])
    else:
        with tarfile.open(file) as good, tarfile.open(bad, "w") as made:
            for member in good.getmembers():
                if wrong == "foreign" and member.name != "list.json":
                    member.name = f"../{member.name}"
                if wrong == "foreign" or not member.name.startswith("blobs/"):
                    made.addfile(member, good.extractfile(member))
    with pytest.raises(BackupError):
        restore(tmp_path / "new", tmp_path / "new" / "keys", bad)
    assert list((tmp_path / "new").iterdir()) == []


async def test_a_new_key_opens_all_and_the_old_one_nothing(tmp_path: Path) -> None:
    archive = await filled(tmp_path)
    other = msgspec.structs.replace(SESSION, session_id="b1", tenant="lab")
    await archive.keep(Batch(other, lines=[spoken(1, "hello there")]))
    key = tmp_path / "keys" / "desk.json"
    old, tokens = (
        key.read_bytes(),
        await archive.vault.index.database.fetch("SELECT tokens FROM found ORDER BY rowid"),
    )
    assert await rekey(archive.vault, "desk") == 1
    again = await archive.vault.index.database.fetch("SELECT tokens FROM found ORDER BY rowid")
    assert (tokens[0] != again[0], tokens[1] == again[1]) == (True, True)
    await archive.keep(Batch(SESSION, lines=[spoken(2, "and more")]))
    assert await texts(archive, "more") == ["and more"]
    await archive.close()
    await check(tmp_path)
    key.write_bytes(old)
    archive = open_archive(ArchivePolicy(), tmp_path)
    with pytest.raises(ServiceFault):
        await archive.session("desk", "a1")
    await archive.close()


async def test_a_rekey_that_was_cut_off_is_gone_on_with(tmp_path: Path) -> None:
    archive = await filled(tmp_path)
    await archive.keep(
        Batch(msgspec.structs.replace(SESSION, session_id="b1"), lines=[spoken(1, "hello dear")])
    )
    archive.vault.keyring.turn("desk")
    from streaming.archive.rekeying import _one

    await _one(archive.vault, "a1", archive.vault.keyring.roots("desk")[0])
    assert await texts(archive, "dear") == ["hello dear", "hello dear"]  # under either key
    assert len((await archive.sessions("desk", Filter(metadata={"agent": "Ann"}))).sessions) == 2
    assert await rekey(archive.vault, "desk") == 1
    assert len(archive.vault.keyring.roots("desk")) == 1
    assert await texts(archive, "dear") == ["hello dear", "hello dear"]
    await archive.close()


async def test_nothing_of_a_forgotten_session_is_in_the_index_files(tmp_path: Path) -> None:
    archive = await filled(tmp_path)
    root = archive.vault.keyring.roots("desk")[0]
    await archive.keep(Batch(SESSION, lines=[spoken(2, "unmistakable")]))
    await archive.keep(Batch(msgspec.structs.replace(SESSION, session_id="b1"), lines=[spoken(1, "another")]))
    head = await archive.vault.index.head("a1")
    assert head
    pieces = [path.name for path in (tmp_path / "archive" / "blobs" / "a1").iterdir()]
    token = root.token("unmistakable")[3:]  # FTS5 leaves out what a term shares with the one before it
    needles = [
        head.wrapped,
        head.details,
        token.encode(),
        root.tag("agent", "Ann")[3:].encode(),
        *map(str.encode, pieces),
    ]

    def there() -> list[bool]:
        files = [
            path.read_bytes() for path in (tmp_path / "archive").glob(f"{INDEX}*") if "shm" not in path.name
        ]
        return [any(needle in content for content in files) for needle in needles]

    assert all(there())
    await archive.forget("desk", "a1")
    # The tag is the other session's too.
    assert there() == [False, False, False, True, *([False] * len(pieces))]
    assert await texts(archive, "another") == ["another"]
    await archive.close()


async def test_the_commands_do_it_and_say_where_the_keys_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(name: str, **given: object) -> str:
        assert archiving.run(argparse.Namespace(command=name, config=None, **given)) == 0
        return capsys.readouterr().out

    archive = await filled(tmp_path / "old")
    await archive.close()
    monkeypatch.setenv("VIVAVOCE_HOME", str(tmp_path / "old"))
    assert "Nobody can read it" in command("backup", file=tmp_path / "plain.tar", with_keys=False)
    assert "Keep it safe" in command("backup", file=tmp_path / "full.tar", with_keys=True)
    monkeypatch.setenv("VIVAVOCE_HOME", str(tmp_path / "new"))
    assert "1 sessions" in command("restore", file=tmp_path / "full.tar")
    await check(tmp_path / "new")
    monkeypatch.setenv("VIVAVOCE_ARCHIVE__URL", "postgresql://x")
    with pytest.raises(BackupError, match="pg_dump"):
        command("backup", file=tmp_path / "plain.tar", with_keys=False)
