"""Files that grow while they are read."""

import asyncio
import struct
import threading

import numpy as np
import pytest

from streaming.errors import ClientFault, Overloaded
from streaming.ingress.guests import unpacking
from streaming.ingress.guests.unpacking import Unpacking
from tests import speech
from tests.containers import KINDS, packed

NAME = "conf-onlyone"


def left() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "unpacking"]


async def gone() -> bool:
    """Whether no thread is left, soon."""
    for _ in range(100):
        if not left():
            return True
        await asyncio.sleep(0.02)
    return False


@pytest.mark.parametrize("kind", KINDS)
async def test_a_file_that_comes_in_pieces_is_the_sound_that_was_put_into_it(kind: str) -> None:
    file, sound = packed(kind, NAME), speech.prompt(NAME)
    unpacked = Unpacking(1)

    async def feed() -> None:
        for at in range(0, len(file), 997):
            await unpacked.feed(file[at : at + 997])
        unpacked.end()

    feeding = asyncio.create_task(feed())
    made = np.frombuffer(b"".join([piece async for piece in unpacked.pcm()]), "<i2").astype(np.float64)
    await feeding
    assert abs(len(made) - len(sound)) < 4_000  # coders put some silence before and behind
    best = max(
        float(np.corrcoef(made[shift : shift + 16_000], sound[:16_000])[0, 1])
        for shift in range(0, min(2_500, len(made) - 16_000), 1)
    )
    assert best > 0.9
    assert await gone()


@pytest.mark.parametrize("kind", ["webm", "ogg", "flac", "mp3", "wav", "mp4"])
async def test_sound_comes_out_while_the_file_still_grows(kind: str) -> None:
    file = packed(kind, "conf-onlyone")
    unpacked = Unpacking(1)
    got = 0

    async def count() -> None:
        nonlocal got
        async for piece in unpacked.pcm():
            got += len(piece) // 2

    counting = asyncio.create_task(count())
    most = behind = 0
    seconds = len(speech.prompt("conf-onlyone")) / 16_000
    step = max(1, int(len(file) / seconds / 10))
    for n, at in enumerate(range(0, len(file), step), start=1):
        await unpacked.feed(file[at : at + step])
        await asyncio.sleep(0.02)
        behind = n * 1_600 - got
        most = max(most, behind)
    unpacked.end()
    await counting
    assert most < 36_000, f"{kind}: {most / 16_000:.2f} s behind"  # until it is known what it is
    assert behind < 16_000, f"{kind}: {behind / 16_000:.2f} s behind"


async def test_channels_stay_apart_and_another_number_of_them_is_refused() -> None:
    stereo, mono = packed("wav", NAME, 2), packed("wav", NAME)
    unpacked = Unpacking(2)
    await unpacked.feed(stereo)
    unpacked.end()
    made = np.frombuffer(b"".join([piece async for piece in unpacked.pcm()]), "<i2").reshape(-1, 2)
    assert np.abs(made[:, 0]).max() > 3_000
    assert np.abs(made[:, 1]).max() == 0
    unpacked = Unpacking(2)
    await unpacked.feed(mono)
    unpacked.end()
    with pytest.raises(ClientFault, match="1 channels, not 2"):
        _ = [piece async for piece in unpacked.pcm()]
    assert await gone()


async def test_what_is_no_sound_is_told_so_and_leaves_no_thread() -> None:
    for junk in (
        b"RIFF????WAVEfmt ",
        bytes(200_000),
        b"\x1a\x45\xdf\xa3" * 9_000,
        b"OggS" + b"\xff" * 70_000,
    ):
        unpacked = Unpacking(1)
        with pytest.raises(ClientFault) as caught:
            await unpacked.feed(junk)
            unpacked.end()
            _ = [piece async for piece in unpacked.pcm()]
        assert caught.value.code == "bad_sound"
    assert await gone()


async def test_nothing_at_all_is_no_fault_and_who_is_dropped_in_the_middle_leaves_no_thread() -> None:
    unpacked = Unpacking(1)
    unpacked.end()
    assert [piece async for piece in unpacked.pcm()] == []
    for fed in (b"", packed("wav", NAME)[:100], packed("wav", NAME)):
        unpacked = Unpacking(1)
        if fed:
            await unpacked.feed(fed)
        await asyncio.sleep(0.05)
        unpacked.drop()
    assert await gone()


async def test_as_many_as_may_be_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "_there", threading.BoundedSemaphore(1))
    first = Unpacking(1)
    with pytest.raises(Overloaded):
        Unpacking(1)
    first.drop()
    assert await gone()
    Unpacking(1).drop()
    assert await gone()


async def test_who_reads_slowly_slows_down_who_sends() -> None:
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        2**32 - 1,
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        16_000,
        32_000,
        2,
        16,
        b"data",
        2**32 - 1,
    )  # as it is written before anybody knows the length
    long = header + bytes(40 << 20)
    unpacked = Unpacking(1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            for at in range(0, len(long), 1 << 18):
                await unpacked.feed(long[at : at + (1 << 18)])
    made = len(unpacked._made)
    unpacked.drop()
    assert await gone()
    assert made <= unpacking.CHUNKS
