"""The Autobahn cases against our HTTP port as it is set up for clients, but for an application that echoes."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn
from kosoku import FailureError, run_fuzzingclient
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from streaming.app import configured
from streaming.ingress.door import ServerPolicy
from tests.stack import free_port

DELIBERATE = {"7.1.5"}
"""A message that is unfinished when its sender closes is given up, not an error: `websockets` takes it so."""

LEFT_OUT = ["9.*", "12.*", "13.*"]
"""Messages of many megabytes, which are refused for their size, and compression, which is switched off."""


async def _echo(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if message.get("bytes") is not None:
                await socket.send_bytes(message["bytes"])
            else:
                await socket.send_text(message["text"])
    except (WebSocketDisconnect, RuntimeError):
        return


@pytest.fixture
async def echo() -> AsyncIterator[str]:
    """Where the echo listens."""
    app = Starlette(routes=[WebSocketRoute("/", _echo)])
    config = configured(app, ServerPolicy(port=free_port()))
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server._serve())  # without its signal handlers
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    yield f"127.0.0.1:{config.port}"
    server.should_exit = True
    await serving


async def test_sockets_are_spoken_as_the_autobahn_cases_ask(echo: str) -> None:
    try:
        results = await run_fuzzingclient(f"ws://{echo}", exclude_cases=LEFT_OUT, concurrency=4)
    except FailureError as failures:
        results = failures.results
    assert len(results) == 247
    assert {one.case_id for one in results if not one.passed} <= DELIBERATE
