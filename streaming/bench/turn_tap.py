"""Between the responder and the language model's engine: passes everything on, and notes when it passed."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from msgspec import Struct, field

HEAD_END: Final = b"\r\n\r\n"


class Engine(NamedTuple):
    """Where the engine listens (`http://host:port/v1`), and the key that it wants."""

    url: str
    key: str


class Passed(Struct):
    """One request: its body, when it was whole, and when each piece of the answer with a word in it passed. Monotonic
    seconds."""

    body: bytes
    asked: float
    words: list[float] = field(default_factory=list[float])


class Tap:
    """Chat completions that passed, in order."""

    def __init__(self, engine: Engine) -> None:
        self._engine = urlsplit(engine.url)
        self.passed: list[Passed] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of the responder's."""
        there, back = await asyncio.open_connection(self._engine.hostname, self._engine.port)
        try:
            with suppress(ExceptionGroup, OSError):  # either side may break off
                async with asyncio.TaskGroup() as ways:
                    answering = ways.create_task(self._answer(there, writer))
                    await self._ask(reader, back)
                    answering.cancel()
        finally:
            back.close()
            writer.close()

    async def _ask(self, reader: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            try:
                head = await reader.readuntil(HEAD_END)
            except asyncio.IncompleteReadError:
                return
            sizes = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            body = await reader.readexactly(int(sizes[0].partition(b":")[2])) if sizes else b""
            if head.startswith(b"POST"):
                self.passed.append(Passed(body, time.monotonic()))
            back.write(head + body)
            await back.drain()

    async def _answer(self, there: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await there.read(1 << 16):
            if self.passed and worded(piece):
                self.passed[-1].words.append(time.monotonic())
            writer.write(piece)
            await writer.drain()


def worded(piece: bytes) -> bool:
    """Whether there is a word of the answer in it: content that is neither null nor empty."""
    return any(
        part[:1] == b'"' and part[1:2] != b'"' for part in piece.replace(b": ", b":").split(b'"content":')[1:]
    )


@asynccontextmanager
async def tapped(engine: Engine) -> AsyncGenerator[Tap]:
    """A tap before `engine`, at `url`."""
    tap = Tap(engine)
    server = await asyncio.start_server(tap.serve, "127.0.0.1", 0)
    tap.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield tap
    finally:
        server.close()


async def bare(engine: Engine, body: bytes) -> float:
    """Seconds from this request to the first word of its answer, with nothing between us and the engine."""
    where = urlsplit(engine.url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: engine\r\nAuthorization: Bearer {engine.key}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    try:
        since = time.monotonic()
        writer.write(head.encode() + body)
        while piece := await reader.read(1 << 16):
            if worded(piece):
                return time.monotonic() - since
        return float("nan")
    finally:
        writer.close()
