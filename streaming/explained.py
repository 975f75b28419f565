"""The settings for people: what is in force and where each value comes from; as a commented file; as tables. Pure.

What a setting means is said once, in the docstring of the struct that has it: all that is told here is made of those.
"""

import inspect
import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias, cast, get_args, get_origin
from urllib.parse import urlsplit

import msgspec
from msgspec import NODEFAULT, Struct

from streaming.settings import Source, is_section, row_of, settle

Path: TypeAlias = tuple[str, ...]

DEFAULT = "default"
SECRET = frozenset("key keys token tokens secret secrets password headers readers".split())  # noqa: SIM905
"""What is never shown is text in a setting whose name has one of these words."""
SHOWN = ("tls_key", "redis.key", "archive.keys", "twilio.pause_keys", "twilio.unpause_keys")
"""These are none: files, and keys of a telephone."""
NAME = "NAME"
"""Stands for the free name of a section among others of its kind."""
HEAD = """\
# The settings of Vivavoce. What stands behind a "#" is the default: take the "#" away to change it.
# Over this file go the environment (VIVAVOCE_SECTION__KEY) and what `vivavoce serve` is told on its command line.
# `vivavoce config show` tells what is in force, and from where.
"""


class Value(NamedTuple):
    """A setting in force: its dotted name's parts, its value (a secret is not in it), and who set it."""

    path: Path
    value: Any
    source: str


class Section(NamedTuple):
    """A struct of settings: where it is, what it means, its fields (name, type, default or NODEFAULT).

    `free`: there may be any number of these, each with a name of its own in the place of NAME.
    """

    path: Path
    meaning: str
    fields: list[tuple[str, Any, Any]]
    free: bool = False


# ---- what is in force ------------------------------------------------------------------------------------------------


def in_force(kind: type[Struct], sources: Sequence[Source]) -> list[Value]:
    """Every setting, in the order of the structs. Raises SettingsError."""
    merged = msgspec.to_builtins(settle(kind, sources))
    origins: dict[Path, str] = {}
    for source in sources:
        set_ = (path for path, value in _leaves(source.tree) if value != {})  # an empty section sets nothing
        origins |= dict.fromkeys(set_, source.name)
    return [Value(path, shown(path, value), _origin(origins, path)) for path, value in _leaves(merged)]


def _origin(origins: Mapping[Path, str], path: Path) -> str:
    """Whoever set it last, or a part of it."""
    set_ = [name for at, name in origins.items() if at[: len(path)] == path or path[: len(at)] == at]
    return set_[-1] if set_ else DEFAULT


def _leaves(tree: Mapping[str, Any], under: Path = ()) -> Iterator[tuple[Path, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(cast(Mapping[str, Any], value), (*under, key))
        else:
            yield (*under, key), value


def shown(path: Path, value: Any) -> Any:
    """`value` without what nobody should read over a shoulder: keys, tokens, passwords."""
    dotted, name = ".".join(path), path[-1]
    secret = any(SECRET & set(part.split("_")) for part in path) and not dotted.endswith(SHOWN)
    if value and secret and not isinstance(value, int | float):
        return "(set)"
    return _without_password(value) if "url" in name and isinstance(value, str) else value


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if not parts.username and not parts.password:
        return url
    return parts._replace(netloc=f"(set)@{parts.netloc.rpartition('@')[2]}").geturl()


# ---- what there is ---------------------------------------------------------------------------------------------------


def sections(kind: type[Struct], path: Path = (), free: bool = False) -> Iterator[Section]:
    """A struct's own settings, then those of each section in it."""
    own: list[tuple[str, Any, Any]] = []
    below: list[tuple[type[Struct], Path, bool]] = []
    for field in msgspec.structs.fields(kind):
        here = (*path, field.encode_name)
        if is_section(field.type):
            below.append((field.type, here, free))
        elif row := row_of(field.type):
            below.append((row, (*here, NAME), True))
        else:
            own.append((field.encode_name, field.type, _default(field)))
    if path:
        yield Section(path, meaning(kind), own, free)
    for part, here, named in below:
        yield from sections(part, here, named)


def meaning(kind: type[Struct]) -> str:
    """A struct's docstring as paragraphs of one line each."""
    paragraphs = (inspect.getdoc(kind) or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _default(field: Any) -> Any:
    if field.default_factory is not NODEFAULT:
        return msgspec.to_builtins(field.default_factory())
    return field.default if field.default is NODEFAULT else msgspec.to_builtins(field.default)


def kinds(expected: Any) -> str:
    """A type as people say it: `text`, `number above 0`, `one of "a", "b"`."""
    origin, parts = get_origin(expected), get_args(expected)
    if origin is Literal:
        return "one of " + ", ".join(literal(part) for part in parts)
    if origin in (tuple, list):
        return f"list of {kinds(parts[0])}"
    if origin is dict:
        return f"table of {kinds(parts[1])}"
    if hasattr(expected, "__metadata__"):
        return kinds(parts[0]) + "".join(_bounds(meta) for meta in expected.__metadata__)
    if is_section(expected):
        return f"{{ {', '.join(field.encode_name for field in msgspec.structs.fields(expected))} }}"
    known = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    return known.get(expected) or " or ".join(kinds(part) for part in parts) or "anything"


def _bounds(meta: Any) -> str:
    words = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
    told = [
        f"{word} {bound:g}"
        for name, word in words.items()
        if (bound := getattr(meta, name, None)) is not None
    ]
    return " " + ", ".join(told) if told else ""


# ---- the commented file ----------------------------------------------------------------------------------------------


def commented(kind: type[Struct]) -> str:
    """A TOML file with everything that can be set, and every default behind a "#": read as it is, it sets nothing."""
    return HEAD + "".join(_part(section) for section in sections(kind) if section.fields)


def _part(section: Section) -> str:
    head = f"[{'.'.join(section.path)}]"
    lines = ["", *_remark(section.meaning), f"# {head}" if section.free else head]
    for name, expected, default in section.fields:
        told = f"{name} = {'...' if default is NODEFAULT else literal(default)}"
        lines.append(f"# {told}  # {kinds(expected)}" if len(told) < 60 else f"# {told}")
    return "\n".join(lines) + "\n"


def _remark(text: str) -> list[str]:
    return [
        f"## {line}".rstrip()
        for paragraph in text.split("\n\n")
        for line in textwrap.wrap(paragraph, 110, break_long_words=False, break_on_hyphens=False) or [""]
    ]


def literal(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        inside = ", ".join(
            f"{key} = {literal(below)}" for key, below in cast(Mapping[str, Any], value).items()
        )
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, Iterable):
        return f"[{', '.join(literal(one) for one in cast(Iterable[Any], value))}]"
    return str(value)
