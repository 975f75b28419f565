"""What is acknowledged is as safe as the settings say; a Redis that refuses us is one line."""

import signal
from pathlib import Path

import pytest
from rich.console import Console

from streaming import keys
from streaming.app import run_role
from streaming.bus import Bus, BusDown, RedisPolicy
from streaming.config import Settings
from streaming.durability import STRICT, UNSEEN
from streaming.lease import Lease
from streaming.machine import embedded
from streaming.refusal import Refusal
from streaming.service.service import Service
from tests.cluster import answering, command, served
from tests.sessions import EVENTS, SID, made


async def test_a_wrong_password_is_one_line_and_not_in_it() -> None:
    with served("--requirepass", "right") as (port, _):
        answering(port, "PING", until="NOAUTH")
        with pytest.raises(Refusal) as told:
            await run_role("gateway", Settings(), f"redis://:wr0ng@127.0.0.1:{port}")
    assert "check the user and password" in str(told.value)
    assert "\n" not in str(told.value)
    assert "wr0ng" not in str(told.value)


async def test_a_server_that_is_not_strict_is_told_and_so_is_one_that_does_not_let_us_see() -> None:
    with served("--appendonly", "yes", "--appendfsync", "everysec") as (port, _):
        answering(port, "PING", until="PONG")
        bus = Bus(f"redis://127.0.0.1:{port}")
        assert await bus.check("default") == ""
        assert await bus.check("strict") == STRICT
        command(port, "CONFIG", "SET", "appendfsync", "always")
        assert await bus.check("strict") == ""
        command(port, "ACL", "SETUSER", "default", "-config")
        assert await bus.check("strict") == UNSEEN
        await bus.close()


async def test_what_the_replica_does_not_have_is_not_acknowledged() -> None:
    with served("--repl-diskless-sync-delay", "0") as (port, _):
        answering(port, "PING", until="PONG")
        with served("--replicaof", "127.0.0.1", str(port)) as (replica, process):
            answering(replica, "INFO", "replication", until="master_link_status:up")
            policy = RedisPolicy(durability="replicated", replicas_s=0.2)
            bus = Bus(f"redis://127.0.0.1:{port}", policy)
            await made(bus)
            lease = await Lease.claim(bus, "asr", SID, "w")
            assert lease
            await lease.commit(b"1", appends=[(EVENTS, b"1")])
            assert command(replica, "XLEN", EVENTS) == ":1\r\n"
            process.send_signal(signal.SIGSTOP)
            with pytest.raises(BusDown, match="0 of 1 replicas"):
                await bus.append(keys.heard(SID), b"2", ttl_ms=9_000)
            await bus.close()


async def test_the_embedded_server_of_a_strict_service_writes_before_it_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    really, started = embedded.start, list[embedded.Running]()

    def start(server: Path, home: Path, *, strict: bool = False) -> embedded.Running:
        started.append(really(server, home, strict=strict))
        raise embedded.EmbeddedError("enough for this test")

    monkeypatch.setattr(embedded, "start", start)
    for policy, told in ((RedisPolicy(durability="strict"), ""), (RedisPolicy(), STRICT)):
        with pytest.raises(embedded.EmbeddedError, match="enough"):
            await Service(tmp_path, Settings(redis=policy), None, Console()).run(0)
        bus = Bus(started[-1].url)
        assert await bus.check("strict") == told
        await bus.close()
        embedded.stop(started[-1])
