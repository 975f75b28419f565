"""`POST /v1/moderations`, and `GET /v1/models`. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, cast

import msgspec
from msgspec import Struct

from streaming.events import Served
from streaming.examining import Examination, Examined
from streaming.wire.openai.faults import Wrong

CATEGORIES: Final[tuple[str, ...]] = (
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm",
    "self-harm/intent", "self-harm/instructions", "sexual", "sexual/minors", "violence", "violence/graphic",
)  # fmt: skip
ANY: Final = "vivavoce"
"""The model that is whoever answers."""
OURS: Final[Mapping[str, tuple[str, ...]]] = {
    "violence/threat": ("violence", "harassment/threatening"),
    "illicit/weapons": ("illicit", "illicit/violent"),
}
"""Categories of ours that are more than one of theirs. Others of ours are that of theirs before the slash, or none:
profanity and personal data are nothing that this API tells."""


class ModerationsAsked(Struct, frozen=True):
    """A text, or several, each judged for itself."""

    input: str | list[str | dict[str, Any]]
    model: str = "default"


class Result(Struct, frozen=True):
    """One text. `category_scores`: from 0 to 1; rules are sure of what they find."""

    flagged: bool
    categories: dict[str, bool]
    category_scores: dict[str, float]
    category_applied_input_types: dict[str, list[Literal["text"]]]


class Moderations(Struct, frozen=True):
    """A result for each text. `model`: rules and heads that judged, by name and hash."""

    id: str
    model: str
    results: list[Result]


class Model(Struct, frozen=True):
    """A model that can be asked for."""

    id: str
    created: int = 0
    owned_by: str = "vivavoce"
    object: Literal["model"] = "model"


class Models(Struct, frozen=True):
    """All that can be asked for."""

    data: list[Model]
    object: Literal["list"] = "list"


def texts(body: bytes, most: int, characters: int) -> list[str]:
    """What is to be judged: at most `most` texts, of so many characters in all. Raises Wrong."""
    found = _texts(body, most)
    if (size := sum(map(len, found))) > characters:
        raise Wrong(f"input has {size} characters, and may have {characters}: send it in parts", "input")
    return found


def _texts(body: bytes, most: int) -> list[str]:
    try:
        asked = msgspec.json.decode(body, type=ModerationsAsked)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as wrong:
        raise Wrong(f"the body is no request for moderations: {wrong}", "input") from None
    if isinstance(asked.input, str):
        return [asked.input]
    if not asked.input or len(asked.input) > most:
        raise Wrong(f"input is a text, or a list of 1 to {most}", "input")
    if all(isinstance(one, str) for one in asked.input):
        return cast(list[str], asked.input)
    # Parts of one thing are judged as one, as OpenAI does.
    return ["\n".join(_part(place, one) for place, one in enumerate(asked.input))]


def _part(place: int, part: str | dict[str, Any]) -> str:
    kind, text = (part.get("type"), part.get("text")) if isinstance(part, dict) else (None, None)
    if kind != "text" or not isinstance(text, str):
        told = (
            "pictures cannot be judged here" if kind == "image_url" else f"parts of type {kind} are not known"
        )
        raise Wrong(f"{told}: send text alone", f"input[{place}]", "unsupported_content")
    return text


def moderations(name: str, examination: Examination) -> Moderations:
    """The answer."""
    return Moderations(f"modr-{name}", examination.made_by, [_result(one) for one in examination.texts])


def _result(one: Examined) -> Result:
    scores: dict[str, float] = dict.fromkeys(CATEGORIES, 0.0)
    found: dict[str, bool] = dict.fromkeys(CATEGORIES, False)
    for ours, score in one.scores.items():
        for theirs in _theirs(ours):
            scores[theirs] = round(max(scores[theirs], score), 6)
            found[theirs] = found[theirs] or ours in one.found
    return Result(any(found.values()), found, scores, {name: ["text"] for name in CATEGORIES})


def _theirs(ours: str) -> tuple[str, ...]:
    above = ours.partition("/")[0]
    return OURS.get(ours) or next(((name,) for name in (ours, above) if name in CATEGORIES), ())


def models(serves: Sequence[Served]) -> Models:
    """What can be asked for: whoever the routes choose, or a language model that is there now, by name."""
    names = dict.fromkeys([ANY, *(one.name for one in serves if one.role == "responder")])
    return Models([Model(name) for name in names])
