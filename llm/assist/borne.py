"""Summaries held to what was said: a sentence with a number or a name that nobody said is left out. Pure.

Small models invent these ("for ten years"), and whoever reads a summary cannot tell. Names are what is written with a
capital inside a sentence, as in answers from documents; a summary may say it in other words otherwise.
"""

from collections.abc import Sequence
from typing import Final

from llm.assist.dialogue import WHO, Line
from llm.grounding.sentences import spans
from llm.grounding.terms import figures, names, terms
from streaming.parts import Section

NOTHING: Final = "-"
"""What a section says of which nothing was said; the prompt asks for the same."""


def borne(sections: Sequence[Section], lines: Sequence[Line]) -> list[Section]:
    """The sections without sentences that `lines`, all that was said, do not bear out."""
    said = set(terms(" ".join([*WHO.values(), *(line.text for line in lines)])))
    return [Section(one.name, _kept(one.text, said)) for one in sections]


def _kept(text: str, said: set[str]) -> str:
    sentences = [text[begin:end] for begin, end in spans(text)]
    return " ".join(one for one in sentences if figures(one) | names(one) <= said) or NOTHING
