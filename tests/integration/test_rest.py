"""The REST routes over the real archive: what they give, to whom, and what they say when they do not."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import duckdb
import httpx
import numpy as np
import pytest

from streaming.archive.opening import open_archive
from streaming.archive.policy import ArchivePolicy
from streaming.archive.store import Store
from streaming.bus import Bus
from streaming.ingress.door import ServerPolicy
from streaming.ingress.gateway import Gateway
from streaming.ingress.http import application
from streaming.ingress.intake import Intake
from streaming.session import SessionPolicy
from streaming.wire.native import joined
from tests.call_kept import BEGAN, SECONDS, SID, keep, kept, log

CALL = f"/v1/sessions/{SID}"


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Store]:
    store = open_archive(ArchivePolicy(), tmp_path)
    yield store
    await store.close()


@pytest.fixture
async def sound(archive: Store) -> np.ndarray:
    return await keep(archive, kept())


def reader(bus: Bus, archive: Store | None, **server: Any) -> httpx.AsyncClient:
    gateway = Gateway(bus, Intake(bus), ServerPolicy(**server), SessionPolicy(), archive=archive)
    return httpx.AsyncClient(transport=httpx.ASGITransport(application(gateway)), base_url="http://here")


@pytest.fixture
async def web(bus: Bus, archive: Store, sound: np.ndarray) -> AsyncIterator[httpx.AsyncClient]:
    async with reader(bus, archive) as client:
        yield client


def decoded(body: bytes) -> np.ndarray:
    """(samples, channels)."""
    with av.open(io.BytesIO(body)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
        channels = container.streams.audio[0].codec_context.channels
    return np.concatenate([frame.reshape(-1, channels) for frame in frames])


async def test_sessions_are_listed_a_page_at_a_time_and_by_what_is_asked_for(
    web: httpx.AsyncClient, archive: Store
) -> None:
    for number in range(2, 5):
        later = kept(session_id=f"call-{number}", started_at=BEGAN + number, metadata={"desk": str(number)})
        await keep(archive, later, 0.1)
    first = (await web.get("/v1/sessions", params={"limit": 3})).json()
    rest = (await web.get("/v1/sessions", params={"limit": 3, "cursor": first["cursor"]})).json()
    assert [one["session_id"] for one in first["sessions"]] == ["call-4", "call-3", "call-2"]
    assert [one["session_id"] for one in rest["sessions"]] == [SID]
    assert rest["cursor"] is None
    for query, found in {
        "metadata.desk=7": [SID],
        f"since={BEGAN + 3}": ["call-4", "call-3"],
        "language=de,fr": [],
        "language=de&language=en&limit=1": ["call-4"],
        "verdict=card&channel=1&origin=live&metadata.desk=2": ["call-2"],
    }.items():
        page = (await web.get(f"/v1/sessions?{query}")).json()
        assert [one["session_id"] for one in page["sessions"]] == found, query


async def test_events_are_the_very_bytes_that_viewers_saw(web: httpx.AsyncClient) -> None:
    answer = await web.get(f"{CALL}/events")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.text.splitlines() == [joined(entry.id, entry.body) for entry in log()]
    behind = await web.get(f"{CALL}/events", params={"after": f"{BEGAN + 10}-0"})
    assert behind.text.splitlines() == answer.text.splitlines()[11:]


async def test_a_correction_stands_beside_the_original_until_it_is_taken_away(web: httpx.AsyncClient) -> None:
    text = "Good evening, this is the help desk of the water works, how may I help you today?"
    made = await web.post(f"{CALL}/notes", json={"kind": "correction", "number": 1, "text": text})
    assert made.status_code == 201
    assert made.json()["author"] == "local"
    first = (await web.get(f"{CALL}/transcript")).json()["said"][0]
    assert (first["text"], first["original"]["text"]) == (text, text.replace("evening", "morning"))
    assert [word["start_ms"] for word in first["words"]] == [
        word["start_ms"] for word in first["original"]["words"]
    ]
    assert first["corrected"]["note_id"] == made.json()["note_id"]
    assert "evening" in (await web.get(f"{CALL}/export", params={"format": "srt"})).text
    hits = (await web.get("/v1/search", params={"q": '"good evening"'})).json()["hits"]
    assert [hit["session"]["session_id"] for hit in hits] == [SID]
    assert (await web.get(CALL)).json()["notes"] == [made.json()]
    gone = await web.delete(f"{CALL}/notes/{made.json()['note_id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await web.get(f"{CALL}/transcript")).json()["said"][0]["original"] is None


async def test_what_moderation_took_away_is_in_no_export(web: httpx.AsyncClient, tmp_path: Path) -> None:
    for query in ("srt", "vtt", "txt", "json", "csv", "csv&by=word", "parquet", "parquet&by=word"):
        answer = await web.get(f"{CALL}/export?format={query}")
        assert answer.status_code == 200, query
        text = answer.text
        if query.startswith("parquet"):
            (tmp_path / "call.parquet").write_bytes(answer.content)
            text = str(duckdb.sql(f"SELECT * FROM '{tmp_path}/call.parquet'").fetchall())
        assert "secret" not in text, query
        assert "spoken" in text, query
    assert "secret" not in (await web.get(f"{CALL}/transcript")).text
    assert (await web.get(f"{CALL}/search?q=secret")).json()["hits"] == []


async def test_found_lines_tell_where_to_listen(web: httpx.AsyncClient) -> None:
    [hit] = (await web.get(f"{CALL}/search", params={"q": "securite HERE"})).json()["hits"]
    assert (hit["line"]["number"], hit["at_ms"]) == (3, 30_000)
    assert [hit["line"]["text"][begin:end] for begin, end in hit["spans"]] == ["Sécurité", "here"]
    [hit] = (await web.get(f"{CALL}/search", params={"q": '"water works"'})).json()["hits"]
    assert hit["at_ms"] == 500 + 9 * 300
    [hit] = (await web.get("/v1/search", params={"q": "water works", "metadata.desk": "7"})).json()["hits"]
    assert (hit["line"]["start_ms"], hit["session"]["session_id"]) == (500, SID)
    assert (await web.get("/v1/search", params={"q": "water", "metadata.desk": "8"})).json()["hits"] == []


@pytest.mark.parametrize("form", ["wav", "flac"])
async def test_the_sound_is_what_was_said_sample_for_sample(
    web: httpx.AsyncClient, sound: np.ndarray, form: str
) -> None:
    whole = await web.get(f"{CALL}/audio", params={"format": form})
    assert np.array_equal(decoded(whole.content), sound)
    part = await web.get(f"{CALL}/audio?format={form}&channel=1&begin_ms=29500&end_ms=30500")
    assert np.array_equal(decoded(part.content)[:, 0], sound[29_500 * 16 : 30_500 * 16, 1])


async def test_opus_has_both_ears_and_all_of_the_time(web: httpx.AsyncClient, sound: np.ndarray) -> None:
    answer = await web.get(f"{CALL}/audio?format=ogg")
    assert len(answer.content) < sound.nbytes / 5
    with av.open(io.BytesIO(answer.content)) as container:
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
    web: httpx.AsyncClient, archive: Store, sound: np.ndarray
) -> None:
    asked = {"per_second": 10}
    told = (await web.get(f"{CALL}/peaks", params=asked)).json()
    parts = sound.reshape(-1, 1600, 2).astype(float) * 127 / 32768
    for channel, got in enumerate(told["channels"]):
        assert np.abs(np.array(got["max"]) - parts[:, :, channel].max(axis=1)).max() <= 0.5
        assert np.abs(np.array(got["min"]) - parts[:, :, channel].min(axis=1)).max() <= 0.5
    assert told["duration_ms"] == SECONDS * 1000
    assert await archive.cached("default", SID, "peaks")
    assert (await web.get(f"{CALL}/peaks", params=asked)).json() == told


async def test_a_forgotten_session_is_nowhere(web: httpx.AsyncClient) -> None:
    await web.get(f"{CALL}/peaks")
    tombstone = await web.delete(CALL)
    assert (tombstone.status_code, tombstone.json()["state"]) == (200, "forgotten")
    for path in ("", "/events", "/transcript", "/audio", "/peaks", "/search?q=water", "/export?format=txt"):
        answer = await web.get(CALL + path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_session"), path
    assert (await web.get("/v1/search?q=water")).json()["hits"] == []


async def test_a_reader_sees_only_the_sessions_of_its_tenant(bus: Bus, archive: Store) -> None:
    await keep(archive, kept("desk"), 1)
    keys = ("desk/ann:k1", "shop/bob:k2")
    async with reader(bus, archive, readers=keys) as web:
        for key, status in (("k1", 200), ("k2", 404), ("k3", 401), ("", 401)):
            headers = {"authorization": f"Bearer {key}"} if key else {}
            for path in ("", "/events", "/transcript", "/audio", "/peaks", "/search?q=water"):
                answer = await web.get(CALL + path, headers=headers)
                assert answer.status_code == status, (path, key)
            for method, path, body in (
                ("POST", "/notes", {"kind": "bookmark"}),
                ("POST", "/ticket", None),
                ("DELETE", "/notes/1", None),
            ):
                answer = await web.request(method, CALL + path, headers=headers, json=body)
                assert answer.is_success == (status == 200), (path, key)
            found = await web.get("/v1/search?q=water", headers=headers)
            assert status == 401 or bool(found.json()["hits"]) == (status == 200)
        refused = await web.delete(CALL, headers={"authorization": "Bearer k2"})
        assert refused.status_code == 404
        assert (await web.get(CALL)).headers["www-authenticate"] == "Bearer"


async def test_a_ticket_opens_the_sound_of_its_session_and_nothing_else(
    bus: Bus, archive: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keep(archive, kept("desk"), 1)
    await keep(archive, kept("desk", session_id="call-2"), 1)
    async with reader(bus, archive, readers=("desk/ann:k1",)) as web:
        made = await web.post(f"{CALL}/ticket", headers={"authorization": "Bearer k1"})
        ticket = made.json()["ticket"]
        shown = {"ticket": ticket}
        assert (await web.get(f"{CALL}/audio", params=shown)).status_code == 200
        assert (await web.get("/v1/sessions/call-2/audio", params=shown)).status_code == 401
        assert (await web.get(f"{CALL}/audio", params={"ticket": f"9{ticket}"})).status_code == 401
        assert (await web.get(f"{CALL}/transcript", params=shown)).status_code == 401
        late = made.json()["expires_at"] + 1
        monkeypatch.setattr("streaming.ingress.rest.serving.now_ms", lambda: late)
        assert (await web.get(f"{CALL}/audio", params=shown)).status_code == 401


async def test_pages_of_other_sites_are_turned_away(web: httpx.AsyncClient) -> None:
    answer = await web.delete(CALL, headers={"origin": "https://evil.example"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "bad_origin")
    assert (await web.get(CALL)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("GET", "/v1/sessions?lang=en", None, 400, "there are: since, until"),
        ("GET", "/v1/sessions?since=now", None, 400, "since"),
        ("GET", "/v1/sessions?limit=0", None, 400, "limit"),
        ("GET", "/v1/sessions?limit=1&limit=2", None, 400, "twice"),
        ("GET", "/v1/sessions?live=1&since=1", None, 400, "metadata"),
        ("GET", "/v1/sessions?cursor=x", None, 400, "cursor"),
        ("GET", "/v1/search?q=...", None, 400, "no word"),
        ("GET", "/v1/search", None, 400, "q"),
        ("GET", f"{CALL}/events?after=x", None, 400, "after"),
        ("GET", f"{CALL}/export?format=doc", None, 400, "format"),
        ("GET", f"{CALL}/audio?begin_ms=65000", None, 400, "65000"),
        ("GET", f"{CALL}/audio?channel=2", None, 400, "0 to 1"),
        ("GET", f"{CALL}/peaks?per_second=3", None, 400, "per_second"),
        ("GET", "/v1/sessions/none", None, 404, "none"),
        ("GET", "/v1/nothing", None, 404, "openapi.json"),
        ("POST", f"{CALL}/notes", {"kind": "correction", "text": "x"}, 400, "number"),
        ("POST", f"{CALL}/notes", {"kind": "correction", "number": 99}, 404, "99"),
        ("POST", f"{CALL}/notes", {"kind": "note", "texts": "x"}, 400, "texts"),
        ("POST", f"{CALL}/notes", {"kind": "note", "text": "x" * 70_000}, 413, "65536"),
        ("DELETE", f"{CALL}/notes/7", None, 404, "7"),
    ],
)
async def test_what_is_wrong_is_told_in_words(  # noqa: PLR0913 - a row of the table
    web: httpx.AsyncClient, method: str, path: str, body: Any, status: int, told: str
) -> None:
    answer = await web.request(method, path, json=body)
    assert answer.status_code == status
    assert told in answer.json()["error"]["message"]


async def test_an_archive_that_is_away_is_told_with_a_time_to_come_back(bus: Bus) -> None:
    async with reader(bus, None) as web:
        answer = await web.get("/v1/sessions")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["error"] == {
        "code": "archive_down",
        "message": "this server has no archive",
        "retry_after": 2.0,
    }
