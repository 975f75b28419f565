"""`vivavoce doctor` finds what is wrong, each fault made for real where that can be, and changes nothing."""

import json
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace

from streaming.bus import RedisPolicy
from streaming.config import ServerPolicy, Settings
from streaming.machine import home
from streaming.machine.certificates import develop
from streaming.machine.home import HomeLock, prepare
from streaming.service.doctor import house, machine, store
from streaming.service.doctor.finding import Check, Finding, Patient, examined
from tests.conftest import start_redis
from tests.integration.test_command import vivavoce


class Usage(NamedTuple):
    free: int


def found(check: Check, place: Path, settings: Settings | None = None, **more: Any) -> list[Finding]:
    return list(check(Patient(place, settings or Settings(), **more)))


def bad(
    check: Check, place: Path, settings: Settings | None = None, **more: Any
) -> list[tuple[str, str, str]]:
    """What is not well: state, what was looked at, what was found and how to mend it."""
    told = found(check, place, settings, **more)
    assert all(bool(one.mend) == (one.state != "ok") for one in told), told
    return [(one.state, one.what, f"{one.found} | {one.mend}") for one in told if one.state != "ok"]


def test_a_newcomers_machine_is_told_what_will_be_fetched_and_nothing_is_made(tmp_path: Path) -> None:
    place = tmp_path / "home"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    done = vivavoce(place, "doctor", "--json", VIVAVOCE_SERVER__PORT=port)
    told = {one["what"]: one for one in json.loads(done.stdout)}
    assert (done.returncode, done.stderr) == (0, "")
    assert [told[f"model {name}"]["state"] for name in ("silero-vad", "base")] == ["warning"] * 2
    assert "the first start gets it" in told["model base"]["mend"]
    assert told["port"]["found"] == f"http://127.0.0.1:{port} is free"
    assert "will be started" in told["Redis"]["found"]
    assert not place.exists()


def test_a_line_for_each_and_the_exit_code_says_that_something_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "vivavoce.toml").write_text("[asr]\nmodle = 'x'\n")
    done = vivavoce(tmp_path, "doctor", REDIS_URL="redis://127.0.0.1:1")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert "did you mean 'asr.model'?" in lines[0]
    assert lines[0].startswith("WRONG   settings: ")
    [at] = [number for number, line in enumerate(lines) if line.startswith("WRONG   Redis: ")]
    assert "unset both" in lines[at + 1]
    assert lines[-1].startswith("2 wrong, ")


@pytest.mark.models
def test_a_model_of_which_a_byte_was_changed_is_told_and_how_to_mend_it(tmp_path: Path) -> None:
    whole = home.locate() / "models" / "silero-vad"
    shutil.copytree(whole, tmp_path / "models" / "silero-vad")
    assert [one.state for one in found(house.models, tmp_path) if one.what == "model silero-vad"] == ["ok"]
    [file] = (tmp_path / "models" / "silero-vad").iterdir()
    content = bytearray(file.read_bytes())
    content[1000] ^= 1
    file.chmod(0o600)
    file.write_bytes(content)
    state, what, told = bad(house.models, tmp_path)[0]
    assert (state, what) == ("wrong", "model silero-vad")
    assert told.endswith("| vivavoce models pull silero-vad")
    assert "SHA-256" in told
    assert not (tmp_path / "models" / "verified.json").exists(), "it looks, and writes nothing"


@pytest.mark.models
def test_in_full_what_was_checked_before_is_read_again(tmp_path: Path) -> None:
    settings = replace(Settings(), asr=replace(Settings().asr, model="silero-vad"))
    shutil.copytree(home.locate() / "models" / "silero-vad", tmp_path / "models" / "silero-vad")
    [file] = (tmp_path / "models" / "silero-vad").iterdir()
    from streaming.machine.models import Shelf

    Shelf(tmp_path / "models").verify("silero-vad")
    state = file.stat()
    content = bytearray(file.read_bytes())
    content[1000] ^= 1
    file.chmod(0o600)
    file.write_bytes(content)
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert "model silero-vad" not in {what for _, what, _ in bad(house.models, tmp_path, settings)}
    assert "model silero-vad" in {what for _, what, _ in bad(house.models, tmp_path, settings, full=True)}


