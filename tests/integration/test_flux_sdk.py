"""Deepgram's own client of Flux, unmodified: at the door, and with real speech through the whole service."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from deepgram.core.api_error import ApiError
from deepgram.listen.v2.types import ListenV2Configure, ListenV2ConfigureThresholds
from websockets.asyncio.client import connect

from streaming.bus import Bus
from streaming.ingress.tickets import Grant, issue
from streaming.wire.deepgram.flux import asked
from tests import speech
from tests.gateway import Gateway, heard_until_closed
from tests.integration.test_deepgram_sdk import Listener, client
from tests.integration.test_dialects_door import config, refused
from tests.stack import Stack

FIRST, SECOND = "conf-onlyone", "vm-goodbye"
SOUND: dict[str, Any] = {"model": "flux-general-en", "encoding": "linear16", "sample_rate": 16_000}
PATH = "/v2/listen?model=flux-general-en&encoding=linear16&sample_rate=16000"


def events(heard: Listener, kind: str) -> list[Any]:
    return [one for one in heard.of("TurnInfo") if one.event == kind]


def words(turn: Any) -> list[str]:
    return speech.plain(turn.transcript)


@pytest.mark.models
@pytest.mark.slow
async def test_a_turn_begins_grows_seems_to_end_goes_on_and_ends(server: Stack) -> None:
    pcm = speech.join(0.5, FIRST, 1.6, SECOND, 3.2)
    connecting = client(server.url).listen.v2.connect(
        **SOUND, eot_threshold=1.0, eager_eot_threshold=0.3, eot_timeout_ms=2_500
    )
    async with connecting as connection:
        heard = Listener(connection)
        await heard.play(pcm.tobytes(), 2_560, 0.08)
        [ended] = await heard.until("TurnInfo", lambda one: one.event == "EndOfTurn") and events(
            heard, "EndOfTurn"
        )
        await connection.send_close_stream()
        await heard.task
    assert heard.errors == []
    assert speech.errors(speech.plain(f"{speech.said()[FIRST]} {speech.said()[SECOND]}"), words(ended)) <= 1
    assert (ended.turn_index, ended.trigger) == (0, "model")
    told = [one.event for one in heard.of("TurnInfo")]
    assert "Update" in told
    course = " ".join(event for event in told if event != "Update")
    # Where a machine is busy it may seem to end once more, or be over before it seems so.
    assert re.fullmatch(r"StartOfTurn( EagerEndOfTurn TurnResumed)+( EagerEndOfTurn)? EndOfTurn", course)
    first, *_, last = [one for one in heard.of("TurnInfo") if one.event in ("EagerEndOfTurn", "EndOfTurn")]
    assert speech.errors(speech.plain(speech.said()[FIRST]), words(first)) <= 1
    assert last is ended
    assert [one.sequence_id for one in heard.messages] == list(range(len(heard.messages)))
    assert heard.messages[0].type == "Connected"
    assert ended.words[0].start >= 0.4


@pytest.mark.models
@pytest.mark.slow
async def test_a_client_with_turns_of_its_own_ends_them_itself_and_configures_more(server: Stack) -> None:
    async with client(server.url).listen.v2.connect(**SOUND, eot_threshold=1.0) as connection:
        heard = Listener(connection)
        await heard.play(speech.join(FIRST, 0.2).tobytes(), 6_400, 0)  # all at once
        await connection.send_force_end_turn()
        [turn] = await heard.until("TurnInfo", lambda one: one.event == "EndOfTurn") and events(
            heard, "EndOfTurn"
        )
        assert speech.errors(speech.plain(speech.said()[FIRST]), words(turn)) <= 1
        assert turn.trigger == "manual"
        more = ListenV2ConfigureThresholds(eot_threshold=0.6)
        await connection.send_configure(ListenV2Configure(thresholds=more, keyterms=["Asterisk"]))
        [configured] = await heard.until("ConfigureSuccess")
        assert (configured.keyterms, configured.thresholds.eot_threshold) == (["Asterisk"], 0.6)
        await connection.send_close_stream()
        await heard.task


@pytest.fixture
async def guarded(redis_url: str, bus: Bus) -> AsyncIterator[Gateway]:
    gateway = await Gateway(redis_url, keys=("desk:sesame",), max_sessions=1).up()
    yield gateway
    await gateway.down()


async def test_who_may_not_come_in_is_refused_before_the_upgrade(guarded: Gateway, bus: Bus) -> None:
    url = f"http://127.0.0.1:{guarded.port}"
    with pytest.raises(ApiError) as caught:
        async with client(url, "wrong").listen.v2.connect(**SOUND):
            pass
    assert caught.value.status_code == 401
    web, key = url.replace("http", "ws", 1) + PATH, {"authorization": "Token sesame"}
    assert (await refused(f"{web}&eot_threshold=2", additional_headers=key))[0] == 400
    assert (await refused(web, additional_headers=key, origin="https://evil.example"))[0] == 403
    async with connect(f"{web}&ticket={await issue(bus, Grant('shop'), 60)}"):
        assert (await config(bus)).tenant == "shop"
        assert (await refused(web, additional_headers=key))[0] == 503


async def test_what_ends_a_session_is_told_before_its_close(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = f"ws://127.0.0.1:{gateway.port}{PATH}"
    async with connect(web) as socket:
        assert json.loads(await socket.recv())["type"] == "Connected"
        await socket.send("{")
        told, code = await heard_until_closed(socket)
    assert ([one["type"] for one in told], code) == (["Error"], 1008)
    assert (told[0]["code"], told[0]["sequence_id"]) == ("UNPARSABLE_CLIENT_MESSAGE", 1)
    monkeypatch.setattr(asked, "QUIET_S", 0.3)
    async with connect(web) as socket:
        told, code = await heard_until_closed(socket)
    assert (told[-1]["code"], code) == ("CLIENT_MESSAGE_TIMEOUT", 1011)
    monkeypatch.undo()
    async with connect(web) as socket:
        assert json.loads(await socket.recv())["type"] == "Connected"
        down = asyncio.create_task(gateway.down())
        told, code = await heard_until_closed(socket)
        await down
    assert (told[-1]["type"], code) == ("Error", 1012)
