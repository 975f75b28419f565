"""What clients of other services wish for, as our sessions have it: words, a language, a pause. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from streaming.wire.messages import EndpointingAsked
from streaming.wire.query import wrong

LEAST_SILENCE: Final = 200
"""A shorter pause lies within words, and each end costs a whole pass of the recogniser."""
MOST_SILENCE: Final = 5_000
TERMS: Final = 100
TERM: Final = 60
LANGUAGE: Final = re.compile(r"([A-Za-z]{2,3})(-[A-Za-z0-9]{2,8})*")


def tongue(asked: str | None) -> str | None:
    """A language as we name it; None: it is told from the voice. Raises ClientFault (`bad_query`)."""
    if asked is None or asked.lower() in ("", "multi"):
        return None
    found = LANGUAGE.fullmatch(asked)
    if not found:
        raise wrong(f"language must be a tag such as en or pt-BR, or multi, not {asked[:40]!r}")
    return found.group(1).lower()


def silence(asked_ms: int | None) -> EndpointingAsked:
    """An end after so much silence, as near as there is one."""
    if asked_ms is None:
        return EndpointingAsked()
    return EndpointingAsked(silence_ms=max(LEAST_SILENCE, min(MOST_SILENCE, asked_ms)))


def terms(asked: Sequence[str]) -> Sequence[str]:
    """Hot words. Raises ClientFault (`bad_query`)."""
    found = [term.strip() for term in asked if term.strip()]
    if len(found) > TERMS or any(len(term) > TERM for term in found):
        raise wrong(f"there may be up to {TERMS} keyterms of up to {TERM} characters each")
    return found
