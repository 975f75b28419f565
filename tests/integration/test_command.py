"""The command as a person meets it: what is refused, in one line, with its exit code."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from streaming.machine.home import HomeLock, prepare


def vivavoce(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("VIVAVOCE_") and key != "REDIS_URL"
    }
    return subprocess.run(
        [sys.executable, "-m", "vivavoce", *arguments],
        env=kept | {"VIVAVOCE_HOME": str(home)} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refused(done: subprocess.CompletedProcess[str], code: int, *parts: str) -> bool:
    assert done.returncode == code, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert [part for part in parts if part not in done.stderr] == []
    return True


def test_a_taken_port_is_told_at_once_with_another_to_try(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = vivavoce(tmp_path, "serve", "--port", str(port))
    assert refused(done, 1, f"Port {port} on 127.0.0.1", f"PORT={port + 1} make run")
    assert not (tmp_path / "redis-server").exists()


def test_the_network_is_not_served_without_a_key(tmp_path: Path) -> None:
    assert refused(vivavoce(tmp_path, "serve", "--host", "0.0.0.0"), 1, "VIVAVOCE_SERVER__KEYS=")
    done = vivavoce(
        tmp_path, "serve", "--role", "gateway", "--host", "0.0.0.0", REDIS_URL="redis://127.0.0.1:1"
    )
    assert refused(done, 1, "VIVAVOCE_SERVER__KEYS=")


def test_a_second_serve_on_a_home_is_told_who_holds_it(tmp_path: Path) -> None:
    lock = HomeLock(prepare(tmp_path))
    lock.acquire("http://127.0.0.1:9")
    try:
        assert refused(vivavoce(tmp_path, "serve"), 1, f"process {os.getpid()}", "http://127.0.0.1:9")
    finally:
        lock.release()


@pytest.mark.parametrize(
    ("environment", "file", "told"),
    [
        ({"VIVAVOCE_SERVER__PROT": "1"}, "", ["the environment", "'server.prot'", "'server.port'"]),
        ({"VIVAVOCE_SERVER__PORT": "http"}, "", ["the environment", "server.port", "'http'", "int"]),
        ({}, "[sever]\nport = 1", ["vivavoce.toml", "'sever'", "'server'"]),
        ({}, "[server", ["vivavoce.toml", "TOML"]),
    ],
)
def test_a_wrong_setting_is_told_with_its_place_and_its_mending(
    tmp_path: Path, environment: dict[str, str], file: str, told: list[str]
) -> None:
    (tmp_path / "vivavoce.toml").write_text(file)
    assert refused(vivavoce(tmp_path, "serve", **environment), 2, *told)


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "vivavoce.toml").write_text('[server]\nhost = "0.0.0.0"\nport = 1')
    assert refused(vivavoce(tmp_path, "serve"), 1, "0.0.0.0")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = vivavoce(tmp_path, "serve", "--port", str(port), VIVAVOCE_SERVER__HOST="127.0.0.1")
    assert refused(done, 1, f"Port {port} on 127.0.0.1")


def test_what_the_client_commands_read_is_no_unknown_setting(tmp_path: Path) -> None:
    done = vivavoce(tmp_path, "serve", "--role", "asr", VIVAVOCE_URL="http://127.0.0.1:1", VIVAVOCE_KEY="k")
    assert refused(done, 2, "REDIS_URL")


def test_one_role_alone_needs_a_redis(tmp_path: Path) -> None:
    assert refused(vivavoce(tmp_path, "serve", "--role", "asr"), 2, "REDIS_URL")


def test_an_unknown_model_is_answered_with_the_nearest(tmp_path: Path) -> None:
    assert refused(vivavoce(tmp_path, "models", "pull", "tiny"), 2, "did you mean 'tiny.en'")


def test_verify_of_a_corrupt_model_fails_and_says_how_to_mend_it(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "silero-vad"
    folder.mkdir(parents=True)
    (folder / "silero_vad_16k_op15.onnx").write_bytes(b"no model")
    done = vivavoce(tmp_path, "models", "verify")
    assert done.returncode == 1
    assert "vivavoce models pull silero-vad" in done.stdout


@pytest.mark.parametrize("command", [["serve"], ["transcribe"], ["chat"], ["models"], ["models", "pull"]])
def test_the_help_of_every_command_has_an_example(tmp_path: Path, command: list[str]) -> None:
    done = vivavoce(tmp_path, *command, "--help")
    assert done.returncode == 0
    assert f"example: vivavoce {command[0]}" in done.stdout or "| vivavoce chat" in done.stdout
