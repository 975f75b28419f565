"""The review queue over the real archive: at the REST routes, and in the terminal."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from msgspec import Struct

from streaming import cli
from streaming.archive.kept import Batch
from streaming.archive.opening import open_archive
from streaming.archive.policy import ArchivePolicy
from streaming.archive.store import Store
from streaming.bus import Bus
from streaming.events import ModerationVerdict, Target
from tests.call_kept import BEGAN, LINES, final, kept, log, reader
from tests.gateway import Gateway

Vivavoce = Callable[..., Awaitable[tuple[int, str, str]]]
KEYS = {"desk/ann": "k1", "desk/bob": "k2", "other/eve": "k3"}
FLAG = f"{BEGAN + 1}-0"
REASON = "a play, remarkably"
EVENTS: list[Struct] = [
    final(0, 1, 500, "I could strangle that play"),
    ModerationVerdict(Target(segment=1), (2, 16), "flag", ["violence"], 0.62, 3.0, "heads@0"),
    ModerationVerdict(Target(segment=1), (0, 5), "flag", ["hate"], 0.97, 3.0, "heads@0"),
]


async def flagged(archive: Store, *names: str) -> None:
    """Sessions of tenant `desk`, each with one flag in the middle band; the last named is the newest."""
    for at, name in enumerate(names):
        session = kept("desk", session_id=name, started_at=BEGAN + at, verdicts=["violence", "hate"])
        await archive.keep(Batch(session, [], log(EVENTS), LINES[:1]))


@pytest.fixture
async def desk(bus: Bus, kept_archive: Store) -> AsyncIterator[httpx.AsyncClient]:
    """Who reads an archive with two flagged sessions."""
    await flagged(kept_archive, "a1", "b2")
    readers = tuple(f"{name}:{key}" for name, key in KEYS.items())
    async with reader(bus, kept_archive, readers=readers) as client:
        yield client


def key(name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {KEYS[name]}"}


async def listed(desk: httpx.AsyncClient, name: str = "desk/ann", **query: str) -> list[str]:
    """Sessions whose flags are listed."""
    answer = await desk.get("/v1/review", params=query, headers=key(name))
    assert answer.status_code == 200, answer.text
    return [one["session_id"] for one in answer.json()["flags"]]


async def test_flags_in_the_middle_band_wait_until_somebody_decides(desk: httpx.AsyncClient) -> None:
    page = (await desk.get("/v1/review", headers=key("desk/ann"))).json()
    assert [(one["session_id"], one["flag"]["event"]) for one in page["flags"]] == [
        ("b2", FLAG),
        ("a1", FLAG),
    ]
    flag = page["flags"][0]["flag"]
    assert (flag["text"], flag["span"], flag["categories"], flag["score"]) == (
        "I could strangle that play",
        [2, 16],
        ["violence"],
        0.62,
    )
    told = {"decision": "dismissed", "note": REASON}
    made = await desk.post(f"/v1/review/b2/{FLAG}", json=told, headers=key("desk/bob"))
    assert made.status_code == 201
    assert await listed(desk) == ["a1"]
    assert await listed(desk, state="decided") == ["b2"]
    [again] = (await desk.get("/v1/review?session=b2&state=all", headers=key("desk/ann"))).json()["flags"]
    [note] = again["decisions"]
    assert note == made.json()
    assert (note["author"], note["decision"], note["text"], note["event"]) == (
        "bob",
        "dismissed",
        REASON,
        FLAG,
    )
    assert note["made_at"] > BEGAN
    await desk.post(f"/v1/review/b2/{FLAG}", json={"decision": "upheld"}, headers=key("desk/ann"))
    [again] = (await desk.get("/v1/review?session=b2&state=all", headers=key("desk/ann"))).json()["flags"]
    assert [one["decision"] for one in again["decisions"]] == ["dismissed", "upheld"]


async def test_pages_and_filters_choose_the_sessions(desk: httpx.AsyncClient) -> None:
    first = (await desk.get("/v1/review?limit=1", headers=key("desk/ann"))).json()
    rest = (await desk.get(f"/v1/review?limit=1&cursor={first['cursor']}", headers=key("desk/ann"))).json()
    assert [one["session_id"] for one in first["flags"] + rest["flags"]] == ["b2", "a1"]
    assert rest["cursor"] is None
    assert await listed(desk, verdict="violence", until=str(BEGAN + 1)) == ["a1"]
    assert await listed(desk, verdict="card") == []


async def test_another_tenant_neither_sees_nor_decides(desk: httpx.AsyncClient) -> None:
    assert await listed(desk, "other/eve", state="all") == []
    decision = {"decision": "dismissed"}
    for answer in (
        await desk.post(f"/v1/review/a1/{FLAG}", json=decision, headers=key("other/eve")),
        await desk.get("/v1/review?session=a1", headers=key("other/eve")),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_session")
    assert (await desk.post(f"/v1/review/a1/{FLAG}", json=decision)).status_code == 401
    assert await listed(desk) == ["b2", "a1"]


async def test_only_a_flag_that_waits_for_review_is_decided(desk: httpx.AsyncClient) -> None:
    sure = f"{BEGAN + 2}-0"
    for path, body, status, code in (
        (f"a1/{sure}", {"decision": "upheld"}, 404, "unknown_flag"),
        ("a1/1-0", {"decision": "upheld"}, 404, "unknown_flag"),
        (f"none/{FLAG}", {"decision": "upheld"}, 404, "unknown_session"),
        (f"a1/{FLAG}", {"decision": "maybe"}, 400, "bad_request"),
        (f"a1/{FLAG}", {"decision": "upheld", "note": "x" * 8_001}, 400, "bad_request"),
    ):
        answer = await desk.post(f"/v1/review/{path}", json=body, headers=key("desk/ann"))
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), path
    assert (await desk.get("/v1/sessions/a1", headers=key("desk/ann"))).json()["notes"] == []


async def test_a_decision_is_sealed_and_forgotten_with_its_session(
    desk: httpx.AsyncClient, tmp_path: Path
) -> None:
    told = {"decision": "upheld", "note": REASON}
    assert (await desk.post(f"/v1/review/a1/{FLAG}", json=told, headers=key("desk/ann"))).status_code == 201
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not [
        path for path in files if b"remarkably" in path.read_bytes() or b"upheld" in path.read_bytes()
    ]
    assert (await desk.delete("/v1/sessions/a1", headers=key("desk/ann"))).status_code == 200
    assert await listed(desk, state="all") == ["b2"]
    answer = await desk.post(f"/v1/review/a1/{FLAG}", json=told, headers=key("desk/ann"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_session")


@pytest.fixture
async def vivavoce(
    redis_url: str,
    bus: Bus,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> AsyncIterator[Vivavoce]:
    """Runs `vivavoce review ...`; its exit code, and what it wrote and complained of."""
    assert bus
    monkeypatch.setenv("VIVAVOCE_HOME", str(tmp_path))
    archive = open_archive(ArchivePolicy(), tmp_path)
    await flagged(archive, "a1", "b2")
    await archive.close()
    gateway = await Gateway(redis_url, readers=("desk/ann:k1",)).up()

    async def run(*arguments: str) -> tuple[int, str, str]:
        where = ("--url", f"http://127.0.0.1:{gateway.port}", "--key", "k1")
        code = await asyncio.to_thread(cli.run, ["review", *arguments, *where])
        written = capsys.readouterr()
        return code, written.out, written.err

    yield run
    await gateway.down()


async def test_flags_are_listed_shown_and_decided_in_the_terminal(vivavoce: Vivavoce) -> None:
    _, table, _ = await vivavoce("list")
    assert [line.split()[:5] for line in table.splitlines()[1:]] == [
        [name, FLAG, "violence", "0.62", "open"] for name in ("b2", "a1")
    ]
    assert "could strangle" in table
    told = await vivavoce("decide", "b2", FLAG, "dismissed", "--note", REASON)
    assert told == (0, f"{FLAG} is dismissed, by ann\n", "")
    _, left, _ = await vivavoce("list", "--json")
    assert [json.loads(line)["session_id"] for line in left.splitlines()] == ["a1"]
    assert (await vivavoce("list", "--state", "all", "--limit", "1", "--json"))[1].count("\n") == 1
    _, shown, _ = await vivavoce("show", "b2", FLAG)
    assert f"{FLAG} segment 1: violence 0.62 by heads@0, dismissed" in shown
    assert "I could strangle that play" in shown
    assert f": {REASON}" in shown


async def test_what_cannot_be_decided_is_told_in_one_line(vivavoce: Vivavoce) -> None:
    for arguments, part in (
        (("show", "b2", "1-0"), "no flag 1-0"),
        (("decide", "b2", "1-0", "upheld"), "no flag 1-0"),
        (("decide", "none", FLAG, "upheld"), "no session none"),
    ):
        code, out, told = await vivavoce(*arguments)
        assert (code, out, told.count("\n")) == (1, "", 1)
        assert part in told
