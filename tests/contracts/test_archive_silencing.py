"""Where a session is silenced its sound is zeros: what comes, and what was kept before."""

import numpy as np
import pytest
from msgspec.structs import replace

from streaming.archive.kept import Batch, Silence, Sound
from streaming.archive.store import Store
from streaming.errors import ServiceFault
from tests.archives import SESSION, entries, noise, sound_of

FIRST, SECOND = noise(0, 500_000), noise(500_000, 100_000)
CARD = [Silence(1, 470_000, 520_000)]


def quiet(*sounds: Sound) -> bytes:
    """The whole sound as it is to be read."""
    frames = np.frombuffer(b"".join(one.pcm for one in sounds), "<i2").reshape(-1, 2).copy()
    for one in CARD:
        frames[one.begin : one.end, one.channel] = 0
    return frames.tobytes()


async def test_what_is_kept_already_is_made_silent_and_so_is_what_comes(archive: Store) -> None:
    await archive.keep(Batch(SESSION, [FIRST], entries(1, 9)))
    await archive.cache("desk", "a1", "peaks", b"how loud the digits were")
    before = {stored.name async for stored in archive.vault.blobs.list("a1")}
    told = replace(SESSION, silenced=CARD)
    await archive.keep(Batch(told, [], entries(9, 12)))
    assert await sound_of(archive) == quiet(FIRST)
    assert await archive.cached("desk", "a1", "peaks") is None
    await archive.keep(Batch(told, [SECOND], entries(12, 20)))
    assert await sound_of(archive) == quiet(FIRST, SECOND)
    assert (await archive.session("desk", "a1")).silenced == CARD
    stored = {
        one.name: len(await archive.vault.blobs.get(one.name)) async for one in archive.vault.blobs.list("a1")
    }
    assert len(before - stored.keys()) == 3, "both pieces that had it, and the picture, are gone"
    assert (await archive.session("desk", "a1")).size == sum(stored.values())


async def test_a_piece_is_made_anew_once(archive: Store) -> None:
    await archive.keep(Batch(SESSION, [FIRST], entries(1, 9)))
    told = replace(SESSION, silenced=CARD)
    await archive.keep(Batch(told, [], entries(9, 12)))
    before = {stored.name async for stored in archive.vault.blobs.list("a1")}
    await archive.keep(Batch(told, [], entries(9, 12)))
    await archive.keep(Batch(told, [SECOND], entries(12, 20)))
    assert before < {stored.name async for stored in archive.vault.blobs.list("a1")}


async def test_whoever_reads_meanwhile_is_given_the_silent_one(archive: Store) -> None:
    await archive.keep(Batch(SESSION, [FIRST], entries(1, 9)))
    reading = archive.sound("desk", "a1")
    first = await anext(reading)
    await archive.keep(Batch(replace(SESSION, silenced=CARD), [], entries(9, 12)))
    rest = b"".join([one.pcm async for one in reading])
    assert (first.pcm + rest)[first.end * 4 :] == quiet(FIRST)[first.end * 4 :]


async def test_a_piece_that_is_lost_is_still_an_error(archive: Store) -> None:
    await archive.keep(Batch(SESSION, [FIRST], entries(1, 9)))
    for piece in await archive.vault.index.pieces("a1", "sound"):
        await archive.vault.blobs.remove(piece.blob)
    with pytest.raises(ServiceFault) as told:
        await sound_of(archive)
    assert told.value.code == "archive_damaged"
