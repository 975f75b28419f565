"""ICE is restarted: a client whose network is gone finds another way, and its session goes on."""

import asyncio
from typing import Any

import msgspec
import numpy as np
from aiortc.rtcicetransport import RTCIceGatherer, candidate_to_aioice
from aiortc.sdp import candidate_from_sdp, candidate_to_sdp

from streaming import keys
from streaming.bus import Bus
from streaming.facts import Ended, Mark, Skipped
from streaming.ingress.webrtc.road import Road
from streaming.wire import whip
from streaming.wire.whip import Fragment
from tests.gateway import Gateway, eventually
from tests.speech import RATE
from tests.webrtc import Caller, Voice

PATCH = {"content-type": whip.FRAGMENT, "if-match": "*"}


class Mover(Caller):
    """A client that can lose its network, and restart ICE: by the server's own means, for aiortc has none."""

    road: Any = None
    roads: Any = ()

    async def call(self, *args: Any, **more: Any) -> Any:
        """As `Caller.call`, its ways in our hands before they connect."""
        connection: Any = self.pc
        known = connection.setRemoteDescription

        async def answered(told: Any) -> None:
            ways: list[Any] = [connection.getTransceivers()[0].sender.transport, connection.sctp.transport]
            self.roads = [Road(ice, []) for ice in {one.transport for one in ways}]
            await known(told)

        connection.setRemoteDescription = answered
        return await super().call(*args, **more)

    async def lose(self) -> None:
        """Nothing gets through any more, in or out, and nobody says so."""
        roads: list[Any] = self.roads
        [self.road] = [road for road in roads if road._ice.state == "completed"]
        for protocol in self.road._now._protocols:
            protocol.transport.sendto = protocol.datagram_received = lambda *_: None

    async def restart(self) -> int:
        """The status of the answer; a way was found, if it is 200."""
        gatherer: Any = RTCIceGatherer([])
        await gatherer.gather()
        new = gatherer._connection
        new.ice_controlling = True
        ours = [("0", candidate_to_sdp(one)) for one in gatherer.getLocalCandidates()]
        mine = Fragment(new.local_username, new.local_password, tuple(ours), True)
        answer = await self.http.patch(self.where, content=whip.restarted(mine), headers=PATCH)
        self.answer = answer
        if answer.status_code == 200:
            theirs = whip.fragment(answer.text)
            new.remote_username, new.remote_password = theirs.ufrag, theirs.pwd
            for _, text in theirs.candidates:
                await new.add_remote_candidate(candidate_to_aioice(candidate_from_sdp(text)))
            await new.add_remote_candidate(None)
            await self.road._join(new)
        return answer.status_code


async def taken(bus: Bus, sid: str) -> tuple[int, list[Mark]]:
    """Samples of its sound in Redis, and what else stands there."""
    entries = await bus.call("XRANGE", keys.audio(sid), "-", "+")
    sound = sum(len(fields[1]) // 2 for _, fields in entries if fields[0] == b"pcm")
    return sound, [msgspec.json.decode(fields[1], type=Mark) for _, fields in entries if fields[0] == b"e"]


async def test_a_client_whose_network_is_gone_restarts_ice_and_its_session_goes_on(
    gateway: Gateway, bus: Bus
) -> None:
    tone = np.round(8_000 * np.sin(2 * np.pi * 440 * np.arange(60 * RATE) / RATE)).astype(np.int16)
    mover = Mover(f"http://127.0.0.1:{gateway.port}")
    begun = await mover.call(Voice(tone))
    sid, first = begun.headers["vivavoce-session-id"], begun.headers["etag"]
    await eventually(lambda: taken(bus, sid), lambda has: has[0] > RATE)
    for _ in range(2):  # whoever moved once may move again
        await mover.lose()
        await asyncio.sleep(0.7)
        before, _ = await taken(bus, sid)
        assert await mover.restart() == 200
        await eventually(lambda: taken(bus, sid), lambda has, least=before: has[0] > least + RATE)
    assert mover.answer
    assert mover.answer.headers["etag"] != first
    old = await mover.http.patch(mover.where, content=mover.answer.text, headers={**PATCH, "if-match": first})
    assert old.status_code == 412
    sound, marks = await taken(bus, sid)
    assert any(isinstance(one, Skipped) for one in marks), "what was said meanwhile is accounted for"
    assert not any(isinstance(one, Ended) for one in marks)
    assert mover.channel.readyState == "open"
    mover.say(type="session.end")
    _, marks = await eventually(lambda: taken(bus, sid), lambda has: isinstance(has[1][-1], Ended))
    assert isinstance(marks[-1], Ended)
    assert sound > 3 * RATE
    await mover.close()


async def test_where_no_other_way_is_found_the_old_one_is_kept(gateway: Gateway, bus: Bus) -> None:
    caller = Caller(f"http://127.0.0.1:{gateway.port}")
    begun = await caller.call(Voice(np.full(60 * RATE, 900, np.int16)))
    sid = begun.headers["vivavoce-session-id"]
    nowhere = "a=ice-ufrag:nobody\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n"
    answer = await caller.http.patch(caller.where, content=nowhere, headers=PATCH)
    assert answer.status_code == 200
    before, _ = await taken(bus, sid)
    await eventually(lambda: taken(bus, sid), lambda has: has[0] > before + RATE)
    wrong = await caller.http.patch(caller.where, content=f"{nowhere}a=candidate:x\r\n", headers=PATCH)
    assert wrong.status_code == 400
    await caller.close()
