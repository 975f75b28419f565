"""Fixtures of the integration tests."""

from collections.abc import AsyncIterator

import pytest

from moderation.policy import ModerationPolicy
from moderation.worker import Moderator
from streaming.bus import Bus
from tests.gateway import Gateway


@pytest.fixture
async def gateway(redis_url: str, bus: Bus) -> AsyncIterator[Gateway]:
    gateway = await Gateway(redis_url).up()
    yield gateway
    await gateway.down()


@pytest.fixture
async def moderator() -> AsyncIterator[Moderator]:
    """A started moderator."""
    moderator = Moderator(ModerationPolicy(end_timeout_s=1.0))
    served = await moderator.start()
    assert [one.ref for one in served] == [f"rules@{served[0].hash[:16]}"]
    yield moderator
    await moderator.stop()