def test_a_port_is_free_or_ours_or_it_is_told_who_has_it(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        settings = replace(Settings(), server=ServerPolicy(port=number))
        [(state, what, told)] = bad(house.port, tmp_path, settings)
        assert (state, what) == ("wrong", "port")
        assert f"port {number} is taken by process {os.getpid()} (" in told
        assert f"--port {number + 1}" in told
        lock = HomeLock(prepare(tmp_path))
        lock.acquire(f"http://127.0.0.1:{number}")
        try:
            assert bad(house.port, tmp_path, settings) == []
            other = replace(Settings(), server=ServerPolicy(port=number + 1))
            [(state, _, told)] = bad(house.port, tmp_path, other)
            assert (state, f"process {os.getpid()}" in told) == ("warning", True)
        finally:
            lock.release()
    assert bad(house.port, tmp_path, settings) == []


def test_the_text_of_a_lock_that_nobody_holds_is_nobodys(tmp_path: Path) -> None:
    lock = HomeLock(prepare(tmp_path))
    lock.acquire("http://127.0.0.1:9")
    text = (tmp_path / home.LOCK).read_bytes()
    lock.release()
    (tmp_path / home.LOCK).write_bytes(text)
    assert home.serves(tmp_path) is None


def test_whoever_listens_to_others_needs_keys_and_browsers_need_a_safe_page(tmp_path: Path) -> None:
    settings = replace(Settings(), server=ServerPolicy(host="0.0.0.0"))
    [(state, what, told), (also, page, mend)] = bad(house.door, tmp_path, settings)
    assert (state, what, "without a key" in told) == ("wrong", "keys", True)
    assert (also, page, "--tls dev" in mend) == ("warning", "browsers", True)
    pair = develop(prepare(tmp_path), "0.0.0.0")
    safe = ServerPolicy(host="0.0.0.0", keys=("a:b",), tls_cert=str(pair.cert), tls_key=str(pair.key))
    assert bad(house.door, tmp_path, replace(settings, server=safe)) == []
    mixed = replace(safe, tls_key=str(pair.authority))
    assert ("wrong", "TLS") in [one[:2] for one in bad(house.door, tmp_path, replace(settings, server=mixed))]


@pytest.fixture
def careless(tmp_path: Path) -> Iterator[str]:
    """A Redis that throws away what it has, and writes none of it."""
    binary = shutil.which("redis-server")
    assert binary
    (tmp_path / "redis").mkdir()
    server, url = start_redis(binary, tmp_path / "redis", "--maxmemory-policy", "allkeys-lru")
    yield url
    server.kill()
    server.wait()


def test_a_redis_that_would_lose_something_is_told(tmp_path: Path, careless: str) -> None:
    settings = replace(Settings(), redis=RedisPolicy(url=careless))
    assert [one[:2] for one in bad(store.redis, tmp_path, settings)] == [
        ("wrong", "Redis' memory"),
        ("warning", "Redis' disk"),
    ]
    away = replace(Settings(), redis=RedisPolicy(url=f"unix://{tmp_path}/none.sock"))
    [(state, what, told)] = bad(store.redis, tmp_path, away)
    assert (state, what, "does not answer" in told) == ("wrong", "Redis", True)


def test_a_machine_on_which_no_redis_can_be_had_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "the first start fetches" in found(store.redis, tmp_path)[0].found
    (tmp_path / "redis-server").write_text("#!/bin/sh\necho broken >&2\nexit 1\n")
    (tmp_path / "redis-server").chmod(0o755)
    [(state, _, told)] = bad(store.redis, tmp_path)
    assert (state, "does not run: broken" in told) == ("wrong", True)
    (tmp_path / "redis-server").unlink()
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    [(state, _, told)] = bad(store.redis, tmp_path)
    assert (state, "apt-get install redis-server" in told) == ("wrong", True)


def test_what_the_machine_lacks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "LIBRARIES", ("json", "no_such_library"))
    assert "no_such_library" in bad(machine.libraries, tmp_path)[0][2]
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: Usage(1_000_000_000))
    assert [one[0] for one in bad(machine.disk, tmp_path / "not" / "yet")] == ["warning"]
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: Usage(100_000_000))
    assert [one[0] for one in bad(machine.disk, tmp_path)] == ["wrong"]
    monkeypatch.setattr(machine, "timekeeping", lambda: machine.TIME_ERROR)
    assert "nobody keeps it right" in bad(machine.clock, tmp_path)[0][2]
    monkeypatch.setattr(machine, "timekeeping", lambda: 0)
    assert bad(machine.clock, tmp_path) == []
    many = replace(Settings(), server=ServerPolicy(max_sessions=10**9))
    assert "LimitNOFILE" in bad(machine.files, tmp_path, many)[0][2]
    (tmp_path / "meminfo").write_text("MemTotal: 4000000 kB\nMemAvailable:  900000 kB\n")
    monkeypatch.setattr(machine, "MEMORY", tmp_path / "meminfo")
    assert "0.9 GB are free" in bad(machine.memory, tmp_path)[0][2]


def test_a_gpu_that_is_asked_for_and_not_there_is_wrong(tmp_path: Path) -> None:
    if found(machine.gpu, tmp_path)[0].found.startswith("none"):
        asked = replace(Settings(), asr=replace(Settings().asr, device="cuda"))
        assert [one[:2] for one in bad(machine.gpu, tmp_path, asked)] == [("wrong", "GPU")]


def test_a_home_that_cannot_be_used_or_that_others_can_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert bad(house.folder, tmp_path / "file")[0][:2] == ("wrong", "home folder")
    (tmp_path / "open").mkdir(mode=0o755)
    (tmp_path / "open").chmod(0o755)
    [(state, _, told)] = bad(house.folder, tmp_path / "open")
    assert (state, f"chmod 700 {tmp_path / 'open'}" in told) == ("warning", True)


def test_a_page_that_is_not_built_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house, "PAGE", tmp_path / "index.html")
    assert bad(house.page, tmp_path)[0][2].endswith("make page")


def test_a_check_that_breaks_breaks_no_other(tmp_path: Path) -> None:
    def broken(_: Patient) -> Iterator[Finding]:
        raise OSError("no such thing")

    told = list(examined(Patient(tmp_path, Settings()), [("this", broken), ("page", house.page)]))
    assert (told[0].what, told[0].state) == ("this", "warning")
    assert "no such thing" in told[0].found
    assert told[1].what == "page"
