"""A small OpenAI-compatible server that does what a test tells it, faults included."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

KEY = "sesame"
CONTEXT = 2048


class Exchange:
    """One request and the means to answer it. `gone` is set when the client closed its connection."""

    def __init__(self, asked: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        self.asked = asked
        self.gone = asyncio.Event()
        self.chunks = 0
        self._writer = writer

    async def head(self, status: str = "200 OK", kind: str = "text/event-stream") -> None:
        await self._send(
            f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )

    async def raw(self, body: bytes) -> None:
        await self._send(b"%x\r\n%s\r\n" % (len(body), body))

    async def data(self, **chunk: Any) -> None:
        await self.raw(b"data: " + json.dumps(chunk).encode() + b"\n\n")

    async def say(self, text: str) -> None:
        self.chunks += 1
        await self.data(choices=[{"index": 0, "delta": {"content": text}, "finish_reason": None}])

    async def finish(self, reason: str = "stop") -> None:
        await self.data(choices=[{"index": 0, "delta": {}, "finish_reason": reason}])

    async def usage(self, prompt: int = 7) -> None:
        await self.data(choices=[], usage={"prompt_tokens": prompt, "completion_tokens": self.chunks})

    async def done(self) -> None:
        await self.raw(b"data: [DONE]\n\n")
        await self.end()

    async def end(self) -> None:
        await self._send(b"0\r\n\r\n")

    def cut(self) -> None:
        """Break the connection off."""
        self._writer.transport.abort()

    async def refuse(self, status: str, message: str) -> None:
        await self.head(status, "application/json")
        await self.raw(json.dumps({"error": {"message": message, "type": "error"}}).encode())
        await self.end()

    async def _send(self, body: bytes) -> None:
        self._writer.write(body)
        await self._writer.drain()


Script = Callable[[Exchange], Awaitable[None]]


async def talk(exchange: Exchange) -> None:
    """As many words as were asked for, one each 5 ms."""
    await exchange.head()
    await exchange.data(choices=[{"index": 0, "delta": {"role": "assistant", "content": None}}])
    for n in range(exchange.asked["max_tokens"]):
        await asyncio.sleep(0.005)
        await exchange.say(f"word{n} ")
    await exchange.finish("length")
    await exchange.usage()
    await exchange.done()


async def ramble(exchange: Exchange) -> None:
    """A word each 5 ms until the client has gone."""
    await exchange.head()
    while True:
        await exchange.say("word ")
        await asyncio.sleep(0.005)


class FakeLlm:
    """Answers one request after the other, like a server with one slot, by `script`."""

    def __init__(self) -> None:
        self.script: Script = talk
        self.exchanges: list[Exchange] = []
        self.url = ""
        self._slot = asyncio.Lock()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = [
                    int(line[15:]) for line in head.splitlines() if line.lower().startswith("content-length:")
                ]
                body = await reader.readexactly(length[0]) if length else b"{}"
                exchange = Exchange(json.loads(body), writer)
                self.exchanges.append(exchange)
                await self._answer(head, exchange, reader)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: str, exchange: Exchange, reader: asyncio.StreamReader) -> None:
        if f"authorization: bearer {KEY}" not in head.lower():
            return await exchange.refuse("401 Unauthorized", "Invalid API Key")
        if head.startswith("GET /v1/models "):
            await exchange.head(kind="application/json")
            await exchange.raw(json.dumps({"object": "list", "data": [{"id": "fake-1"}]}).encode())
            return await exchange.end()
        if len(json.dumps(exchange.asked["messages"]).split()) > CONTEXT:
            return await exchange.refuse("400 Bad Request", "request exceeds the available context size")
        answering = asyncio.create_task(self._in_turn(exchange))
        watching = asyncio.create_task(
            reader.read(1)
        )  # nothing comes but the end: no client of ours pipelines
        await asyncio.wait({answering, watching}, return_when=asyncio.FIRST_COMPLETED)
        if watching.done():
            exchange.gone.set()
        for task in (answering, watching):
            if not task.done():
                task.cancel()
        await asyncio.gather(answering, watching, return_exceptions=True)
        return None

    async def _in_turn(self, exchange: Exchange) -> None:
        async with self._slot:
            await self.script(exchange)


@asynccontextmanager
async def fake_llm() -> AsyncGenerator[FakeLlm]:
    """A fake at `fake.url`, on the loop of the test."""
    fake = FakeLlm()
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    fake.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield fake
    finally:
        server.close()
