"""Errors as Deepgram tells them: a status and JSON before the upgrade, a close code with a reason after it. Pure.

Reasons begin with a code of theirs: DATA-0000 (what came is no sound), NET-0001 (nothing came), NET-0000 (our fault).
"""

import math
from typing import Final

from msgspec import UNSET, Struct, UnsetType

from streaming.errors import ClientFault, Close, Fault
from streaming.wire.dialect import QUIET, Closing, Refusal, shortened

STATUS: Final = {
    "unauthorized": 401,
    "bad_origin": 403,
    "too_many_requests": 429,
    "overloaded": 503,
    "bus_down": 503,
    "draining": 503,
}
CODES: Final = {
    400: "Bad Request",
    401: "INVALID_AUTH",
    403: "FORBIDDEN",
    429: "TOO_MANY_REQUESTS",
    500: "INTERNAL_SERVER_ERROR",
    503: "SERVICE_UNAVAILABLE",
}
SOUND: Final = (Close.ENCODING, Close.SIZE, Close.MALFORMED)
RETRY_S: Final = 2.0


class Refused(Struct, frozen=True):
    """The body of an HTTP answer that is no upgrade."""

    err_code: str
    err_msg: str
    request_id: str


class Wrong(Struct, frozen=True, tag="Error"):
    """A text frame that was not understood; the session goes on. `message`: the beginning of that frame."""

    variant: str
    description: str
    message: str | UnsetType = UNSET


def refusal(fault: Fault, request_id: str) -> Refusal:
    """What to answer to whoever met `fault` before the upgrade."""
    status = STATUS.get(fault.code, 400 if isinstance(fault, ClientFault) else 500)
    headers = {"dg-request-id": request_id, "dg-error": _line(fault.message)}
    if status in (429, 503):
        headers["retry-after"] = str(math.ceil(fault.retry_after or RETRY_S))
    return Refusal(status, Refused(CODES[status], fault.message, request_id), headers)


def closing(fault: Fault) -> Closing:
    """The close code and the reason after the upgrade."""
    if fault.close is not None and fault.close in (Close.DRAINING, Close.OVERLOAD, Close.REPLACED):
        return Closing(fault.close, shortened(fault.message))
    if fault.code == QUIET:
        return Closing(Close.INTERNAL, shortened(f"NET-0001: {fault.message}"))
    if fault.close in SOUND:
        return Closing(Close.POLICY, shortened(f"DATA-0000: {fault.message}"))
    if isinstance(fault, ClientFault):
        return Closing(Close.POLICY, shortened(fault.message))
    return Closing(Close.INTERNAL, shortened(f"NET-0000: {fault.message}"))


def misread(fault: Fault, frame: str = "") -> Wrong:
    """The answer to a text frame that was not understood."""
    return Wrong("SchemaError", fault.message, frame[:1_000].encode("utf-8", "replace").decode())


def _line(text: str) -> str:
    """As a header may have it."""
    return text.encode("ascii", "replace").decode().replace("\n", " ").replace("\r", " ")[:500]
