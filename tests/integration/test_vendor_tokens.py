"""Short-lived tokens for pages, as Deepgram's and AssemblyAI's clients ask for them."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from deepgram import AsyncDeepgramClient, DeepgramClientEnvironment
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from streaming.bus import Bus
from tests.gateway import Gateway

RAW: Any = {"model": "nova-3", "encoding": "linear16", "sample_rate": 16_000}


@pytest.fixture
async def keyed(redis_url: str, bus: Bus) -> AsyncIterator[Gateway]:
    gateway = await Gateway(redis_url, keys=("desk:sesame",), ticket_s=20).up()
    yield gateway
    await gateway.down()


def deepgram(gateway: Gateway, **proof: Any) -> AsyncDeepgramClient:
    """Their client, as its users point it at another server."""
    url = f"http://127.0.0.1:{gateway.port}"
    web = url.replace("http", "ws", 1)
    where = DeepgramClientEnvironment(base=url, production=web, agent=web, agent_rest=url)
    return AsyncDeepgramClient(environment=where, **proof)


async def test_deepgrams_client_has_a_token_granted_and_comes_in_with_it(keyed: Gateway) -> None:
    granted = await deepgram(keyed, api_key="sesame").auth.v1.tokens.grant(ttl_seconds=300)
    assert granted.expires_in == 20, "no longer than this server gives"
    for _ in range(2):  # it is for as many connections as begin in its time
        async with deepgram(keyed, access_token=granted.access_token).listen.v1.connect(**RAW) as connection:
            await connection.send_keep_alive()
    with pytest.raises(Exception, match="401"):
        async with deepgram(keyed, access_token="guessed").listen.v1.connect(**RAW):
            pass
    with pytest.raises(Exception, match="INVALID_AUTH"):
        await deepgram(keyed, api_key="guessed").auth.v1.tokens.grant()


async def test_assemblyais_token_lets_one_session_in(keyed: Gateway) -> None:
    where = f"127.0.0.1:{keyed.port}/v3"
    async with httpx.AsyncClient(headers={"authorization": "sesame"}) as web:  # theirs insists on https
        given = await web.get(f"http://{where}/token", params={"expires_in_seconds": 60})
        assert (given.status_code, given.json()["expires_in_seconds"]) == (200, 20)
        for wrong in ({}, {"expires_in_seconds": 0}, {"expires_in_seconds": 601}):
            refused = await web.get(f"http://{where}/token", params=wrong)
            assert (refused.status_code, "expires_in_seconds" in refused.json()["error"]) == (400, True)
        stranger = await web.get(f"http://{where}/token?expires_in_seconds=9", headers={"authorization": "x"})
        assert stranger.status_code == 401
    asked = f"ws://{where}/ws?sample_rate=16000&encoding=pcm_s16le&token={given.json()['token']}"
    async with connect(asked) as socket:
        assert '"Begin"' in str(await socket.recv())
    async with connect(asked) as socket:
        await socket.wait_closed()
        assert socket.close_code == 1008


async def test_a_key_behind_bearer_is_a_key_still(keyed: Gateway) -> None:
    where = f"ws://127.0.0.1:{keyed.port}/v1/listen?encoding=linear16&sample_rate=16000"
    async with connect(where, additional_headers={"authorization": "Bearer sesame"}):
        pass
    with pytest.raises(InvalidStatus):
        async with connect(where, additional_headers={"authorization": "Bearer guess"}):
            pass
