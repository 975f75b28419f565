"""Words that may well be said: those that the whole server is set up for, and those of a session. Pure.

Whisper takes them as text that came before the sound. A plain list of words with a full stop mended a name in a trial
and did no harm to 186 words without one; a sentence about them, or a heading, could not be told from it.
"""

from msgspec import Struct

from streaming.facts import Hints


class HintPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """For every session, before its own: `hotwords`, and a `prompt` of the domain's text."""

    hotwords: tuple[str, ...] = ()
    prompt: str = ""


def before(hints: Hints, policy: HintPolicy) -> str:
    """What a model is told to have come before; "" without any hints. What is the session's own comes last: an engine
    that has no room for all leaves out the beginning."""
    words = dict.fromkeys(word.strip() for word in (*policy.hotwords, *hints.hotwords))
    told = f"{', '.join(word for word in words if word)}."
    parts = (policy.prompt.strip(), hints.prompt.strip(), told if told != "." else "")
    return "".join(f" {part}" for part in parts if part)
