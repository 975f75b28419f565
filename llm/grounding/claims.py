"""An answer as it is being written, sentence by sentence: each is shown once a quote bears it out, with its number.

Pure. A sentence is a claim. One that no quote bears out is left out, or shown without a source once another one has
one; when none has any, the answer is the sentence that has nearly all of the question's words, or that it does not
know. What the model wrote as sources itself is taken away: it is a hint, no proof.
"""

import re
from typing import Final

from msgspec import Struct

from llm.grounding.policy import GroundingPolicy
from llm.grounding.sentences import complete, spans
from llm.grounding.sources import Sources
from llm.grounding.support import SURE, Quote, best
from llm.grounding.terms import terms
from streaming.parts import Citation

_MARK: Final = re.compile(r"\s*[\[(【](?:sources?\s*|#)?(\d{1,2})(?:\s*,\s*\d{1,2})*[\])】]", re.IGNORECASE)
_FINAL: Final = re.compile(r"[.!?…。！？]*[\"'”’)]*$")
_UNKNOWN: Final = re.compile(
    r"\b(?:do(?:es)? ?n[o'’]t|do(?:es)? not|is not|are not|isn['’]t|can ?not|can['’]t|no|not)\b.{0,40}?"
    r"\b(?:know|mention|specif|stat|sa(?:y|id)\b|provid|inform|answer|contain|include any|list)",
    re.IGNORECASE,
)


class Checked(Struct, frozen=True):
    """What is left of an answer: the `rest` of it to show, and its sources; none, when it says that it does not
    know."""

    rest: str
    citations: list[Citation]


class Claims:
    """`feed` takes what the model wrote and gives what may be shown; `finish` when it is done."""

    def __init__(self, sources: Sources, policy: GroundingPolicy) -> None:
        self._sources = sources
        self._policy = policy
        self._waiting = ""
        self._bare: list[str] = []
        self._shown = False
        self._unknown = False
        self._citations: list[Citation] = []

    def feed(self, text: str) -> str:
        """The next words of the model."""
        self._waiting += text
        end = complete(self._waiting)
        ready, self._waiting = self._waiting[:end], self._waiting[end:]
        return self._judged(ready)

    def finish(self) -> Checked:
        """No more words will come."""
        rest, self._waiting = self._judged(self._waiting), ""
        if not self._citations:
            found = self._sources.extract(SURE) if self._policy.quote else None
            return Checked(found[0], [found[1]]) if found else Checked(self._policy.refusal, [])
        return Checked(rest, self._citations)

    def _judged(self, text: str) -> str:
        return "".join(self._sentence(text[begin:end]) for begin, end in spans(text))

    def _sentence(self, written: str) -> str:
        hint = _MARK.search(written)
        claim = _MARK.sub("", written).strip(" -*•\t")
        if not terms(claim) or self._unknown:
            return ""
        if _UNKNOWN.search(claim) and not self._citations:
            self._unknown = True  # what follows such a sentence is about something else
            return ""
        quote = best(claim, self._sources.passages, int(hint[1]) if hint else 0)
        if quote is None:
            return self._unsupported(claim)
        end = _FINAL.search(claim)
        at = end.start() if end else len(claim)
        cited = f"{claim[:at]} [{self._cite(quote)}]{claim[at:] or '.'}"
        shown, self._bare = [*self._bare, cited], []
        return "".join(self._spaced(one) for one in shown)

    def _unsupported(self, claim: str) -> str:
        if self._policy.unsupported == "drop":
            return ""
        if not self._citations:
            self._bare.append(claim)
            return ""
        return self._spaced(claim)

    def _spaced(self, text: str) -> str:
        between, self._shown = " " if self._shown else "", True
        return between + text

    def _cite(self, quote: Quote) -> int:
        for known in self._citations:
            if self._sources.same(known, quote):
                return known.number
        self._citations.append(self._sources.citation(quote, len(self._citations) + 1))
        return len(self._citations)
