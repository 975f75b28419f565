"""How answers and errors are written: private, never cached, and errors as JSON that says what to do."""

import logging
import math
import re
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
from starlette.responses import Response, StreamingResponse

from streaming.archive.kept import Kept
from streaming.errors import ClientFault, Fault, Overloaded, ServiceFault
from streaming.ingress.rest.shapes import Failed, Wrong

log = logging.getLogger(__name__)

PRIVATE: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
STATUS: Final = {
    "unauthorized": 401,
    "bad_origin": 403,
    "unknown_session": 404,
    "unknown_segment": 404,
    "unknown_note": 404,
    "unknown_flag": 404,
    "unknown_route": 404,
    "no_sound": 404,
    "forgotten": 404,
    "too_many_notes": 409,
    "unknown_suggestion": 404,
    "no_match": 412,
    "too_large": 413,
    "unsupported_type": 415,
    "bad_range": 416,
    "unprocessable": 422,
    "match_needed": 428,
    "unsupported": 501,
    "archive_down": 503,
    "bus_down": 503,
    "not_paused": 503,
}
RETRY_S: Final = 2.0
"""When what is away may be back."""


def json(made: Any, status: int = 200) -> Response:
    """JSON of a struct."""
    return Response(msgspec.json.encode(made), status, PRIVATE, "application/json")


def attached(session: Kept, kind: str, *, inline: bool = False) -> dict[str, str]:
    """The name of a file of this session: letters, digits, - and _ only."""
    name = re.sub(r"[^A-Za-z0-9_-]", "_", session.session_id)[:64]
    way = "inline" if inline else "attachment"
    return {**PRIVATE, "content-disposition": f'{way}; filename="{name}.{kind}"'}


async def streamed(parts: AsyncIterator[bytes], media: str, headers: dict[str, str]) -> Response:
    """What is made while it is sent. The first part is made before: what is wrong by then is told as an error; what
    goes wrong later breaks the connection off, so that nobody takes the half for the whole."""
    first = await anext(parts, b"")

    async def all_parts() -> AsyncIterator[bytes]:
        yield first
        async for part in parts:
            yield part

    return StreamingResponse(all_parts(), 200, headers, media)


def failed(error: Exception) -> Response:
    """An error as it is told."""
    match error:
        case ClientFault() as fault:
            return _told(fault, STATUS.get(fault.code, 400))
        case Overloaded() as fault:
            return _told(fault, 503)
        case ServiceFault() as fault:
            if STATUS.get(fault.code) is None:
                log.error("a reader was not served: %s", fault.message)
            return _told(fault, STATUS.get(fault.code, 500))
        case Fault() as fault:  # on its way out
            return _told(fault, 503)
        case _:
            log.error("a route failed (%s)", type(error).__name__, exc_info=error)
            return _told(ServiceFault("internal", "something failed on our side: try again"), 500)


def _told(fault: Fault, status: int) -> Response:
    retry = fault.retry_after or (RETRY_S if status == 503 else None)
    answer = json(Failed(Wrong(fault.code, fault.message, retry)), status)
    if retry:
        answer.headers["retry-after"] = str(math.ceil(retry))
    if status == 401:
        answer.headers["www-authenticate"] = "Bearer"
    return answer
