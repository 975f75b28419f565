"""The messages of one conversation, in order, as its client may read and change them. Pure.

Not more than `MOST` are kept: of a conversation that is longer the oldest are forgotten, as no model could read them.
"""

from typing import Final

from msgspec import UNSET
from msgspec.structs import replace

from streaming.parts import Role
from streaming.wire.openai.faults import Wrong
from streaming.wire.openai.realtime.asked import ItemAsked
from streaming.wire.openai.realtime.shapes import Content, Item

MOST: Final = 512
TEXT: Final = 32_768
"""Characters of a message that a client creates."""
PARTS: Final = {"user": "input_text", "system": "input_text", "assistant": "output_text"}


class Conversation:
    """Items by their ids."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._items

    def before(self, item_id: str | None = None) -> str | None:
        """The item before this one; without an id, the last one of all."""
        names = list(self._items)
        place = names.index(item_id) if item_id in self._items else len(names)
        return names[place - 1] if place else None

    def get(self, item_id: str, what: str) -> Item:
        """An item. Raises Wrong: there is none; `what` (retrieve, delete, ...) cannot be done."""
        if item_id not in self._items:
            told = f"this conversation has no item {item_id!r}, or no longer"
            raise Wrong(told, "item_id", f"item_{what}_invalid_item_id")
        return self._items[item_id]

    def put(self, item: Item, after: str | None = None) -> None:
        """A new item behind all others, or behind `after` ("root": before all). Raises Wrong."""
        if item.id in self._items:
            told = f"this conversation has an item {item.id!r} already: give each its own id"
            raise Wrong(told, "item.id", "item_create_duplicate_id")
        if after not in (None, "root") and after not in self._items:
            told = f"this conversation has no item {after!r} to put another behind"
            raise Wrong(told, "previous_item_id", "item_create_invalid_previous_item_id")
        names = list(self._items)
        place = len(names) if after is None else 0 if after == "root" else names.index(after) + 1
        pairs = list(self._items.items())
        self._items = dict([*pairs[:place], (item.id, item), *pairs[place:]][-MOST:])

    def change(self, item: Item) -> None:
        """An item as it is from now on, if it is there still."""
        if item.id in self._items:
            self._items[item.id] = item

    def drop(self, item_id: str) -> None:
        """An item is gone."""
        self._items.pop(item_id, None)

    def said(self) -> list[tuple[Role, str]]:
        """What a model reads of it, oldest first."""
        return [(item.role, text(item)) for item in self._items.values() if text(item).strip()]


def text(item: Item) -> str:
    """What an item says."""
    told = (one.transcript if one.type == "input_audio" else one.text for one in item.content)
    return "\n".join(one for one in told if isinstance(one, str))


def spoken(item_id: str, transcript: str | None) -> Item:
    """What a user said."""
    return Item(item_id, "user", [Content("input_audio", transcript=transcript)])


def written(item_id: str, said: str, *, whole: bool) -> Item:
    """What the assistant wrote."""
    return Item(item_id, "assistant", [Content("output_text", said)], "completed" if whole else "incomplete")


def respoken(item: Item, said: str, item_id: str = "") -> Item:
    """An item with another text, and another id if one is given."""
    [part, *_] = item.content
    audible = part.type == "input_audio"
    made = replace(part, transcript=said) if audible else replace(part, text=said, transcript=UNSET)
    return replace(item, id=item_id or item.id, content=[made])


def created(asked: ItemAsked, item_id: str) -> Item:
    """The item that a client makes. Raises Wrong."""
    if asked.type != "message":
        told = f"items of type {asked.type!r} are not understood here: send messages"
        raise Wrong(told, "item.type", "unsupported_parameter")
    role = "system" if asked.role == "developer" else asked.role
    if role is None:
        raise Wrong(
            "a message has a role: user, system or assistant", "item.role", "missing_required_parameter"
        )
    kind = PARTS[role]
    for place, part in enumerate(asked.content):
        if part.type not in (kind, "text", "output_text"):
            told = f"a message of the {role} has content of type {kind}, not {part.type!r}; sound comes by append"
            raise Wrong(told, f"item.content[{place}].type", "unsupported_content")
    said = "\n".join(part.text or "" for part in asked.content)
    if not said.strip() or len(said) > TEXT:
        raise Wrong(f"a message has 1 to {TEXT} characters of text", "item.content", "invalid_value")
    part = Content("output_text" if role == "assistant" else "input_text", said)
    return Item(asked.id or item_id, role, [part])
