"""One WebRTC connection and its session, from the offer to the log's end.

The session lives as long as the connection: nobody can resume it. When the client has gone (ICE or DTLS failed, or was
closed without a word), or this server goes away, what it said until then is transcribed, and the session ends `lost`.
After `session.end`, or a DELETE, it ends as the client wished.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Final, NoReturn

from streaming.errors import ClientFault, Close, Fault, ServiceFault
from streaming.ingress.conversing import Finished, conversed
from streaming.ingress.gateway import Gateway
from streaming.ingress.guests.waiting import Hole as Lost
from streaming.ingress.webrtc.channel import Channel
from streaming.ingress.webrtc.ear import Ear, Heard, Sound
from streaming.ingress.webrtc.party import Party
from streaming.ingress.webrtc.peer import Peer
from streaming.ingress.webrtc.waiting import Waiting
from streaming.wire.rtp.order import Packet
from streaming.wire.whip import Fragment, IceServer, credentials

log = logging.getLogger(__name__)

LOOK_S: Final = 0.25
STALLED_S: Final = 0.5
"""Packets that wait behind a hole for so long wait for nothing."""
LAST_S: Final = 8.0
"""How long a client has to get the last that is said: SCTP sends it again after 1 s, 2 s and 4 s."""


class Connection:
    """See above. `answered` is done with the answer to the offer, or with the fault why there is none. `ice`: user
    fragment and password of our side now."""

    def __init__(self, gateway: Gateway, tenant: str, party: Party, servers: Sequence[IceServer]) -> None:
        self._gateway = gateway
        self._party = party
        self._channel = Channel(party.label)
        self._ear, self._waiting = Ear(), Waiting()
        self._peer = Peer(servers, self._hear, self._channel.opened)
        self._heard_at = self._began = time.monotonic()
        self._held = self._dismissed = False
        self.tenant = tenant
        self.ice = ("", "")
        self.answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def run(self, offer: str) -> None:
        """To the end of the session. What is wrong with it is told to the client, and goes no further."""
        try:
            with self._party.here():
                await self._serve(offer)
        except Fault as fault:
            self._failed(fault)
        except Exception as wrong:  # noqa: BLE001 - what went wrong may hold what was said: the log has its kind alone
            log.error("a WebRTC connection failed (%s)", type(wrong).__name__)
            self._failed(ServiceFault("internal", "something failed on our side: connect again"))
        finally:
            await self._channel.said(LAST_S)
            await self._peer.close()

    async def trickle(self, told: Fragment) -> None:
        """Candidates that come behind the offer. Raises ClientFault."""
        await self._peer.candidates(told)

    async def restart(self, told: Fragment) -> Fragment:
        """ICE begins anew: our side of it. The session goes on. Raises ClientFault."""
        ours = await self._peer.restart(told)
        self.ice = (ours.ufrag, ours.pwd)
        return ours

    def leave(self) -> None:
        """The client wants no more: what it said is transcribed, then the session ends."""
        self._dismissed = True
        self._peer.changed.set()

    # ---- the session -------------------------------------------------------------------------------------------------

    async def _serve(self, offer: str) -> None:
        answer = await self._peer.answer(offer)
        await self._party.begin()
        self.ice = credentials(answer)
        self.answered.set_result(answer)
        try:
            await conversed(
                session=self._party.run(self._channel.say),
                listen=self._listen(),
                read=self._read(),
                life=self._life(),
            )
        finally:
            await self._drain()

    def _failed(self, fault: Fault) -> None:
        if not self.answered.done():
            self.answered.set_exception(fault)
        for text in self._party.wrong(fault):
            self._channel.say(text)

    # ---- what comes in -----------------------------------------------------------------------------------------------

    def _hear(self, source: int, packet: Packet) -> None:
        heard = self._ear.hear(source, packet)
        self._heard_at, self._held = time.monotonic(), not heard
        self._waiting.put(heard)

    async def _listen(self) -> NoReturn:
        await self._party.there()
        while True:
            await self._waiting.some()
            await self._taken()

    async def _take(self, one: Heard) -> None:
        if isinstance(one, Sound):
            await self._party.sound(one.pcm.astype("<i2", copy=False).tobytes())
        else:
            made = b"" if one.pcm is None else one.pcm.astype("<i2", copy=False).tobytes()
            await self._party.lose(Lost(one.samples, one.reason, made))

    async def _drain(self) -> None:
        """All that was heard, also what was held behind a hole."""
        self._waiting.put(self._ear.flush())
        await self._taken()

    async def _taken(self) -> None:
        """What waits, if there is a session for it yet."""
        while self._party.begun and (one := self._waiting.get()) is not None:
            await self._take(one)

    async def _read(self) -> NoReturn:
        while True:
            text = await self._channel.heard.get()
            if self._channel.flooded:
                told = "more was said on the data channel than can be taken: send fewer and shorter messages"
                raise ClientFault("flooded", told, close=Close.POLICY)
            await self._taken()
            await self._party.said(text)

    # ---- its life ----------------------------------------------------------------------------------------------------

    async def _life(self) -> NoReturn:
        """Until the client has gone, or this server is on its way out."""
        while True:
            await self._look()
            if self._gateway.draining.is_set():
                raise Fault("draining", "this server is going away: connect again", close=Close.DRAINING)
            if self._party.leaving:
                continue
            if self._dismissed:
                await self._drain()
                self._party.leave("client")
            else:
                self._still_there()

    async def _look(self) -> None:
        self._peer.changed.clear()
        changed = asyncio.ensure_future(self._peer.changed.wait())
        try:
            await asyncio.wait({changed}, timeout=LOOK_S)
        finally:
            changed.cancel()
        if self._held and time.monotonic() - self._heard_at > STALLED_S:
            self._held = False
            self._waiting.put(self._ear.flush())

    def _still_there(self) -> None:
        """Raises Finished when the client has gone, or never came."""
        if self._peer.over:
            raise Finished
        seconds = time.monotonic() - self._began
        if self._peer.state != "connected" and seconds > self._gateway.webrtc.connect_s:
            log.info("a WebRTC client did not connect")
            raise Finished
        if time.monotonic() - self._heard_at > self._gateway.policy.idle_timeout_s:
            self._party.leave("idle")
