"""Who may use the REST routes, and what they say to those who use them wrongly."""

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest

from streaming.archive.kept import Note
from streaming.archive.store import Store
from streaming.bus import Bus
from tests.call_kept import SID, keep, kept, reader

CALL = f"/v1/sessions/{SID}"


async def test_a_reader_sees_only_the_sessions_of_its_tenant(bus: Bus, kept_archive: Store) -> None:
    await keep(kept_archive, kept("desk"), 1)
    keys = ("desk/ann:k1", "shop/bob:k2")
    async with reader(bus, kept_archive, readers=keys) as web:
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
    bus: Bus, kept_archive: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keep(kept_archive, kept("desk"), 1)
    await keep(kept_archive, kept("desk", session_id="call-2"), 1)
    async with reader(bus, kept_archive, readers=("desk/ann:k1",)) as web:
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


def cursor(*place: object) -> str:
    """A place that no list of ours gives."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


async def test_without_keys_no_name_that_a_page_may_have_made_point_here_is_answered(
    bus: Bus, kept_archive: Store
) -> None:
    await keep(kept_archive, kept("default"), 1)
    async with reader(bus, kept_archive, origins=("https://desk.example",)) as web:
        told: dict[str, int] = {}
        for host in (
            "evil.example:8080",
            "localhost:8080",
            "[::1]:8080",
            "10.0.0.7",
            "desk.example",
            "",
            "[x",
        ):
            told[host] = (await web.get(CALL, headers={"host": host})).status_code
        own = {"host": "evil.example:8080", "origin": "http://evil.example:8080"}
        assert (await web.post(f"{CALL}/ticket", headers=own)).status_code == 403
    assert told == {
        "evil.example:8080": 403,
        "localhost:8080": 200,
        "[::1]:8080": 200,
        "10.0.0.7": 200,
        "desk.example": 200,
        "": 403,
        "[x": 403,
    }
    async with reader(bus, kept_archive, keys=("a:b",), readers=("default/ann:k1",)) as web:
        shown = {"host": "named.example", "authorization": "Bearer k1"}
        assert (await web.get(CALL, headers=shown)).status_code == 200


WRONG: list[tuple[str, str, Any, int, str]] = [
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
    ("GET", f"{CALL}/audio?begin_ms=35000", None, 400, "35000"),
    ("GET", f"{CALL}/audio?channel=2", None, 400, "0 to 1"),
    ("GET", f"{CALL}/peaks?per_second=3", None, 400, "per_second"),
    ("GET", "/v1/sessions/none", None, 404, "none"),
    ("GET", "/v1/nothing", None, 404, "openapi.json"),
    ("POST", f"{CALL}/notes", {"kind": "correction", "text": "x"}, 400, "number"),
    ("POST", f"{CALL}/notes", {"kind": "correction", "number": 99}, 404, "99"),
    ("POST", f"{CALL}/notes", {"kind": "note", "texts": "x"}, 400, "texts"),
    ("POST", f"{CALL}/notes", {"kind": "note", "text": "x" * 70_000}, 413, "65536"),
    ("GET", f"/v1/sessions?since={'9' * 19}", None, 400, "since"),
    ("GET", f"/v1/sessions?cursor={cursor(-(2**63) - 1, 'x')}", None, 400, "cursor"),
    ("GET", f"{CALL}/peaks?per_second={'9' * 5_000}", None, 400, "per_second"),
    ("GET", f"{CALL}/audio?begin_ms={'9' * 30}", None, 400, "begin_ms"),
    ("GET", f"/v1/sessions?language={'x,' * 33}", None, 400, "language"),
    ("GET", f"/v1/search?q=a&{'&'.join(f'metadata.{n}=1' for n in range(33))}", None, 400, "metadata"),
    ("GET", "/v1/sessions?language=%00", None, 400, "language"),
    ("POST", f"{CALL}/notes", {"kind": "correction", "number": 2**63}, 400, "number"),
    ("POST", f"{CALL}/notes", {"kind": "bookmark", "at_ms": 10**30}, 400, "at_ms"),
    ("DELETE", f"{CALL}/notes/7", None, 404, "7"),
]


async def test_what_is_wrong_is_told_in_words(web: httpx.AsyncClient) -> None:
    for method, path, body, status, told in WRONG:
        answer = await web.request(method, path, json=body)
        assert answer.status_code == status, path
        assert told in answer.json()["error"]["message"], path


async def test_a_session_that_has_all_notes_that_it_may_is_told_as_a_conflict(
    web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streaming.archive.noting.MOST", 1)
    answers = [await web.post(f"{CALL}/notes", json={"kind": "bookmark"}) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 409]


async def test_only_so_many_files_are_made_at_once_and_whoever_comes_then_is_told_when_to_come_back(
    bus: Bus, kept_archive: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keep(kept_archive, kept(), 1)
    looked, go_on = asyncio.Event(), asyncio.Event()
    notes = kept_archive.notes

    async def slowly(tenant: str, session_id: str) -> list[Note]:
        looked.set()
        await go_on.wait()
        return await notes(tenant, session_id)

    monkeypatch.setattr(kept_archive, "notes", slowly)
    async with reader(bus, kept_archive, max_exports=1, retry_after_s=7) as web:
        first = asyncio.create_task(web.get(f"{CALL}/export?format=txt"))
        await looked.wait()
        for path in ("/export?format=srt", "/transcript", "/search?q=water", "/audio?format=flac"):
            answer = await web.get(CALL + path)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "7"), path
            assert answer.json()["error"]["code"] == "overloaded"
        assert (await web.get(f"{CALL}/audio")).status_code == 200
        go_on.set()
        assert (await first).status_code == 200
        assert (await web.get(f"{CALL}/audio?format=flac")).status_code == 200
        assert (await web.get(f"{CALL}/transcript")).status_code == 200


async def test_an_archive_that_is_away_is_told_with_a_time_to_come_back(bus: Bus) -> None:
    async with reader(bus, None) as web:
        answer = await web.get("/v1/sessions")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["error"] == {
        "code": "archive_down",
        "message": "this server has no archive",
        "retry_after": 2.0,
    }
