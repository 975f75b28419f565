"""The supervisor, with small programs as roles."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from streaming.service.restart import RestartPolicy
from streaming.service.supervise import Role, RoleFailed, Supervisor

SOON = RestartPolicy(first_s=0.05, most_s=0.1, stop_s=0.5)
STAYS = "import time; print('up', flush=True); time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
FALLS = "print('falling', flush=True); raise SystemExit(3)"
PARENT = """
import asyncio, os, sys
from streaming.service.supervise import Role, Supervisor
async def main():
    roles = [Role(n, [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]) for n in "ab"]
    sup = Supervisor(roles, os.environ, print, lambda role, line: print(role, sup.pids()[role], flush=True))
    await sup.run()
asyncio.run(main())
"""


class Stage:
    """A supervisor with what it said and what its roles printed."""

    def __init__(self, **codes: str) -> None:
        self.said: list[str] = []
        self.lines: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        roles = [Role(name, [sys.executable, "-c", code]) for name, code in codes.items()]
        self.supervisor = Supervisor(roles, os.environ, self.said.append, self._listen, SOON)

    def _listen(self, role: str, line: bytes) -> None:
        self.lines.put_nowait((role, line.decode()))

    async def heard(self, count: int) -> list[tuple[str, str]]:
        async with asyncio.timeout(10):
            return sorted([await self.lines.get() for _ in range(count)])

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        run = asyncio.create_task(self.supervisor.run())
        try:
            yield
        finally:
            self.supervisor.stop()
            async with asyncio.timeout(10):
                await run


def alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


async def test_every_role_runs_and_none_is_left_after_a_stop() -> None:
    stage = Stage(one=STAYS, two=STAYS)
    async with stage.running():
        assert await stage.heard(2) == [("one", "up"), ("two", "up")]
        pids = stage.supervisor.pids()
    assert set(pids) == {"one", "two"}
    assert [pid for pid in pids.values() if alive(pid)] == []
    assert stage.supervisor.pids() == {}


async def test_a_killed_role_comes_back_and_the_others_stay() -> None:
    stage = Stage(one=STAYS, two=STAYS)
    async with stage.running():
        await stage.heard(2)
        before = stage.supervisor.pids()
        os.kill(before["one"], signal.SIGKILL)
        assert await stage.heard(1) == [("one", "up")]
        after = stage.supervisor.pids()
    assert after["two"] == before["two"]
    assert after["one"] != before["one"]
    assert stage.said == ["one was killed by signal 9; it starts again in 0.05 s"]


async def test_a_start_with_a_role_that_keeps_failing_is_given_up_and_the_rest_stopped() -> None:
    stage = Stage(one=STAYS, bad=FALLS)
    with pytest.raises(RoleFailed, match="The role bad ended with code 3, 3 times in a row"):
        await stage.supervisor.run()
    assert stage.supervisor.pids() == {}


async def test_a_role_that_keeps_failing_later_is_tried_for_ever() -> None:
    stage = Stage(bad=FALLS)
    stage.supervisor.ever_ready = True
    async with stage.running():
        assert await stage.heard(SOON.tries + 2) == [("bad", "falling")] * (SOON.tries + 2)


async def test_a_role_that_does_not_hear_the_stop_is_killed_when_its_time_is_up() -> None:
    stage = Stage(deaf=DEAF)
    async with stage.running():
        await stage.heard(1)
        pid = stage.supervisor.pids()["deaf"]
        began = time.monotonic()
    assert SOON.stop_s <= time.monotonic() - began < 5
    assert not alive(pid)


async def test_roles_die_with_a_supervisor_that_is_killed_with_9() -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pids = [int((await parent.stdout.readline()).split()[1]) for _ in range(2)]
    assert [pid for pid in pids if not alive(pid)] == []
    parent.kill()
    await parent.wait()
    async with asyncio.timeout(5):
        while any(alive(pid) for pid in pids):  # noqa: ASYNC110 - another process ends
            await asyncio.sleep(0.02)
