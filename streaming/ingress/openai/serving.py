"""From a request of OpenAI's API to its answer: who asks, how much, and how a refusal is told."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route as Served

from streaming.errors import ClientFault, Fault, ServiceFault
from streaming.ingress import door
from streaming.ingress.bodies import body
from streaming.ingress.gateway import Gateway
from streaming.ingress.openai.call import Call, refused
from streaming.ingress.openai.routes import ROUTES
from streaming.ingress.openai.uploading import uploaded
from streaming.ingress.rest.answering import PRIVATE

log = logging.getLogger(__name__)

Serve = Callable[[Call], Awaitable[Any]]


def mounted() -> list[Served]:
    """The routes."""
    return [
        Served(
            route.path.replace("{model}", "{model:path}"),
            _Route(route.serve, form=bool(route.form)),
            methods=[route.method],
        )
        for route in ROUTES
    ]


class _Route:
    """An ASGI application: what is answered is a struct, or written by the route itself as it comes."""

    def __init__(self, serve: Serve, *, form: bool) -> None:
        self._serve = serve
        self._form = form

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive, send)
        call: Call | None = None
        try:
            call = await self._call(request, send)
            if self._form:
                async with uploaded(request, call.gateway.api.upload_bytes) as call.upload:
                    made = await self._made(call, request)
            else:
                call.body = await body(request, call.gateway.api.body_bytes)
                made = await self._made(call, request)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - it is told, and logged by its kind
            made = await _failed(call, error)
        if made is not None:
            await made(scope, receive, send)

    async def _made(self, call: Call, request: Request) -> Response | None:
        """What is answered, unless nobody waits for it any more."""
        gone = asyncio.ensure_future(_gone(request))
        work = asyncio.ensure_future(self._work(call))
        try:
            await asyncio.wait({gone, work}, return_when=asyncio.FIRST_COMPLETED)
            return work.result() if work.done() else None
        finally:
            for task in (work, gone):
                task.cancel()
            await asyncio.gather(work, gone, return_exceptions=True)

    async def _work(self, call: Call) -> Response | None:
        with call.gateway.asked(call.tenant):
            counts = not self._form  # a file's session counts itself
            call.gateway.sessions += counts
            try:
                made = await self._serve(call)
            finally:
                call.gateway.sessions -= counts
        if made is None or isinstance(made, Response):
            return made
        return Response(msgspec.json.encode(made), 200, PRIVATE, "application/json")

    async def _call(self, request: Request, send: Any) -> Call:
        """Who asks is looked at before what is asked. Raises Fault."""
        gateway: Gateway = request.app.state.gateway
        tenant = door.admit(gateway.server, request.headers)
        if gateway.draining.is_set():
            raise Fault("draining", "this server is going away: ask again", retry_after=1)
        return Call(gateway, tenant, b"", request.path_params, send)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _failed(call: Call | None, error: Exception) -> Response | None:
    """The answer, or where one was begun its last event."""
    match error:
        case Fault() as fault:
            if isinstance(fault, ServiceFault) and not isinstance(fault, ClientFault):
                log.warning("a request was not served: %s", fault.code)
        case _:
            log.error("a request failed (%s)", type(error).__name__)
            fault = ServiceFault("internal", "something failed on our side: try again")
    if call is not None and call.begun:
        await call.broke(fault)
        return None
    return refused(fault, PRIVATE)
