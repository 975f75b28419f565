"""aiortc's side of a connection: it answers an offer, gives out RTP packets as they come, and carries a data channel.

aiortc would put packets through a jitter buffer that gives up what comes after a hole of 80 ms, and decode them in a
thread of its own. Here its buffer is replaced by one that hands each packet on and keeps none.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCSessionDescription,
)
from aiortc.rtp import RtpPacket
from aiortc.sdp import candidate_from_sdp

from streaming.errors import ClientFault, ServiceFault
from streaming.ingress.webrtc.road import Road
from streaming.wire import whip
from streaming.wire.rtp.order import Packet
from streaming.wire.whip import Fragment, IceServer

logging.getLogger("aioice").setLevel(logging.WARNING)  # it tells each pair of addresses

OVER: Final = ("failed", "closed")
BUFFER: Final = "_RTCRtpReceiver__jitter_buffer"
"""Where aiortc's receiver keeps it (seen in 1.16)."""

Hear = Callable[[int, Packet], None]
"""What is done with a packet, and the number of its source."""


class _Tap:
    """In the place of aiortc's jitter buffer: no frame is ever complete, so nothing is decoded there."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear

    def add(self, packet: RtpPacket) -> tuple[bool, None]:
        self._hear(packet.ssrc, Packet(packet.sequence_number, packet.timestamp, packet.payload))
        return False, None


class Peer:
    """One connection. `changed` is set whenever `state` may be another one; `opened` is called with each data channel
    that the client opens, before any message of it."""

    def __init__(
        self, servers: Sequence[IceServer], hear: Hear, opened: Callable[[RTCDataChannel], None]
    ) -> None:
        self._servers = [RTCIceServer(list(one.urls), one.username, one.credential) for one in servers]
        self._pc = RTCPeerConnection(
            RTCConfiguration(iceServers=self._servers, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        self._road: Road | None = None
        self._mid = ""
        self._hear = hear
        self.changed = asyncio.Event()
        self._pc.on("connectionstatechange", self.changed.set)
        self._pc.on("datachannel", opened)

    @property
    def state(self) -> str:
        """new, connecting, connected, failed or closed."""
        return self._pc.connectionState

    @property
    def over(self) -> bool:
        """Whether nothing will come any more."""
        return self.state in OVER

    async def answer(self, offer: str) -> str:
        """The answer to an offer, with all of our candidates. One sound is taken, the first; nothing is sent.

        Raises:
            ClientFault: it is no offer, or has no Opus sound for us.
        """
        sound = self._pc.addTransceiver("audio", direction="recvonly")
        codecs = RTCRtpReceiver.getCapabilities("audio")
        assert codecs
        sound.setCodecPreferences([one for one in codecs.codecs if one.mimeType.lower() == "audio/opus"])
        try:
            await self._pc.setRemoteDescription(RTCSessionDescription(offer, "offer"))
            if sound.mid is None or not sound.receiver.track:
                raise ValueError("it sends no audio")
            for other in self._pc.getTransceivers():
                if other is not sound:
                    other.direction = "inactive"
            answer = await self._pc.createAnswer()
        except Exception as wrong:  # noqa: BLE001 - aiortc's parser raises whatever comes up in what a client sent
            told = f"the offer cannot be answered ({type(wrong).__name__}: {str(wrong)[:200]}): it must send Opus audio"
            raise ClientFault("bad_offer", told) from None
        if not hasattr(sound.receiver, BUFFER):
            raise ServiceFault("unsupported", "this version of aiortc cannot be used: install 1.16")
        setattr(sound.receiver, BUFFER, _Tap(self._hear))
        self._road, self._mid = Road(sound.receiver.transport.transport, self._servers), sound.mid
        await self._pc.setLocalDescription(answer)
        return whip.wanting(self._pc.localDescription.sdp)

    async def candidates(self, told: Fragment) -> None:
        """Candidates that come behind the offer. Raises ClientFault for what is none."""
        if self._road and self._road.restarted:
            await self._road.candidates(told)
            return
        try:
            for mid, text in told.candidates:
                candidate = candidate_from_sdp(text)
                candidate.sdpMid = mid
                await self._pc.addIceCandidate(candidate)
            if told.ended:
                await self._pc.addIceCandidate(None)
        except (ValueError, IndexError, AssertionError) as wrong:
            raise ClientFault("bad_request", f"this is no ICE candidate: {str(wrong)[:200]}") from None

    async def restart(self, told: Fragment) -> Fragment:
        """Look for another way to a client that restarts ICE: our side of it. Raises ClientFault."""
        if not self._road or self.over:
            raise ClientFault("unprocessable", "this connection is over: make a new one")
        ufrag, pwd, ours = await self._road.restart(told)
        return Fragment(ufrag, pwd, tuple((self._mid, one) for one in ours), True)

    async def close(self) -> None:
        """Say good-bye to the client, and let go of all."""
        if self._road:
            await self._road.close()
        await self._pc.close()
        self.changed.set()
