"""A request that was let in, the stream of events that may be its answer, and the answer to one that is refused."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from starlette.responses import Response

from streaming.errors import Fault
from streaming.ingress.gateway import Gateway
from streaming.ingress.openai.uploading import Upload
from streaming.wire.openai.faults import event, refusal

HEAD: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # a proxy that gathers is none for what is to be read as it comes
]


class Call:
    """`begun`: the head of a stream was sent, and whatever goes wrong is told in the stream. `upload`: the form, where
    the route has one."""

    def __init__(
        self, gateway: Gateway, tenant: str, body: bytes, path: Mapping[str, str], send: Any
    ) -> None:
        self.gateway = gateway
        self.tenant = tenant
        self.body = body
        self.path = path
        self.upload: Upload | None = None
        self.begun = False
        self._send = send

    async def say(self, part: bytes) -> None:
        """A part of the stream; the first one sends the head before."""
        if not self.begun:
            self.begun = True
            await self._send({"type": "http.response.start", "status": 200, "headers": HEAD})
        await self._send({"type": "http.response.body", "body": part, "more_body": True})

    async def end(self) -> None:
        """Nothing more comes."""
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def broke(self, fault: Fault) -> None:
        """The stream ends with an error."""
        await self.say(event(fault))
        await self.end()


def refused(fault: Fault, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to whoever's request met `fault`."""
    told = refusal(fault)
    more = {**(headers or {}), **told.headers}
    return Response(msgspec.json.encode(told.body), told.status, more, "application/json")
