"""WHIP's answers to what is wrong (RFC 9725), trickled candidates, and connections that die."""

from collections.abc import AsyncIterator
from typing import Any

import aioice.ice
import msgspec
import numpy as np
import pytest
from aiortc.sdp import candidate_to_sdp

from streaming import keys
from streaming.bus import Bus
from streaming.config import load
from streaming.facts import Ended, Mark
from streaming.ingress.webrtc.peer import Peer
from streaming.ingress.webrtc.policy import WebrtcPolicy, ice_servers
from streaming.wire.whip import fragment
from tests.gateway import POLICY, Gateway, eventually
from tests.webrtc import Caller, Voice

SDP = {"content-type": "application/sdp"}
PATCH = {"content-type": "application/trickle-ice-sdpfrag"}
FRAGMENT = "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
SECOND = np.zeros(16_000, np.int16)


@pytest.fixture
async def caller(gateway: Gateway) -> AsyncIterator[Caller]:
    one = Caller(f"http://127.0.0.1:{gateway.port}")
    yield one
    await one.close()


async def ended(bus: Bus, sid: str) -> list[Ended]:
    entries = await bus.call("XRANGE", keys.audio(sid), "-", "+")
    marks = [msgspec.json.decode(fields[1], type=Mark) for _, fields in entries if fields[0] == b"e"]
    return [mark for mark in marks if isinstance(mark, Ended)]


async def test_what_is_wrong_with_a_request_is_told_by_its_status(caller: Caller) -> None:
    url, http = f"{caller.url}/whip", caller.http
    await caller.call(Voice(SECOND))
    offer = caller.pc.localDescription.sdp
    for asked, status in (
        (http.post(url, content=offer), 415),
        (http.post(url, content=offer, headers={"content-type": "text/plain"}), 415),
        (http.post(url, content="v=0\r\nnonsense", headers=SDP), 400),
        (http.post(url, content=offer.replace("opus/48000", "opus/1"), headers=SDP), 400),
        (http.post(url, content=offer.replace("a=sendrecv", "a=recvonly"), headers=SDP), 400),
        (http.post(url, content="x" * 70_000, headers=SDP), 413),
        (http.post(f"{url}?mood=fine", content=offer, headers=SDP), 400),
        (http.post(f"{url}?mode=assist", content=offer, headers=SDP), 400),
        (http.get(url), 405),
        (http.patch(f"{url}/none", content=FRAGMENT, headers=PATCH), 404),
        (http.delete(f"{url}/none"), 404),
        (http.patch(caller.where, content=FRAGMENT), 415),
        (http.patch(caller.where, content="a=mid:0", headers=PATCH), 400),
        (http.patch(caller.where, content=FRAGMENT, headers=PATCH), 428),
        (http.patch(caller.where, content=FRAGMENT, headers={**PATCH, "if-match": '"other"'}), 412),
        (http.get(caller.where), 405),
    ):
        answer = await asked
        assert answer.status_code == status, answer.text
        assert status == 405 or len(answer.json()["error"]["message"]) > 20


async def test_candidates_come_behind_the_offer(caller: Caller) -> None:
    await caller.call(Voice(SECOND))
    lines = caller.pc.localDescription.sdp.splitlines()
    late = [line for line in lines if line.startswith("a=candidate")]
    shown = [line for line in lines if line.startswith(("a=ice-ufrag", "a=ice-pwd"))]
    body = "\r\n".join([*shown[:2], "m=audio 9 UDP/TLS/RTP/SAVPF 0", "a=mid:0", *late, "a=end-of-candidates"])
    assert caller.answer
    headers = {**PATCH, "if-match": caller.answer.headers["etag"]}
    assert (await caller.http.patch(caller.where, content=body, headers=headers)).status_code == 204
    peer = Peer([], lambda *_: None, lambda _: None)
    offer = [line for line in lines if line not in late and line != "a=end-of-candidates"]
    await peer.answer("\r\n".join(offer) + "\r\n")
    await peer.candidates(fragment(body))
    [sound] = peer._pc.getTransceivers()
    had = sound.receiver.transport.transport.getRemoteCandidates()
    assert {f"a=candidate:{candidate_to_sdp(one)}" for one in had} == set(late)
    await peer.close()


async def test_without_a_key_or_with_anothers_there_is_nothing(redis_url: str, bus: Bus) -> None:
    gateway = await Gateway(redis_url, keys=("desk:secret", "shop:other")).up()
    one, other = (Caller(f"http://127.0.0.1:{gateway.port}", key) for key in ("secret", "other"))
    try:
        assert (await one.http.post(f"{one.url}/whip", headers={"authorization": ""})).status_code == 401
        assert (await one.call(Voice(SECOND))).status_code == 201
        assert (await other.http.delete(one.where)).status_code == 404
        assert (await one.http.get(f"{one.url}/v1/ice", headers={"authorization": ""})).status_code == 401
        assert (await one.http.get(f"{one.url}/v1/ice")).json() == {"iceServers": []}
    finally:
        await one.close()
        await other.close()
        await gateway.down()


