"""What no client of another dialect should send to its socket: it is told so in that dialect, and nothing is left."""

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from streaming.bus import Bus
from tests.barrage import Barrage
from tests.channel_barrage import CHANNELS, ChannelBarrage
from tests.gateway import Gateway
from tests.impostors import DIALECTS

MESSAGES = 250
"""`make chaos` sends 5,000 to each (`SCENARIO=malformed_deepgram`, and so on)."""


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_dialects_socket_tells_junk_in_its_own_words_and_keeps_nothing_of_it(
    bus: Bus, redis_url: str, dialect: str
) -> None:
    kind = DIALECTS[dialect]
    barrage = await Barrage().run(redis_url, kind, MESSAGES, seed=1)
    assert barrage.crashes == []
    assert barrage.leaked == []
    assert barrage.left == []
    assert barrage.misshapen == []
    assert barrage.silent == []
    assert barrage.closes.keys() <= kind.closes
    assert barrage.refused.keys() <= {400, 401, 403}
    assert barrage.bystander_acked


@pytest.mark.parametrize("offered", CHANNELS)
async def test_a_data_channel_tells_junk_what_it_is_and_keeps_nothing_of_it(
    bus: Bus, redis_url: str, offered: str
) -> None:
    barrage = await ChannelBarrage().run(redis_url, CHANNELS[offered], 80, seed=1)
    assert barrage.crashes == []
    assert barrage.leaked == []
    assert barrage.left == []
    assert barrage.silent == []
    assert "internal" not in barrage.told


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_an_origin_that_is_no_address_is_that_of_a_page_of_another_site(
    gateway: Gateway, dialect: str
) -> None:
    client = DIALECTS[dialect](1)
    headers = client.headers() | {"Origin": "http://[::"}
    code = 0
    try:
        async with connect(
            f"ws://127.0.0.1:{gateway.port}{client.path}", additional_headers=headers
        ) as socket:
            await socket.wait_closed()
        code = socket.close_code or 0  # AssemblyAI tells nothing by HTTP
    except InvalidStatus as refused:
        code = refused.response.status_code
    assert code in (403, 1008)
