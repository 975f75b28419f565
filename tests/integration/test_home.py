"""The home folder and its lock."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from streaming.machine.home import HomeError, HomeLock, holder_of, prepare

HOLD = """
import sys, time
from pathlib import Path
from streaming.machine.home import HomeLock
lock = HomeLock(Path(sys.argv[1]))
lock.acquire("http://there")
print("held", flush=True)
time.sleep(60)
"""


@contextmanager
def held(home: Path) -> Generator[subprocess.Popen[str]]:
    """Another process that holds the lock of `home`."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        try:
            yield other
        finally:
            other.kill()


def test_the_home_is_closed_to_others_even_if_it_was_open(tmp_path: Path) -> None:
    home = tmp_path / "a" / "home"
    home.mkdir(mode=0o755, parents=True)
    assert stat.S_IMODE(prepare(home).stat().st_mode) == 0o700


def test_a_home_that_cannot_be_made_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeError, match="Set VIVAVOCE_HOME"):
        prepare(tmp_path / "file" / "home")


def test_who_comes_second_is_told_who_came_first(tmp_path: Path) -> None:
    home = prepare(tmp_path / "home")
    with held(home) as other, pytest.raises(HomeError) as refused:
        HomeLock(home).acquire("http://here")
    assert f"process {other.pid}, at http://there since 20" in str(refused.value)


def test_the_lock_goes_with_its_holder_at_kill_9(tmp_path: Path) -> None:
    home = prepare(tmp_path / "home")
    with held(home) as other:
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        lock = HomeLock(home)
        lock.acquire("http://here")
        holder = holder_of(home)
        lock.release()
    assert holder is not None
    assert (holder.pid, holder.address) == (os.getpid(), "http://here")
    assert holder_of(home) is None


def test_a_released_lock_can_be_taken(tmp_path: Path) -> None:
    home = prepare(tmp_path / "home")
    first, second = HomeLock(home), HomeLock(home)
    first.acquire("http://first")
    with pytest.raises(HomeError):
        second.acquire("http://second")
    first.release()
    second.acquire("http://second")
    second.release()