@pytest.mark.parametrize("bound", [{"max_sessions": 1}, {"more": {"webrtc": WebrtcPolicy(connections=1)}}])
async def test_who_is_too_many_is_told_when_to_come_back(
    redis_url: str, bus: Bus, bound: dict[str, Any]
) -> None:
    gateway = await Gateway(redis_url, **bound).up()
    one, other = (Caller(f"http://127.0.0.1:{gateway.port}") for _ in range(2))
    try:
        assert (await one.call(Voice(SECOND))).status_code == 201
        answer = await other.call(Voice(SECOND))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    finally:
        await one.close()
        await other.close()
        await gateway.down()


async def test_pages_of_listed_sites_may_call_and_others_may_not(redis_url: str, bus: Bus) -> None:
    gateway = await Gateway(redis_url, origins=("https://desk.example",)).up()
    caller = Caller(f"http://127.0.0.1:{gateway.port}")
    try:
        for origin, status in (("https://desk.example", 415), ("https://evil.example", 403)):
            headers = {"origin": origin}
            asked = await caller.http.options(f"{caller.url}/whip", headers=headers)
            answer = await caller.http.post(f"{caller.url}/whip", headers=headers)
            listed = origin if status == 415 else None
            assert asked.headers.get("access-control-allow-origin") == listed
            assert answer.headers.get("access-control-allow-origin") == listed
            assert answer.status_code == status
    finally:
        await caller.close()
        await gateway.down()


async def test_a_client_that_hangs_up_is_lost_and_nothing_it_said_is(caller: Caller, bus: Bus) -> None:
    voice = Voice(SECOND)
    told = (await caller.call(voice)).headers["vivavoce-session-id"]
    await voice.over.wait()
    await caller.pc.close()
    [end] = await eventually(lambda: ended(bus, told), bool)
    assert end.reason == "lost"
    assert end.samples >= 15_000


async def test_a_client_whose_network_dies_is_lost(
    caller: Caller, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aioice.ice, "CONSENT_INTERVAL", 0.2)
    monkeypatch.setattr(aioice.ice, "CONSENT_FAILURES", 2)
    voice = Voice(SECOND)
    told = (await caller.call(voice)).headers["vivavoce-session-id"]
    await voice.over.wait()
    for transceiver in caller.pc.getTransceivers():  # its sockets are gone, without a word
        for protocol in transceiver.receiver.transport.transport._connection._protocols:
            protocol.transport.abort()
    [end] = await eventually(lambda: ended(bus, told), bool)
    assert end.reason == "lost"


async def test_a_client_that_never_connects_is_given_up(redis_url: str, bus: Bus) -> None:
    gateway = await Gateway(redis_url, POLICY, {"webrtc": WebrtcPolicy(connect_s=0.5)}).up()
    caller = Caller(f"http://127.0.0.1:{gateway.port}")
    try:
        offer = "\r\n".join(
            line for line in (await offered(caller)).splitlines() if not line.startswith("a=candidate")
        )
        answer = await caller.http.post(f"{caller.url}/whip", content=offer + "\r\n", headers=SDP)
        told = answer.headers["vivavoce-session-id"]
        [end] = await eventually(lambda: ended(bus, told), bool)
        assert (end.reason, end.samples) == ("lost", 0)
        assert (await caller.http.delete(f"{caller.url}{answer.headers['location']}")).status_code == 404
    finally:
        await caller.close()
        await gateway.down()


async def offered(caller: Caller) -> str:
    caller.pc.addTrack(Voice(SECOND))
    await caller.pc.setLocalDescription(await caller.pc.createOffer())
    return caller.pc.localDescription.sdp


async def test_a_gateway_that_goes_away_says_so_and_keeps_what_was_said(
    gateway: Gateway, caller: Caller, bus: Bus
) -> None:
    voice = Voice(SECOND)
    told = (await caller.call(voice)).headers["vivavoce-session-id"]
    await voice.over.wait()
    await gateway.down()
    [end] = await ended(bus, told)
    assert end.reason == "lost"
    assert end.samples >= 15_000
    assert (await caller.until("error"))["code"] == "draining"


def test_each_client_has_a_turn_name_of_its_own_that_ends_by_itself() -> None:
    flat = {
        "VIVAVOCE_WEBRTC__ICE": "stun:s.example:3478, turn:t.example:3478?transport=udp",
        "VIVAVOCE_WEBRTC__TURN_SECRET": "north",
    }
    policy = load(environment=flat).webrtc
    stun, turn = ice_servers(policy, "desk", 1_000.0)
    assert (stun.urls, stun.credential) == (("stun:s.example:3478",), "")
    assert turn.username == "4600:desk"
    assert turn.credential == "yT4PZbf4x50wIpPSHb7IOYMU8ks="
    plain = WebrtcPolicy(ice=("turn:t:1",), turn_username="u", turn_password="p")
    assert ice_servers(plain, "desk", 0)[0].username == "u"
