"""A server that takes a client in and says nothing for a while."""

import asyncio

from websockets.asyncio.server import ServerConnection

from streaming.client.client import Client, ClientPolicy
from tests.odd_server import OddServer, ended, resumed, started, then


async def test_a_try_that_nobody_answered_is_let_go_before_the_next_one() -> None:
    gone = asyncio.Event()

    async def silent(socket: ServerConnection) -> None:
        await socket.wait_closed()
        gone.set()

    async def end(socket: ServerConnection) -> None:
        async with asyncio.timeout(2):
            await gone.wait()
        await ended(socket, 9)

    async with (
        OddServer(started, silent, then(resumed, end)) as server,
        Client(server.url, policy=ClientPolicy(open_s=0.3, give_up_s=4)) as client,
    ):
        async with asyncio.timeout(5):
            messages = [message async for message in client]
    assert messages[-1].id == "9-0"
    assert len(server.came) == 3
