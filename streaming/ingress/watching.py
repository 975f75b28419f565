"""A viewer's socket: the log of somebody's session from any place in it, read only."""

import hashlib
import hmac
from collections.abc import Sequence
from typing import NoReturn

import msgspec
from starlette.websockets import WebSocket

from streaming import keys
from streaming.clock import now_ms
from streaming.errors import ClientFault, Close
from streaming.facts import SessionConfig
from streaming.feed import place
from streaming.ingress import door, tickets
from streaming.ingress.conversing import Finished, conversed, reads_only
from streaming.ingress.egress import Egress, newest_partials
from streaming.ingress.gateway import Gateway
from streaming.ingress.lines import ENDED, line
from streaming.ingress.rest import ticket
from streaming.wire import messages as said
from streaming.wire import native as wire

PAGE = 512
TOKEN = "token"
"""What a viewer with the watch token is called."""


class Viewing:
    """One viewer. `offered`: keys that were shown as subprotocols."""

    def __init__(self, gateway: Gateway, socket: WebSocket, offered: Sequence[str]) -> None:
        self._gateway = gateway
        self._bus = gateway.bus
        self._watching = gateway.watching
        self._socket = socket
        self._offered = offered
        self._egress = Egress(gateway.bus, socket, gateway.policy.slow_viewer_s)

    async def run(self, asked: said.SessionWatch) -> None:
        """From its `session.watch` to the log's end. Raises Fault, or WebSocketDisconnect when the viewer has gone."""
        sid = asked.session_id
        who = await self._admitted(asked)
        if isinstance(who, door.Reader):
            with self._gateway.replayed():
                await self._show_kept(who, asked)
            return
        self._gateway.admit_viewer()
        try:
            self._egress.aside = who != TOKEN
            await self._watching.enter(sid, who)
            await self._egress.send(wire.encode(said.SessionWatching(sid)))
            await self._serve(sid, asked.after)
        finally:
            self._watching.leave(sid, who)

    async def _admitted(self, asked: said.SessionWatch) -> str | door.Reader:
        """Who watches; a Reader: what only the archive has. Raises ClientFault: no such session, or not for this viewer
        (1008; told alike)."""
        reader = None
        if asked.token is None:
            reader = self._reader(asked.session_id)
        names = ("config", "watch")
        config, watch = await self._bus.call("HMGET", keys.session(asked.session_id), *names)
        if config is not None:
            if reader and msgspec.json.decode(config, type=SessionConfig).tenant == reader.tenant:
                return reader.name
            if asked.token is not None and watch and _same(asked.token, watch):
                return TOKEN
        elif reader and self._gateway.archive:
            return reader
        told = (
            "there is no such session, or it is over for more than 15 minutes, or it is not for you to watch"
        )
        raise ClientFault("unknown_session", told, close=Close.POLICY)

    def _reader(self, session_id: str) -> door.Reader:
        server = self._gateway.server
        if shown := tickets.offered(self._socket):
            return ticket.shown(server, shown, session_id, now_ms(), "read")
        return door.read(server, self._socket.headers, self._offered)

    async def _show_kept(self, reader: door.Reader, asked: said.SessionWatch) -> None:
        """A recorded session that is over for long: all of its log, as fast as it is read."""
        archive, sid = self._gateway.archive, asked.session_id
        assert archive is not None
        kept = await archive.session(reader.tenant, sid)
        await self._egress.send(wire.encode(said.SessionWatching(kept.session_id)))
        async for entry in archive.log(reader.tenant, sid, asked.after):
            await self._egress.send(wire.joined(entry.id, entry.body))

    async def _serve(self, sid: str, after: str) -> None:
        told = "a viewer only reads: to speak, start a session of your own"
        await conversed(receive=reads_only(self._socket, told), egress=self._show(sid, after))

    async def _show(self, sid: str, after: str) -> NoReturn:
        after = await self._catch_up(sid, after)
        seat = self._watching.sit(sid, after)  # what comes from now on waits there
        try:
            seat.sent = place(await self._catch_up(sid, after))
            while True:
                one = await seat.get()
                await self._egress.tell(one)
                if one.last:
                    raise Finished
        finally:
            self._watching.rise(sid, seat)

    async def _catch_up(self, sid: str, after: str) -> str:
        """What is in the log behind `after`, read apart from the feed, so that no other viewer waits for it; the
        last id. Raises Finished behind the log's last entry."""
        while page := await self._bus.read(keys.events(sid), after, PAGE):
            for entry in newest_partials(page):
                await self._egress.tell(line(entry))
                if entry.body.startswith(ENDED):
                    raise Finished
            after = page[-1].id
        return after


def _same(token: str, hashed: bytes) -> bool:
    return hmac.compare_digest(hashlib.sha256(token.encode()).hexdigest().encode(), hashed)
