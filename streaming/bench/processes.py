"""What a server costs on this machine: processor time and memory of a process and all its children (Linux)."""

import asyncio
import contextlib
import os
from pathlib import Path
from typing import Final, NamedTuple

PROC: Final = Path("/proc")
EVERY_S: Final = 0.5


class Cost(NamedTuple):
    """Processor seconds (user and system), and the largest sum of resident memory that was seen (MB)."""

    cpu_s: float
    peak_rss_mb: float


def tree(root: int) -> list[int]:
    """`root` and all below it that live now."""
    children: dict[int, list[int]] = {}
    for path in PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            children.setdefault(int(_fields(path)[1]), []).append(int(path.parent.name))
    out, found = list[int](), [root]
    while found:
        out.append(pid := found.pop())
        found += children.get(pid, [])
    return out


def cpu_s(pid: int) -> float:
    """User and system time so far; 0 once it is gone."""
    with contextlib.suppress(OSError):
        fields = _fields(PROC / str(pid) / "stat")
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def rss_mb(pid: int) -> float:
    """Resident memory; 0 once it is gone."""
    with contextlib.suppress(OSError):
        pages = int((PROC / str(pid) / "statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return 0.0


def listener(port: int) -> int | None:
    """The process of ours that listens on TCP port `port` here, if it can be seen."""
    inodes: set[str] = set()
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            rows = [line.split() for line in (PROC / "net" / table).read_text().splitlines()[1:]]
            inodes |= {
                row[9] for row in rows if row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port
            }
    wanted = {f"socket:[{inode}]" for inode in inodes}
    found: list[int] = []
    for path in PROC.glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if os.readlink(path) in wanted:
                found.append(int(path.parent.parent.name))
    return min(found, default=None)


def above(pid: int, name: str) -> int:
    """The topmost process over `pid` whose command line has `name` in it, without a break; else `pid`."""
    while True:
        with contextlib.suppress(OSError):
            parent = int(_fields(PROC / str(pid) / "stat")[1])
            if parent > 1 and name in (PROC / str(parent) / "cmdline").read_text():
                pid = parent
                continue
        return pid


def _fields(stat: Path) -> list[str]:
    """Those behind the command's name: state, parent, ..."""
    return stat.read_text().rpartition(")")[2].split()


class Meter:
    """Measures the tree of `root` from entry to exit; `cost` tells then."""

    def __init__(self, root: int | None) -> None:
        self._root = root
        self._before: dict[int, float] = {}
        self._after: dict[int, float] = {}
        self._peak = 0.0
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Meter":
        if self._root is not None:
            self._before = {pid: cpu_s(pid) for pid in tree(self._root)}
            self._looking = asyncio.create_task(self._watch(), name="meter")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._looking:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
            self._look()

    async def _watch(self) -> None:
        while True:
            self._look()
            await asyncio.sleep(EVERY_S)

    def _look(self) -> None:
        assert self._root is not None
        pids = tree(self._root)
        self._after |= {pid: max(cpu_s(pid), self._after.get(pid, 0.0)) for pid in pids}
        self._peak = max(self._peak, sum(map(rss_mb, pids)))

    @property
    def cost(self) -> Cost | None:
        """What was spent; None when there is no process to look at."""
        if self._root is None:
            return None
        spent = sum(used - self._before.get(pid, 0.0) for pid, used in self._after.items())
        return Cost(round(spent, 3), round(self._peak, 1))
