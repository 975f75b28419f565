"""The way that a connection's packets take, which may become another one in the middle of it: ICE is restarted (RFC
8445, 2.4), which aiortc itself cannot.

aiortc's ICE transport reads and writes by one connection of aioice, and has failed when that one has. Here its reading
and writing are ours: packets come from whichever connection is there, and a new one takes the place of the old one as
soon as it is connected. What lies above (DTLS, SRTP, SCTP) sees nothing of it.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Final

from aioice import Connection
from aiortc import RTCIceServer
from aiortc.rtcicetransport import RTCIceGatherer, RTCIceTransport, candidate_to_aioice
from aiortc.sdp import candidate_from_sdp, candidate_to_sdp

from streaming.errors import ClientFault
from streaming.wire.whip import Fragment

log = logging.getLogger(__name__)

CONNECT_S: Final = 20.0
"""So long a new way may take to be found; the old one is kept until then."""
MONITOR: Final = "_RTCIceTransport__monitor_task"
"""Where aiortc's transport has the task that watches its connection (seen in 1.16)."""


class Road:
    """See above. Made before the transport connects."""

    def __init__(self, ice: RTCIceTransport, servers: Sequence[RTCIceServer]) -> None:
        self._ice: Any = ice
        self._servers = list(servers)
        self._now: Connection = self._ice._connection
        self._coming: Connection | None = None
        self._packets: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._reading: asyncio.Task[None] | None = None
        self._joining: asyncio.Task[None] | None = None
        self._ice._recv, self._ice._send = self._recv, self._send

    async def restart(self, told: Fragment) -> tuple[str, str, list[str]]:
        """Look for a way to a client that has these credentials and candidates: our user fragment, password and
        candidates. Raises ClientFault: a candidate is none."""
        gatherer: Any = RTCIceGatherer(self._servers)
        await gatherer.gather()
        new: Connection = gatherer._connection
        new.ice_controlling = self._now.ice_controlling
        new.remote_username, new.remote_password = told.ufrag, told.pwd
        await self._forgotten()
        self._coming = new
        await self.candidates(told)
        self._joining = asyncio.ensure_future(self._join(new))
        ours = [candidate_to_sdp(one) for one in gatherer.getLocalCandidates()]
        return new.local_username, new.local_password, ours

    @property
    def restarted(self) -> bool:
        """Candidates belong to a way that was looked for after the first."""
        return self._coming is not None

    async def candidates(self, told: Fragment) -> None:
        """More of the client's. Raises ClientFault."""
        assert self._coming
        try:
            for _, text in told.candidates:
                await self._coming.add_remote_candidate(candidate_to_aioice(candidate_from_sdp(text)))
            if told.ended:
                await self._coming.add_remote_candidate(None)
        except (ValueError, IndexError, AssertionError) as wrong:
            raise ClientFault("bad_request", f"this is no ICE candidate: {str(wrong)[:200]}") from None

    async def close(self) -> None:
        """Nothing is read any more. The connection that is there is aiortc's to close."""
        await self._forgotten()
        if self._reading:
            self._reading.cancel()

    # ---- a new one ---------------------------------------------------------------------------------------------------

    async def _forgotten(self) -> None:
        """Whatever was looked for before is not waited for any more."""
        if self._joining:
            self._joining.cancel()
            await asyncio.gather(self._joining, return_exceptions=True)
        if self._coming and self._coming is not self._now:
            await self._coming.close()

    async def _join(self, new: Connection) -> None:
        try:
            async with asyncio.timeout(CONNECT_S):
                await new.connect()
        except (ConnectionError, TimeoutError):
            log.info("ICE was restarted, and no way was found")
            return
        old, self._now = self._now, new
        self._ice._connection = new
        watching: asyncio.Task[None] = getattr(self._ice, MONITOR)
        watching.cancel()  # or the end of the old one would be the transport's
        setattr(self._ice, MONITOR, asyncio.ensure_future(self._ice._monitor()))
        self._read()
        await old.close()

    # ---- packets -----------------------------------------------------------------------------------------------------

    async def _send(self, data: bytes) -> None:
        await self._now.send(data)

    async def _recv(self) -> bytes:
        if self._reading is None:
            self._read()
        packet = await self._packets.get()
        if packet is None:
            self._packets.put_nowait(None)  # for whoever asks again
            raise ConnectionError
        return packet

    def _read(self) -> None:
        if self._reading:
            self._reading.cancel()
        self._reading = asyncio.ensure_future(self._pump(self._now))

    async def _pump(self, road: Connection) -> None:
        try:
            while True:
                self._packets.put_nowait(await road.recv())
        except ConnectionError:
            if road is self._now:
                self._packets.put_nowait(None)
