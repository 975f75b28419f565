"""Errors as OpenAI's API tells them: `{"error": {message, type, param, code}}` with an HTTP status. Pure."""

import math
from typing import Final

import msgspec
from msgspec import Struct

from streaming.errors import ClientFault, Fault

STATUS: Final = {
    "unauthorized": 401,
    "bad_origin": 403,
    "model_not_found": 404,
    "unknown_route": 404,
    "unknown_session": 404,
    "too_large": 413,
    "unsupported_type": 415,
    "too_many_requests": 429,
    "overloaded": 503,
    "bus_down": 503,
    "reply_failed": 503,
    "draining": 503,
}
CODES: Final = {"unauthorized": "invalid_api_key", "too_many_requests": "rate_limit_exceeded"}
"""What clients know by another name."""
RETRY_S: Final = 2.0


class Wrong(ClientFault):
    """A request that is not as it should be: `param` is the member that is wrong."""

    def __init__(self, message: str, param: str | None = None, code: str = "bad_request") -> None:
        super().__init__(code, message)
        self.param = param


def member(told: str) -> str:
    """The member that an error of msgspec is about, from its text; "" where it names none."""
    return told.partition("`$.")[2].partition("`")[0]


class Told(Struct, frozen=True):
    """What was wrong and what to do (`message`), for programs by `type` and `code`; `param`: in which member."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class Refused(Struct, frozen=True):
    """The body of every answer that is not 2xx, and an event of a stream that broke."""

    error: Told


class Refusal(Struct, frozen=True):
    """An error as it is answered: its body, its HTTP status, and what stands in the head besides."""

    body: Refused
    status: int
    headers: dict[str, str]


def refusal(fault: Fault) -> Refusal:
    """The answer to whoever's request met `fault`."""
    status = STATUS.get(fault.code, 400 if isinstance(fault, ClientFault) else 500)
    kind = (
        "server_error" if status >= 500 else "rate_limit_error" if status == 429 else "invalid_request_error"
    )
    param = fault.param if isinstance(fault, Wrong) else None
    told = Told(fault.message, kind, param, CODES.get(fault.code, fault.code))
    headers: dict[str, str] = {}
    if status in (429, 503):
        headers["retry-after"] = str(math.ceil(fault.retry_after or RETRY_S))
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return Refusal(Refused(told), status, headers)


def event(fault: Fault) -> bytes:
    """An error in the middle of a stream."""
    return b"data: " + msgspec.json.encode(refusal(fault).body) + b"\n\n"
