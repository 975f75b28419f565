"""Functions of the caller's in a chat completion: `tools`, `tool_choice`, and the calls that were made before. Pure.

At most one is called in an answer, whatever `parallel_tool_calls` says: another one may be in the next.
"""

from typing import Annotated, Any, Final, Literal, TypeAlias

from msgspec import Meta, Struct

from streaming.functions import Function
from streaming.wire.openai.faults import Wrong

Name: TypeAlias = Annotated[str, Meta(pattern="^[a-zA-Z0-9_-]{1,64}$")]
TAKEN: Final = "none"
"""A name that says that none is called."""


class Described(Struct, frozen=True):
    """A function: what it is good for, and the JSON schema of what it is called with."""

    name: Name
    description: str | None = None
    parameters: dict[str, Any] | None = None


class Tool(Struct, frozen=True):
    """Something that may be called: a function."""

    type: Literal["function"]
    function: Described


class OfName(Struct, frozen=True):
    """A function's name."""

    name: str


class Named(Struct, frozen=True):
    """That very function is to be called."""

    type: Literal["function"]
    function: OfName


class CalledWith(Struct, frozen=True):
    """What was called; `arguments` are JSON."""

    name: Name
    arguments: str


class Called(Struct, frozen=True):
    """A call that an earlier answer asked for."""

    id: str
    function: CalledWith
    type: Literal["function"] = "function"


def offered(tools: list[Tool], choice: str | Named | None) -> tuple[Function, ...]:
    """The functions that may be called. Raises Wrong."""
    known: dict[str, Function] = {}
    for place, tool in enumerate(tools):
        one, at = tool.function, f"tools[{place}].function"
        if one.name in known or one.name == TAKEN:
            raise Wrong(f"{one.name!r} is no name for this function: it is taken", f"{at}.name")
        wants = one.parameters or {}
        if wants and wants.get("type") != "object":
            raise Wrong('parameters are a JSON schema of an object: "type": "object"', f"{at}.parameters")
        known[one.name] = Function(one.name, one.description or "", wants)
    if choice == "none":
        return ()
    if isinstance(choice, Named):
        if choice.function.name not in known:
            raise Wrong(f"tools has no function {choice.function.name!r}", "tool_choice")
        return (known[choice.function.name],)
    if choice == "required" and not known:
        raise Wrong("tool_choice is required, and tools has no function", "tool_choice")
    return tuple(known.values())
