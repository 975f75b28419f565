"""Whether anything is written under an epoch that is over: read from what Redis really executes (MONITOR)."""

import asyncio
import re
from typing import Final

LINE: Final = re.compile(rb'^\+?[\d.]+ \[\d+ ([^\]]+)\] "(\w+)"(.*)$')
WORD: Final = re.compile(rb'"((?:[^"\\]|\\.)*)"')
WRITES: Final = frozenset({b"XADD", b"XTRIM", b"HSET", b"XSETID"})
MOST: Final = 1 << 22


class Fences:
    """Counts commits under an epoch below the newest that was claimed: how many were tried, and how many wrote."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._newest: dict[bytes, int] = {}
        self._stale = False
        self.tried = self.accepted = self.commits = 0

    async def watch(self) -> None:
        """Until cancelled."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=MOST)
        writer.write(b"MONITOR\r\n")
        try:
            while line := await reader.readline():
                if found := LINE.match(line.rstrip()):
                    self._saw(found[1] == b"lua", found[2].upper(), found[3])
        finally:
            writer.close()

    def _saw(self, inside: bool, command: bytes, rest: bytes) -> None:
        if inside:
            if self._stale and command in WRITES:
                self._stale = False  # counted once
                self.accepted += 1
            return
        self._stale = False
        if command not in (b"EVALSHA", b"EVAL"):
            return
        words = [word[1] for word in WORD.finditer(rest[:4_000])]
        if len(words) < 3 or not words[1].isdigit():
            return
        stage, after = words[2], 2 + int(words[1])
        if not stage.endswith(b":asr") or len(words) <= after or not words[after].isdigit():
            return
        epoch = int(words[after])
        if epoch < self._newest.get(stage, 0):
            self._stale = True
            self.tried += 1
        else:
            self._newest[stage] = epoch
            self.commits += 1
