"""docs/ERRORS.md: each code that the product's code has, what it means, what to do, and how each dialect tells it."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from deploy.documents.scan import Raised, raised
from streaming.errors import ClientFault, Fault, Overloaded, ServiceFault
from streaming.ingress.rest.answering import failed
from streaming.wire.assemblyai import faults as assemblyai
from streaming.wire.deepgram import faults as deepgram
from streaming.wire.openai import faults as openai

MEANINGS: Final = Path(__file__).parent / "faults.toml"
GROUPS: Final = {
    "session": "In a session, or at its door",
    "rest": "Over HTTP",
    "openai": "Of OpenAI's API and Realtime, by OpenAI's names",
    "client": "In our own clients, which tell them to whoever uses them",
    "service": "Of the service, in its logs, in `reply.done.error`, or at a role's start",
}
HEAD: Final = """# Errors
Made from the code by `python -m deploy.documents`; a test holds it to the code.

Every error has a `code` for programs and a `message` for people, which says what was wrong and what to do.
`fatal`: the connection is closed after it, with the close code named here; `retry_after`: seconds until it is
worth trying again. Whose fault: *yours* (mend the request), *ours* (try again, tell the operator), *nobody's*
(come back).
"""
DIALECTS: Final = """## How each dialect tells them
Before a connection is there, and over HTTP, by the status; on an open socket by the close code (in brackets:
the session goes on where the table above has a dash). Twilio is told by the close alone, with the code as its
reason; AudioHook by `disconnect` (`unauthorized`, else `error`); WHIP as REST; OpenAI's Realtime by an `error`
event with OpenAI's code, then the close code of the table above. A row
also says how a fault would be told where none of that kind comes up.
"""


def meanings() -> dict[str, dict[str, list[str]]]:
    """By group and code: what it means, what to do."""
    return tomllib.loads(MEANINGS.read_text("utf-8"))


def page() -> str:
    """The whole document."""
    found: dict[str, list[Raised]] = {}
    for one in raised():
        found.setdefault(one.code, []).append(one)
    parts = [HEAD]
    told = meanings()
    for group, title in GROUPS.items():
        rows = [_row(code, found.get(code, []), told[group][code]) for code in sorted(told[group])]
        parts.append(_table(f"## {title}", ("code", "fault", "close", "means", "what to do"), rows))
    codes = sorted(code for group in ("session", "rest") for code in told[group])
    rows = [_dialects(code, found.get(code, [])) for code in codes]
    names = ("code", "REST", "OpenAI", "Deepgram", "AssemblyAI")
    parts.append(_table(DIALECTS.rstrip("\n"), names, rows))
    return "\n".join(parts)


def _row(code: str, found: list[Raised], told: list[str]) -> tuple[str, ...]:
    closes = sorted({close for one in found for close in one.closes if close is not None})
    goes_on = any(None in one.closes for one in found)
    shown = [*map(str, closes), *(["-"] if goes_on or not closes else [])]
    return (f"`{code}`", ", ".join(sorted({one.fault for one in found})), " ".join(shown), *told)


def _dialects(code: str, found: list[Raised]) -> tuple[str, ...]:
    """Of a fault as it is raised most strictly."""
    close = max((close for one in found for close in one.closes if close is not None), default=None)
    fault = _fault(code, {one.fault for one in found}, close)
    answered = openai.refusal(fault)
    theirs = answered.body.error.code
    return (
        f"`{code}`",
        str(failed(fault).status_code),
        f"{answered.status}" + (f" `{theirs}`" if theirs != code else ""),
        f"{deepgram.refusal(fault, '').status}, {deepgram.closing(fault).code}",
        str(assemblyai.closing(fault).code),
    )


def _fault(code: str, faults: set[str], close: int | None) -> Fault:
    if code == "overloaded":
        return Overloaded("", retry_after=1)
    if "yours" in faults:
        return ClientFault(code, "", close=close)
    if "ours" in faults:
        return ServiceFault(code, "", close=close)
    return Fault(code, "", close=close)


def _table(head: str, names: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    columns = list(names)
    lines = ["| " + " | ".join(row) + " |" for row in [tuple(columns), ("---",) * len(columns), *rows]]
    return "\n".join([head, *([""] if "\n" in head else []), *lines, ""])
