"""docs/PROTOCOL.md: each message and event of the native protocol, from the structs and what stands above them."""

import inspect
import re
from typing import Any, Final, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, UNSET, Struct, UnsetType

from streaming import parts
from streaming.events import Event
from streaming.wire import messages
from streaming.wire.messages import ClientMessage, Transient

HEAD: Final = """# The native protocol, `vivavoce.v1`
Made from the code by `python -m deploy.documents`; a test holds it to the code. The same as JSON Schema:
`/v1/schema.json`.

One WebSocket, `/v1/stream`, subprotocol `vivavoce.v1`. JSON in text frames, each with its `type`; sound in
binary frames, as `session.start.audio` says, interleaved. The key is `Authorization: Bearer KEY`, or in
browsers the subprotocol `vivavoce-key.KEY` (`vivavoce-ticket.TICKET`) beside `vivavoce.v1`. The first message
is `session.start`, `session.resume`, `session.watch` or `session.replay`.

An unknown member of a client's message is an error; clients ignore types and members of ours that they do not
know. An event has an `id`, its place in the session's log: whoever comes back names the last one that it has
seen, and is sent what follows, nothing twice. What has no `id` (the last section) is in no log.

Units: `*_ms` counts milliseconds of that channel's sound from the session's first sample; `latency_ms`,
`lag_ms` and `timing` are of the wall clock. Offsets and spans count Unicode code points. `segment`, `turn` and
`reply` grow within a session. `time` is RFC 3339. Errors: [ERRORS.md](ERRORS.md).
"""
SECTIONS: Final = (
    ("What a client sends", ClientMessage),
    ("What the server sends: events of the log", Event),
    ("What the server sends besides, to one client", Transient),
)
PARTS: Final = (
    parts.AudioFormat,
    messages.EndpointingAsked,
    parts.Served,
    parts.Limits,
    parts.Word,
    parts.Target,
    parts.Citation,
    parts.Section,
    parts.Usage,
    parts.ChannelAccount,
)


def page() -> str:
    """The whole document."""
    made = [HEAD]
    for title, union in SECTIONS:
        made.append(f"## {title}\n")
        made += [_message(kind) for kind in get_args(union)]
    made.append("## Parts of messages\n")
    made += [_described(f"### {kind.__name__}", kind) for kind in PARTS]
    return "\n".join(made)


def _message(kind: type[Struct]) -> str:
    return _described(f"### `{kind.__struct_config__.tag}`", kind)


def _described(head: str, kind: type[Struct]) -> str:
    fields = [one for one in msgspec.structs.fields(kind) if one.encode_name != "ref"]
    rows = [f"| `{one.encode_name}` | {_type(one.type)} | {_default(one)} |" for one in fields]
    table = ["| member | type | if left out |", "|---|---|---|", *rows, ""] if rows else ["No members.", ""]
    return "\n".join([head, _prose(kind), "", *table])


def _prose(kind: type[Struct]) -> str:
    """What the code says of it, each paragraph on a line."""
    paragraphs = inspect.cleandoc(kind.__doc__ or "").split("\n\n")
    return "\n\n".join(re.sub(r"\s*\n\s*", " ", one) for one in paragraphs)


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "must be there"
    value = field.default if field.default is not NODEFAULT else field.default_factory()  # type: ignore[operator]
    if value is UNSET:
        return "stays as it is"
    if isinstance(value, Struct) or value in ([], {}, ()):
        return "empty"
    return f"`{msgspec.json.encode(value).decode()}`"


def _type(kind: Any) -> str:
    """As JSON has it."""
    names = {
        str: "text",
        int: "integer",
        float: "number",
        bool: "true or false",
        type(None): "null",
        Any: "any",
    }
    if kind in names:
        return names[kind]
    if isinstance(kind, type) and issubclass(kind, Struct):
        return f"[{kind.__name__}](#{kind.__name__.lower()})"
    parts = [one for one in get_args(kind) if one is not UnsetType]
    match str(get_origin(kind)):
        case "typing.Literal":
            return ", ".join(f"`{one}`" for one in parts)
        case "<class 'list'>":
            return f"list of {_type(parts[0])}"
        case "<class 'tuple'>":
            return f"list of {len(parts)}: " + ", ".join(map(_type, parts))
        case "<class 'dict'>":
            return f"object of {_type(parts[0])} to {_type(parts[1])}"
        case _:
            return " or ".join(map(_type, parts))
