"""The REST routes over the real archive: sessions, transcripts, exports, search, notes, and the end of a session."""

import asyncio
from pathlib import Path

import duckdb
import httpx

from streaming import keys
from streaming.archive.store import Store
from streaming.bus import Bus
from streaming.events import AudioFormat, SessionStarted
from streaming.facts import SessionConfig
from streaming.ingress import records
from streaming.session import SessionPolicy
from streaming.wire.native import joined
from tests.call_kept import BEGAN, SID, keep, kept, log

CALL = f"/v1/sessions/{SID}"


async def test_sessions_are_listed_a_page_at_a_time_and_by_what_is_asked_for(
    web: httpx.AsyncClient, kept_archive: Store
) -> None:
    for number in range(2, 5):
        later = kept(session_id=f"call-{number}", started_at=BEGAN + number, metadata={"desk": str(number)})
        await keep(kept_archive, later, 0.1)
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


async def test_sessions_that_go_on_are_listed_with_how_far_they_are_recorded_or_not(
    web: httpx.AsyncClient, bus: Bus
) -> None:
    configs = [
        SessionConfig(
            "a1", audio=AudioFormat(channels=2), language="en", metadata={"desk": "7"}, record=True
        ),
        SessionConfig("b2", "chat"),
        SessionConfig("c3", tenant="another"),
    ]
    for config in configs:
        first = SessionStarted(config.session_id, config.mode, [], SessionPolicy().limits(), "", config.audio)
        await records.begin(bus, config, first)
        await asyncio.sleep(0.002)  # the last begun is the first of the list
    await bus.call("HSET", keys.session("a1"), "stored", 48_000)
    await bus.call("HSET", keys.stage("a1", "asr"), "at", 40_000)
    typed, said = (await web.get("/v1/sessions?live=1")).json()["sessions"]
    assert (typed["session_id"], typed["mode"], typed["channels"], typed["record"]) == (
        "b2",
        "chat",
        0,
        False,
    )
    assert (said["session_id"], said["channels"], said["language"], said["record"]) == ("a1", 2, "en", True)
    assert (said["duration_ms"], said["lag_ms"], said["metadata"]) == (3_000, 500, {"desk": "7"})
    chosen = (await web.get("/v1/sessions?live=1&metadata.desk=7")).json()["sessions"]
    assert [one["session_id"] for one in chosen] == ["a1"]
    await records.forget(bus, "a1")
    assert [one["session_id"] for one in (await web.get("/v1/sessions?live=1")).json()["sessions"]] == ["b2"]


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
            text = str(duckdb.connect().execute(f"SELECT * FROM '{tmp_path}/call.parquet'").fetchall())
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


async def test_a_forgotten_session_is_nowhere(web: httpx.AsyncClient) -> None:
    await web.get(f"{CALL}/peaks")
    tombstone = await web.delete(CALL)
    assert (tombstone.status_code, tombstone.json()["state"]) == (200, "forgotten")
    for path in ("", "/events", "/transcript", "/audio", "/peaks", "/search?q=water", "/export?format=txt"):
        answer = await web.get(CALL + path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_session"), path
    assert (await web.get("/v1/search?q=water")).json()["hits"] == []
