"""The WebRTC connections of one gateway, by the names of their resources."""

import asyncio
import secrets
import time
from typing import Final, NoReturn

from streaming.errors import ClientFault, Fault, Overloaded, ServiceFault
from streaming.ingress.gateway import Gateway
from streaming.ingress.webrtc.connection import Connection
from streaming.ingress.webrtc.libopus import library
from streaming.ingress.webrtc.party import Party
from streaming.ingress.webrtc.policy import ice_servers
from streaming.wire.whip import IceServer

RETRY_S: Final = 5.0


class Exchange:
    """They live within `run`, each in a task of its own."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._group: asyncio.TaskGroup | None = None
        self._there: dict[str, Connection] = {}

    async def run(self) -> NoReturn:
        """Until cancelled."""
        async with asyncio.TaskGroup() as self._group:
            await asyncio.Event().wait()
        raise AssertionError

    def servers(self, tenant: str) -> list[IceServer]:
        """The ICE servers that a client of `tenant` is told of now."""
        return ice_servers(self._gateway.webrtc, tenant, time.time())

    def admit(self) -> None:
        """Whether there may be one more. Raises Fault."""
        if self._group is None or self._gateway.draining.is_set():
            raise Fault("draining", "this server is going away: connect again", retry_after=1)
        library()  # where there is none, say so before anything else
        if len(self._there) >= self._gateway.webrtc.connections:
            told = "there is no room for one more WebRTC connection: try again later"
            raise Overloaded(told, retry_after=self._gateway.server.retry_after_s)

    async def begin(self, tenant: str, party: Party, offer: str) -> tuple[str, str]:
        """A connection of `party` that answers `offer`: the name of its resource, and the answer.

        Raises:
            ClientFault: the offer cannot be answered, or nobody here can serve the session so.
            Overloaded: there is no room.
        """
        self.admit()
        assert self._group
        name = secrets.token_urlsafe(18)
        connection = Connection(self._gateway, tenant, party, self.servers(tenant))
        self._there[name] = connection
        task = self._group.create_task(connection.run(offer), name="webrtc")
        task.add_done_callback(lambda _: self._there.pop(name, None))
        await asyncio.wait({task, connection.answered}, return_when=asyncio.FIRST_COMPLETED)
        if not connection.answered.done():
            raise ServiceFault("internal", "something failed on our side: try again")
        return name, connection.answered.result()

    def named(self, name: str, tenant: str) -> Connection:
        """The connection of this resource. Raises ClientFault: there is none, or it is another's (told alike)."""
        found = self._there.get(name)
        if found is None or found.tenant != tenant:
            told = (
                "there is no such connection here: it is over, or belongs to another gateway, or is not yours"
            )
            raise ClientFault("unknown_session", told)
        return found
