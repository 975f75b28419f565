"""A recorded session again, in its own time: the very bytes that its viewers were sent, from any place in its log.

Times are those at which the events were written, since an event's id has them. A session that is still being recorded
is replayed as far as it is kept.
"""

import asyncio
from typing import NoReturn

from starlette.websockets import WebSocket

from streaming.archive.ports import Archive
from streaming.errors import ClientFault, Close, ServiceFault
from streaming.feed import place
from streaming.ingress.conversing import Finished, conversed, reads_only
from streaming.ingress.door import Reader
from streaming.ingress.egress import Egress
from streaming.ingress.gateway import Gateway
from streaming.wire import messages as said
from streaming.wire import native as wire


class Pace:
    """When each entry is due: as long after the first one as it was written after it, at `speed`. Pure."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._first: tuple[int, float] | None = None

    def wait_s(self, entry_id: str, now: float) -> float:
        """Seconds to wait at `now` (monotonic) before the entry is sent; 0 when it is late."""
        written = place(entry_id)[0]
        if self._first is None:
            self._first = written, now
        since_ms, began = written - self._first[0], self._first[1]
        return max(0.0, began + since_ms / 1000 / self._speed - now)


class Replaying:
    """One reader's socket, for one replay."""

    def __init__(self, gateway: Gateway, socket: WebSocket, reader: Reader) -> None:
        self._gateway = gateway
        self._archive = gateway.archive
        self._socket = socket
        self._reader = reader
        self._egress = Egress(gateway.bus, socket, gateway.policy.slow_viewer_s)

    async def run(self, asked: said.SessionReplay) -> None:
        """To the end of what is kept.

        Raises:
            ClientFault: there is no such session for this reader (1008), or the reader says something (1002).
            Overloaded: as many watch and replay as may.
            WebSocketDisconnect: the reader has gone.
        """
        archive = self._archive
        if archive is None:
            raise ServiceFault("archive_down", "this gateway has no archive to replay from")
        await _known(archive, self._reader.tenant, asked.session_id)
        told = "a replay takes no more messages: ask for another one"
        with self._gateway.replayed():
            await conversed(receive=reads_only(self._socket, told), replay=self._send(archive, asked))

    async def _send(self, archive: Archive, asked: said.SessionReplay) -> NoReturn:
        pace, now = Pace(asked.speed), asyncio.get_running_loop().time
        async for entry in archive.log(self._reader.tenant, asked.session_id, asked.after):
            if wait_s := pace.wait_s(entry.id, now()):
                await asyncio.sleep(wait_s)
            await self._egress.send(wire.joined(entry.id, entry.body))
        raise Finished


async def _known(archive: Archive, tenant: str, session_id: str) -> None:
    """Raises ClientFault (1008) for a session that this tenant has not recorded."""
    try:
        await archive.session(tenant, session_id)
    except ClientFault as fault:
        raise ClientFault(fault.code, fault.message, close=Close.POLICY) from None
