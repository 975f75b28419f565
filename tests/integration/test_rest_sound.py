"""The sound of a session over REST: whole, in parts, in each format, and its picture."""

import io
import threading
from typing import Any

import av
import httpx
import msgspec
import numpy as np
import pytest

from streaming.archive.export.envelope import Int8, coarser
from streaming.archive.kept import Batch, Sound
from streaming.archive.store import Store
from tests.call_kept import SECONDS, SID, kept, pcm

CALL = f"/v1/sessions/{SID}"


def decoded(body: bytes) -> np.ndarray:
    """(samples, channels)."""
    container: Any = av.open(io.BytesIO(body))
    with container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
        channels = container.streams.audio[0].codec_context.channels
    return np.concatenate([frame.reshape(-1, channels) for frame in frames])


@pytest.mark.parametrize("form", ["wav", "flac"])
async def test_the_sound_is_what_was_said_sample_for_sample(
    web: httpx.AsyncClient, kept_sound: np.ndarray, form: str
) -> None:
    whole = await web.get(f"{CALL}/audio", params={"format": form})
    assert np.array_equal(decoded(whole.content), kept_sound)
    part = await web.get(f"{CALL}/audio?format={form}&channel=1&begin_ms=29500&end_ms=30500")
    assert np.array_equal(decoded(part.content)[:, 0], kept_sound[29_500 * 16 : 30_500 * 16, 1])


async def test_opus_has_both_ears_and_all_of_the_time(web: httpx.AsyncClient, kept_sound: np.ndarray) -> None:
    answer = await web.get(f"{CALL}/audio?format=ogg")
    assert len(answer.content) < kept_sound.nbytes / 5
    container: Any = av.open(io.BytesIO(answer.content))
    with container:
        heard = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    assert heard.shape == (2, SECONDS * 48_000)
    loud = np.abs(heard).mean(axis=1)
    assert loud[0] > 4 * loud[1] > 0


async def test_any_part_of_a_wav_file_can_be_had_alone(web: httpx.AsyncClient) -> None:
    whole = (await web.get(f"{CALL}/audio")).content
    for first, last in ((0, 0), (0, 43), (40, 50), (44, 44), (47, 1_920_046), (1_920_043, 1_920_044)):
        part = await web.get(f"{CALL}/audio", headers={"range": f"bytes={first}-{last}"})
        assert (part.status_code, part.content) == (206, whole[first : last + 1])
        assert part.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"
    tail = await web.get(f"{CALL}/audio", headers={"range": "bytes=-1001"})
    assert tail.content == whole[-1001:]
    stale = await web.get(f"{CALL}/audio", headers={"range": "bytes=0-9", "if-range": '"another"'})
    assert (stale.status_code, len(stale.content)) == (200, len(whole))
    beyond = await web.get(f"{CALL}/audio", headers={"range": f"bytes={len(whole)}-"})
    assert (beyond.status_code, beyond.json()["error"]["code"]) == (416, "bad_range")
    head = await web.head(f"{CALL}/audio")
    assert (head.headers["content-length"], head.headers["accept-ranges"]) == (str(len(whole)), "bytes")


async def test_peaks_are_the_extremes_of_the_sound(
    web: httpx.AsyncClient, kept_archive: Store, kept_sound: np.ndarray
) -> None:
    asked = {"per_second": 10}
    told = (await web.get(f"{CALL}/peaks", params=asked)).json()
    parts = kept_sound.reshape(-1, 1600, 2).astype(float) * 127 / 32768
    for channel, got in enumerate(told["channels"]):
        assert np.abs(np.array(got["max"]) - parts[:, :, channel].max(axis=1)).max() <= 0.5
        assert np.abs(np.array(got["min"]) - parts[:, :, channel].min(axis=1)).max() <= 0.5
    assert told["duration_ms"] == SECONDS * 1000
    assert await kept_archive.cached("default", SID, "peaks")
    assert (await web.get(f"{CALL}/peaks", params=asked)).json() == told


async def test_of_a_session_that_goes_on_no_new_picture_is_put_aside_each_time_that_somebody_looks(
    web: httpx.AsyncClient, kept_archive: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put: list[int] = []
    cache = kept_archive.cache

    async def counted(tenant: str, session_id: str, name: str, body: bytes) -> None:
        put.append(len(body))
        await cache(tenant, session_id, name, body)

    monkeypatch.setattr(kept_archive, "cache", counted)
    going = kept(session_id="goes-on", channels=1, state="open", ended_at=None)
    sound = pcm(40, 1)
    told: dict[str, Any] = {}
    for second in range(40):
        part = sound[second * 16_000 :][:16_000].tobytes()
        await kept_archive.keep(Batch(going, [Sound(second * 16_000, 1, part)]))
        told = (await web.get("/v1/sessions/goes-on/peaks?per_second=1")).json()
        assert len(told["channels"][0]["max"]) == second + 1
    assert 2 <= len(put) <= 15
    whole = sound.reshape(-1, 16_000).astype(float).max(axis=1) * 127 / 32768
    assert np.abs(np.array(told["channels"][0]["max"]) - whole).max() <= 0.5
    await kept_archive.keep(Batch(msgspec.structs.replace(going, state="closed")))
    await web.get("/v1/sessions/goes-on/peaks")
    assert put[-1] == 40 * 100 * 2


async def test_the_picture_is_drawn_beside_the_loop_that_live_sessions_need(
    web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[bool] = []

    def spied(pairs: Int8, per_second: int) -> Int8:
        drawn.append(threading.current_thread() is threading.main_thread())
        return coarser(pairs, per_second)

    monkeypatch.setattr("streaming.ingress.rest.hearing.coarser", spied)
    assert (await web.get(f"{CALL}/peaks")).status_code == 200
    assert drawn == [False]
