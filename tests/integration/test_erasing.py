"""What is forgotten is not in Redis either, nor in the file from which it would come back."""

import asyncio
from pathlib import Path

import pytest

from streaming import keys
from streaming.bus import Bus
from streaming.erasing import erase_live
from streaming.errors import ServiceFault
from streaming.machine import embedded
from streaming.slots import SLOTS, slot
from tests.cluster import cluster, command

SECRET = b"that nobody may read"


def in_files(folder: Path, needle: bytes) -> bool:
    return any(needle in file.read_bytes() for file in folder.rglob("*") if file.is_file())


async def test_an_erased_session_is_in_no_file_of_redis_and_others_stay(tmp_path: Path) -> None:
    server = embedded.binary(tmp_path)
    running = embedded.start(server, tmp_path)
    bus = Bus(running.url)
    try:
        for name in [*keys.lasting("a1"), keys.heard("a1"), keys.draft("a1")]:
            if name != keys.refs("a1"):
                await bus.append(name, b'{"text":"%s"}' % SECRET, ttl_ms=60_000)
        await bus.call("SADD", keys.refs("a1"), SECRET)
        await bus.append(keys.events("a2"), b'{"text":"another word"}', ttl_ms=60_000)
        await asyncio.sleep(1.2)  # the file is synced every second
        assert in_files(tmp_path, SECRET)
        await erase_live(bus, "a1")
        for _ in range(40):  # Redis removes the old file in a thread of its own
            if not in_files(tmp_path, SECRET):
                break
            await asyncio.sleep(0.05)
        assert not in_files(tmp_path, SECRET)
        assert in_files(tmp_path, b"another word")
        assert len(await bus.read(keys.events("a2"))) == 1
        assert await bus.call("DBSIZE") == 1
    finally:
        await bus.close()
        embedded.stop(running)


async def test_a_file_that_cannot_be_written_anew_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streaming.erasing.PATIENCE_S", 0.5)
    running = embedded.start(embedded.binary(tmp_path), tmp_path)
    bus = Bus(running.url)
    try:
        # A rewrite that is still going on when our patience is over: a second a key.
        await bus.call("CONFIG", "SET", "rdb-key-save-delay", 1_000_000)
        for at in range(10):
            await bus.call("SET", f"key{at}", "value")
        with pytest.raises(ServiceFault) as told:
            await erase_live(bus, "a1")
        assert told.value.code == "forget_unfinished"
    finally:
        await bus.close()
        embedded.stop(running)


async def test_a_session_on_any_node_of_a_cluster_is_in_no_file_of_it() -> None:
    with cluster("--appendonly", "yes", "--appendfsync", "always") as nodes:
        bus = Bus(f"redis://127.0.0.1:{nodes[0][0]}")
        sid = next(shard for shard in keys.SHARDS if slot(keys.events(shard)) > 2 * SLOTS // 3)
        await bus.append(keys.events(sid), SECRET, ttl_ms=60_000)
        folder = Path(command(nodes[2][0], "CONFIG", "GET", "dir").split("\r\n")[4])
        assert in_files(folder, SECRET)
        await erase_live(bus, sid)
        for _ in range(40):  # Redis removes the old file in a thread of its own
            if not in_files(folder, SECRET):
                break
            await asyncio.sleep(0.05)
        assert not in_files(folder, SECRET)
        await bus.close()
