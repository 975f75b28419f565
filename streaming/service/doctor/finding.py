"""What the doctor found, and how one check that breaks is kept from breaking the others."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from msgspec import Struct

from streaming.config import Settings

State: TypeAlias = Literal["ok", "warning", "wrong"]


class Finding(Struct, frozen=True):
    """`what` was looked at, its `state`, what was `found`, and how to `mend` it ("": nothing to mend).

    `warning`: it works, and something that somebody may want does not. `wrong`: the service does not start, or loses.
    """

    what: str
    state: State
    found: str
    mend: str = ""


class Patient(NamedTuple):
    """What is looked at: the home folder (which need not be there), and the settings in force."""

    home: Path
    settings: Settings
    full: bool = False


Check: TypeAlias = Callable[[Patient], Iterable[Finding]]


def ok(what: str, found: str) -> Finding:
    """All is well."""
    return Finding(what, "ok", found)


def warning(what: str, found: str, mend: str) -> Finding:
    """It works without."""
    return Finding(what, "warning", found, mend)


def wrong(what: str, found: str, mend: str) -> Finding:
    """It does not work so."""
    return Finding(what, "wrong", found, mend)


def examined(patient: Patient, checks: Iterable[tuple[str, Check]]) -> Iterator[Finding]:
    """All that the checks find, as they find it. One that cannot be made is a warning itself."""
    for what, check in checks:
        try:
            yield from check(patient)
        except Exception as broke:  # noqa: BLE001 - whatever is broken here, the other checks tell something still
            told = f"this could not be looked at: {type(broke).__name__}: {broke}"
            yield warning(what, told, "Nothing is known about it: look at it yourself")
