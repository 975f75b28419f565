"""What can go wrong at a transcription server, and how long to leave it alone. Pure.

asr_unreachable  nobody answers at the address
asr_denied       it does not know our key, or not what we ask for: somebody has to mend the settings
asr_busy         it asks to be left alone for a while, or fails within
asr_slow         no answer in time
asr_malformed    what came is no transcription
asr_refused      it does not take this sound, whatever we do
"""

import email.utils
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, cast

from streaming.errors import ServiceFault

WORDS: Final = 300
"""Code points of a server's own error message that are passed on."""

SOUND: Final = frozenset({400, 413, 415, 422})
"""Statuses that are about the sound that was sent."""

DENIED: Final = frozenset({401, 402, 403, 404, 405})


def fault(code: str, message: str) -> ServiceFault:
    """A failure of the server."""
    return ServiceFault(f"asr_{code}", message, close=None)


def refused(status: int, body: bytes, key: str) -> ServiceFault:
    """An HTTP status that is no success; the server's own words are passed on, without our key in them."""
    words = words_of(body) or "(no message)"
    told = (words.replace(key, "•••") if key else words)[:WORDS]
    code = "refused" if status in SOUND else "denied" if status in DENIED else "busy"
    return fault(code, f"the transcription server answers {status}: {told}")


def words_of(body: bytes) -> str:
    """What an error's body says to people, wherever it says it."""
    text = body.decode("utf-8", "replace").strip()
    try:
        found = json.loads(text)
    except ValueError:
        return text
    while isinstance(found, dict):
        inner = cast(dict[str, Any], found)
        found = inner.get("error") or inner.get("message") or inner.get("detail")
    return found if isinstance(found, str) else text


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that the server asks to be left alone for (RFC 9110, 10.2.3), if it does."""
    said = headers.get("retry-after", "").strip()
    if said.isdigit():
        return float(said)
    try:
        when = email.utils.parsedate_to_datetime(said)
    except ValueError:
        return None
    return max(0.0, ((when if when.tzinfo else when.replace(tzinfo=UTC)) - now).total_seconds())


def pause(failures: int, asked_s: float | None, again_s: float, latest_s: float) -> float:
    """Seconds to wait after so many failures in a row: twice as long each time, or as long as the server asks."""
    wait = again_s * 2 ** min(failures - 1, 10)
    return min(latest_s, max(wait, asked_s or 0.0))
