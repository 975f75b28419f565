"""Fixtures of the integration tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from moderation.policy import ModerationPolicy
from moderation.worker import Moderator
from streaming.archive.opening import open_archive
from streaming.archive.policy import ArchivePolicy
from streaming.archive.store import Store
from streaming.bus import Bus
from tests.call_kept import keep, kept, reader
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


@pytest.fixture
async def kept_archive(tmp_path: Path) -> AsyncIterator[Store]:
    """An archive with nothing in it."""
    store = open_archive(ArchivePolicy(), tmp_path)
    yield store
    await store.close()


@pytest.fixture
async def kept_sound(kept_archive: Store) -> np.ndarray:
    """The sound of a call that the archive has."""
    return await keep(kept_archive, kept())


@pytest.fixture
async def web(bus: Bus, kept_archive: Store, kept_sound: np.ndarray) -> AsyncIterator[httpx.AsyncClient]:
    """Who reads that archive."""
    assert len(kept_sound)
    async with reader(bus, kept_archive) as client:
        yield client
