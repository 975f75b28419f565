"""Runs the roles as child processes: starts them, starts a crashed one again, stops all of them.

Each child is tethered to us (it dies when we do, also at kill -9) and in a session of its own, so that Ctrl-C reaches
us alone and the order of stopping is ours.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from streaming.machine.tether import tether
from streaming.refusal import Refusal
from streaming.service.restart import Crashes, RestartPolicy, crashed, hopeless

# Takes a line of a role's output: the role, the line without its end.
Listener: TypeAlias = Callable[[str, bytes], None]
LINE_LIMIT = 1 << 20


class RoleFailed(Refusal):
    """A role keeps failing while the service starts; the message is one line."""


class Role(NamedTuple):
    """A child to keep running."""

    name: str
    command: Sequence[str]


class Supervisor:
    """Keeps `roles` running from `run` until `stop`. `say` is told what happens, for people; `listen` gets output."""

    def __init__(
        self,
        roles: Sequence[Role],
        environment: Mapping[str, str],
        say: Callable[[str], None],
        listen: Listener,
        policy: RestartPolicy | None = None,
    ) -> None:
        self.ever_ready = False
        self._roles = roles
        self._environment = dict(environment)
        self._say = say
        self._listen = listen
        self._policy = policy or RestartPolicy()
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Runs until `stop` was called and all children are gone. Raises RoleFailed, the other roles stopped too."""
        try:
            async with asyncio.TaskGroup() as group:
                for role in self._roles:
                    group.create_task(self._keep(role), name=role.name)
        except ExceptionGroup as group:
            # Not `except*`: Debian 12's Python wraps what is raised there into a group again.
            failed = next((one for one in group.exceptions if isinstance(one, RoleFailed)), None)
            if failed is None:
                raise
            raise failed from None

    def stop(self) -> None:
        """Ask every child to end (SIGTERM); who is still there after `stop_s` is killed. The second call kills now."""
        if self._stopping.is_set():
            for process in self._running.values():
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
        self._stopping.set()

    def pids(self) -> dict[str, int]:
        """The process ids of the roles that run now."""
        return {name: process.pid for name, process in self._running.items()}

    async def _keep(self, role: Role) -> None:
        crashes = Crashes()
        while not self._stopping.is_set():
            began = time.monotonic()
            code = await self._live(role)
            if self._stopping.is_set():
                return
            crashes, wait = crashed(crashes, time.monotonic() - began, self._policy)
            ended = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
            if hopeless(crashes, self.ever_ready, self._policy):
                raise RoleFailed(f"The role {role.name} {ended}, {crashes.count} times in a row")
            self._say(f"{role.name} {ended}; it starts again in {wait:g} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait)

    async def _live(self, role: Role) -> int:
        """One life of a role: its exit code, negative for a signal. The child is gone when this returns or raises."""
        process = await asyncio.create_subprocess_exec(
            *role.command,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=tether(),
            limit=LINE_LIMIT,
        )
        self._running[role.name] = process
        try:
            return await self._until_gone(role, process)
        finally:
            if process.returncode is None:
                await self._end(process)
            del self._running[role.name]

    async def _until_gone(self, role: Role, process: asyncio.subprocess.Process) -> int:
        assert process.stdout is not None
        reading = asyncio.create_task(self._read(role, process.stdout), name=f"{role.name} output")
        stopping = asyncio.create_task(self._stopping.wait(), name=f"{role.name} stopping")
        gone = asyncio.create_task(process.wait(), name=f"{role.name} gone")
        try:
            await asyncio.wait({stopping, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not gone.done():
                await self._end(process)
            # A grandchild may keep the pipe open: do not wait for its end of file for long.
            await asyncio.wait({reading}, timeout=1)
            return await gone
        finally:
            for task in (reading, stopping, gone):
                task.cancel()
            await asyncio.gather(reading, stopping, gone, return_exceptions=True)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), self._policy.stop_s)
            except TimeoutError:
                process.kill()
                await process.wait()

    async def _read(self, role: Role, output: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await output.readline()
            except ValueError:  # longer than LINE_LIMIT: it is no log line of ours
                continue
            if not line:
                return
            self._listen(role.name, line.rstrip(b"\n"))
