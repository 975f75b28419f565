"""A message is as large as its dialect needs, and no larger: what is larger ends the connection (1009)."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Final

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from streaming.session import SessionPolicy
from tests.bent import Bent
from tests.gateway import Gateway
from tests.impostors import DIALECTS

SOUND: Final = 1 << 22
"""Bytes of a message where a client may send a whole file as it likes."""
CALL: Final = SessionPolicy().frame_bytes
"""Where sound comes as it is spoken."""
MOST: Final = {"twilio": CALL, "audiohook": 65_535}


@asynccontextmanager
async def sent(gateway: Gateway, client: Bent, size: int) -> AsyncGenerator[ClientConnection]:
    """A session of this dialect, once it was sent a message of so many bytes."""
    where = f"ws://127.0.0.1:{gateway.port}{client.address(bent=False)}"
    socket = await connect(where, additional_headers=client.headers(), max_size=None)
    for frame in client.begins():
        await socket.send(frame)
    bare = json.dumps({"type": "unheard-of", "event": "unheard-of", "more": ""})
    with suppress(ConnectionClosed):  # it may be closed before all is sent
        await socket.send(bare.replace('""', f'"{"x" * (size - len(bare))}"'))
    yield socket
    with suppress(
        AttributeError
    ):  # the client's library forgets its loop where it was cut off while it wrote
        await socket.close()


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_message_above_its_dialects_bound_ends_the_connection(gateway: Gateway, dialect: str) -> None:
    most = MOST.get(dialect, SOUND)
    async with sent(gateway, DIALECTS[dialect](1), most + 1) as socket:
        await asyncio.wait_for(socket.wait_closed(), 5)
        assert socket.close_code == 1009
    async with sent(gateway, DIALECTS[dialect](1), most) as socket:
        with suppress(ConnectionClosed):  # what it says may end it, its size does not
            await asyncio.wait_for(await socket.ping(), 5)
        assert socket.close_code != 1009
