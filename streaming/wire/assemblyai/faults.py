"""Errors as AssemblyAI tells them: an `Error` on the open socket, then a close with the same code. Pure.

Source: AssemblyAI's page "Common session errors and closures", and the table of codes in `assemblyai` 1.8.
"""

from typing import Final

from streaming.errors import ClientFault, Close, Fault, Overloaded
from streaming.wire.assemblyai.shapes import Failed
from streaming.wire.dialect import QUIET, Closing, shortened

OURS: Final = 3005
INVALID: Final = 3006
MANY: Final = 3009
IDLE: Final = 4031
KNOWN: Final = {
    "unauthorized": Close.POLICY,
    "bad_origin": Close.POLICY,
    "too_many_requests": MANY,
    QUIET: IDLE,
}
SAME: Final = (Close.DRAINING, Close.OVERLOAD, Close.REPLACED)
"""Codes that mean there what they mean here."""


def closing(fault: Fault) -> Closing:
    """The close code, its reason, and the `Error` before it."""
    code = _code(fault)
    return Closing(code, shortened(fault.message), [Failed(code, fault.message)])


def _code(fault: Fault) -> int:
    if fault.code in KNOWN:
        return KNOWN[fault.code]
    if isinstance(fault, Overloaded):
        return MANY
    if fault.close is not None and fault.close in SAME:
        return fault.close
    return INVALID if isinstance(fault, ClientFault) else OURS
