"""A small HTTP server that a tool may be: it keeps what it was asked, and answers as a test says."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import NamedTuple


class Asked(NamedTuple):
    line: str
    headers: dict[str, str]
    body: bytes


class ToolServer:
    """`status`, `headers` and `body` of all answers; `wait` is set when an answer may go."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.status = "200 OK"
        self.headers = ""
        self.body = b'{"state": "on its way"}'
        self.wait = asyncio.Event()
        self.wait.set()
        self.came = asyncio.Event()
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line, *rest = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, value in (entry.split(":", 1) for entry in rest)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            self.asked.append(Asked(line, headers, body))
            self.came.set()
            await self.wait.wait()
            head = f"HTTP/1.1 {self.status}\r\nContent-Length: {len(self.body)}\r\n{self.headers}\r\n"
            writer.write(head.encode() + self.body)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def tool_server() -> AsyncGenerator[ToolServer]:
    """A server on a port of this machine."""
    tool = ToolServer()
    server = await asyncio.start_server(tool.serve, "127.0.0.1", 0)
    tool.port = server.sockets[0].getsockname()[1]
    try:
        yield tool
    finally:
        server.close()
