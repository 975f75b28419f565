"""What can be set about grounded answers."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Positive = Annotated[int, Meta(ge=1)]


class GroundingPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Section `llm.grounding`: answers from an index (`llm.index`).

    `passages`: how many go into the prompt at most, `tokens`: and how long they may be together. `within_ms`: how
    long the search may take (20 ms is usual; a busy machine is given more); what is not found by then is not
    there. `without`: what becomes of a question to which no passage was found: `refuse`, or `answer` from what
    the model knows, without sources. `unsupported`: a sentence that no passage bears out is left out (`drop`) or
    shown without a source (`show`), if any other has one. `covered`: the share of the question's words that a
    passage must have for an answer to be tried at all. `refusal`: what is said when there is no answer;
    `escalate`: not before the next flavour (`llm.routing`) was asked as well. `quote`: where
    the model finds no answer, a sentence with nearly all of the question's words is one.
    """

    passages: Positive = 4
    tokens: Positive = 900
    within_ms: Annotated[float, Meta(gt=0)] = 200.0
    without: Literal["answer", "refuse"] = "refuse"
    unsupported: Literal["drop", "show"] = "drop"
    escalate: bool = False
    quote: bool = True
    covered: Annotated[float, Meta(ge=0, le=1)] = 0.5
    refusal: Annotated[str, Meta(min_length=1)] = "I do not know: the documents that I have do not say it."
