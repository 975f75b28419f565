"""Functions of a client's own, which a reply may have it call: how they are offered, and how a call and its result are
told to a model. Pure.
"""

from typing import Any, Final, Literal

from msgspec import Struct

Choice = Literal["auto", "required"]
"""Whether one is to be called: as the model thinks, or in any case."""

_ANSWERED: Final = "The function "


class Function(Struct, frozen=True, omit_defaults=True):
    """`parameters`: a JSON schema of an object, what it is called with. `description`: what it is good for."""

    name: str
    description: str = ""
    parameters: dict[str, Any] = {}


def called(name: str, arguments: str) -> str:
    """What a model is told that it did; `arguments` are JSON, word for word as it made them."""
    return f"I called the function {name} with {arguments}"


def answered(name: str, result: str) -> str:
    """What a model is told to answer by, when the function has been called."""
    return f"{_ANSWERED}{name} answered:\n{result}\nNow answer what I asked before."


def is_result(text: str) -> bool:
    """Whether a turn is what a function answered: there is nothing to look for in documents, nor to be called twice."""
    return text.startswith(_ANSWERED)
