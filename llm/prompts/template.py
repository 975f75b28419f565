"""A prompt's template: a text with typed variables, read from TOML. Pure.

    name = "shop"
    text = "You speak for {company}. Answer in {sentences} sentences."
    [variables.sentences]
    type = "integer"        # or text, number, boolean; `choices` of texts narrows them
    default = 2             # without it a value must be given

`{{` and `}}` are braces. What is wrong is a TemplateError, which says where and what to mend.
"""

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

from llm.prompt import Prompt

Value: TypeAlias = str | int | float | bool
Values: TypeAlias = Mapping[str, Value]

_PLACE: Final = re.compile(r"\{\{|\}\}|\{(\w+)\}|[{}]")
LONGEST: Final = 4000
"""Code points of a value: a prompt is the beginning of every request."""


class TemplateError(ValueError):
    """A template, or a value for one, that cannot be used."""


class Variable(Struct, frozen=True, forbid_unknown_fields=True):
    """What may stand in a place of the text. `about` is for people."""

    type: Literal["text", "integer", "number", "boolean"] = "text"
    default: Value | None = None
    choices: tuple[str, ...] = ()
    about: str = ""


class Template(Struct, frozen=True, forbid_unknown_fields=True):
    """A prompt with places for values."""

    name: str
    text: str
    variables: dict[str, Variable] = {}

    def filled(self, values: Values) -> Prompt:
        """The prompt with `values`, defaults for those that are left out. Its hash is that of the text as it is asked.

        Raises:
            TemplateError: a value that it has no place for, of the wrong type, or missing.
        """
        for name in values:
            if name not in self.variables:
                known = ", ".join(sorted(self.variables)) or "none"
                raise TemplateError(f"prompt {self.name!r} has no variable {name!r}; it has: {known}")
        found = {name: self._value(name, values.get(name)) for name in self.variables}
        return Prompt(self.name, _PLACE.sub(lambda place: _written(place, found), self.text).strip())

    def _value(self, name: str, given: Value | None) -> Value:
        variable = self.variables[name]
        value = variable.default if given is None else given
        if value is None:
            raise TemplateError(f"prompt {self.name!r} needs a value for {name!r} ({variable.type})")
        if not _fits(value, variable):
            wanted = f"one of {', '.join(variable.choices)}" if variable.choices else variable.type
            raise TemplateError(f"prompt {self.name!r}: {name} = {value!r}: expected {wanted}")
        return value


def parsed(source: str, content: bytes) -> Template:
    """The template in a file's `content`; `source` names the file in errors. Raises TemplateError."""
    try:
        template = msgspec.convert(tomllib.loads(content.decode()), Template)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as wrong:
        raise TemplateError(f"{source}: {wrong}") from None
    used: set[str] = set()
    for place in _PLACE.finditer(template.text):
        if place[1]:
            used.add(place[1])
        elif len(place[0]) == 1:
            raise TemplateError(f"{source}: a single {place[0]!r} in the text; write it twice")
    for name in sorted(used - template.variables.keys()):
        raise TemplateError(f"{source}: the text has {{{name}}}, but there is no [variables.{name}]")
    for name in sorted(template.variables.keys() - used):
        raise TemplateError(f"{source}: variable {name!r} stands nowhere in the text")
    for name, variable in template.variables.items():
        if variable.default is not None and not _fits(variable.default, variable):
            raise TemplateError(f"{source}: the default of {name!r} is no {variable.type} that it may be")
    return template


def _fits(value: Value, variable: Variable) -> bool:
    match variable.type:
        case "text":
            return (
                isinstance(value, str)
                and len(value) <= LONGEST
                and (not variable.choices or value in variable.choices)
            )
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)


def _written(place: re.Match[str], values: Mapping[str, Any]) -> str:
    if place[1] is None:
        return place[0][0]
    value = values[place[1]]
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
