"""How settings are laid over each other and checked. Pure, and generic over any frozen struct of structs.

A source is a plain nested mapping with a name for people ("the file …", "the environment"). Later sources win, key by
key. Nothing is guessed: a key that the struct does not have is an error that names the nearest one that it has, and a
value of the wrong type is an error that names key, value, what is expected and where it came from.

A field `dict[str, T]` of a struct T is a table of sections whose names are free (`[llm.flavours.small]`); each is
checked and laid over like any other section.
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast, get_args, get_origin

import msgspec

from streaming.refusal import Usage

Tree: TypeAlias = Mapping[str, Any]
T = TypeVar("T", bound=msgspec.Struct)


class SettingsError(Usage):
    """A setting that cannot be used; the message is one line for people."""


class Source(NamedTuple):
    """Settings from one place. `loose`: values are text (the environment, flags) and are read by the key's type."""

    name: str
    tree: Tree
    loose: bool = False


def settle(kind: type[T], sources: Iterable[Source]) -> T:
    """The settings that `sources` give, later over earlier over `kind()`. Raises SettingsError."""
    # A section's own defaults may differ from those of its type, so they are the lowest layer.
    merged: dict[str, Any] = msgspec.to_builtins(kind())
    for source in sources:
        merged = lay(merged, _checked(kind, source, source.tree, ()))
    return msgspec.convert(merged, kind)


def lay(under: Tree, over: Tree) -> dict[str, Any]:
    """`under` with `over` laid on it, key by key; neither is changed."""
    out = dict(under)
    for key, value in over.items():
        below = out.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            out[key] = lay(cast(Tree, below), cast(Tree, value))
        else:
            out[key] = value
    return out


def nest(flat: Mapping[str, str], prefix: str, separator: str = "__") -> dict[str, Any]:
    """`{"VIVAVOCE_LLM__URL": "x"}` as `{"llm": {"url": "x"}}`; keys without `prefix` are left out.

    Raises SettingsError when a key is both a value and a section.
    """
    out: dict[str, Any] = {}
    for name in sorted(flat):
        if not name.startswith(prefix):
            continue
        *sections, key = name[len(prefix) :].lower().split(separator)
        place = out
        for section in sections:
            below = place.setdefault(section, {})
            if not isinstance(below, dict):
                raise SettingsError(f"{name}: {prefix}{section.upper()} is set too, so it cannot have parts")
            place = cast(dict[str, Any], below)
        place[key] = flat[name]
    return out


def known_keys(kind: type[msgspec.Struct], path: tuple[str, ...] = ()) -> list[str]:
    """Every dotted key that `kind` has, for messages and completion."""
    keys: list[str] = []
    for field in msgspec.structs.fields(kind):
        below = (*path, field.encode_name)
        keys += known_keys(field.type, below) if is_section(field.type) else [".".join(below)]
    return keys


def is_section(kind: Any) -> bool:
    """It is a struct of settings, not a value."""
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _checked(kind: type[msgspec.Struct], source: Source, tree: Tree, path: tuple[str, ...]) -> dict[str, Any]:
    fields = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
    out: dict[str, Any] = {}
    for key, value in tree.items():
        here = (*path, key)
        if key not in fields:
            raise SettingsError(_unknown(kind, source, here, path))
        expected = fields[key]
        if is_section(expected):
            out[key] = _checked(expected, source, _tree(source, here, value), here)
        elif (row := row_of(expected)) is not None:
            rows = _tree(source, here, value)
            out[key] = {
                name: _checked(row, source, _tree(source, (*here, name), below), (*here, name))
                for name, below in rows.items()
            }
        else:
            out[key] = _value(expected, source, here, value)
    return out


def row_of(expected: Any) -> type[msgspec.Struct] | None:
    """What a table of sections has in each of them; None for any other type."""
    row = get_args(expected)[1] if get_origin(expected) is dict else None
    return row if is_section(row) else None


def _tree(source: Source, path: tuple[str, ...], value: Any) -> Tree:
    if isinstance(value, Mapping):
        return cast(Tree, value)
    raise SettingsError(
        f"{source.name}: {'.'.join(path)} is a section, not a value: got {_shown(path, value)}"
    )


def _value(expected: Any, source: Source, path: tuple[str, ...], value: Any) -> Any:
    if source.loose and isinstance(value, str) and _is_list(expected):
        value = [part.strip() for part in value.split(",") if part.strip()]
    try:
        return msgspec.convert(value, expected, strict=not source.loose)
    except msgspec.ValidationError as wrong:
        shown = _shown(path, value)
        raise SettingsError(f"{source.name}: {'.'.join(path)} = {shown}: {_plain(wrong)}") from None


def _is_list(expected: Any) -> bool:
    return getattr(expected, "__origin__", expected) in (tuple, list)


def _shown(path: tuple[str, ...], value: Any) -> str:
    """The value for a message; a secret is not repeated, since messages go into logs."""
    return (
        "(a secret)"
        if any(word in path[-1] for word in ("key", "token", "secret", "url", "headers"))
        else repr(value)
    )


def _plain(wrong: msgspec.ValidationError) -> str:
    return str(wrong)[:1].lower() + str(wrong)[1:].replace("`", "")


def _unknown(kind: type[msgspec.Struct], source: Source, here: tuple[str, ...], path: tuple[str, ...]) -> str:
    """Names the nearest known key: in the same section if there is one, else anywhere."""
    dotted = ".".join(here)
    siblings = [".".join((*path, field.encode_name)) for field in msgspec.structs.fields(kind)]
    near = difflib.get_close_matches(dotted, siblings, n=1, cutoff=0.5) or siblings[:1]
    hint = f": did you mean {near[0]!r}?" if near else ""
    return f"{source.name}: unknown setting {dotted!r}{hint}"
