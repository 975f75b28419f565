"""Fixtures of the integration tests."""

from collections.abc import AsyncIterator

import pytest

from streaming.bus import Bus
from tests.gateway import Gateway


@pytest.fixture
async def gateway(redis_url: str, bus: Bus) -> AsyncIterator[Gateway]:
    gateway = await Gateway(redis_url).up()
    yield gateway
    await gateway.down()
