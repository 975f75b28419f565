"""What clients of other services ask for in an address: names with values, all of them text. Pure."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl

from streaming.errors import ClientFault, Close
from streaming.wire.truth import truth

MOST: Final = 1_000
"""Parts of one query."""


class Query:
    """The parts of a query, in order. What cannot be read is a ClientFault (`bad_query`) that names the part."""

    def __init__(self, text: str) -> None:
        try:
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST)
        except ValueError:
            raise wrong(f"a query has up to {MOST} parts") from None
        self._parts: dict[str, list[str]] = {}
        for name, value in pairs:
            self._parts.setdefault(name, []).append(value)

    def all(self, name: str) -> Sequence[str]:
        """Every value of this name."""
        return self._parts.get(name, ())

    def text(self, name: str) -> str | None:
        """Its last value."""
        values = self._parts.get(name)
        return values[-1] if values else None

    def flag(self, name: str, otherwise: bool) -> bool:
        """True or false."""
        value = self.text(name)
        if value is None:
            return otherwise
        found = truth(value) if value else False
        if found is None:
            raise wrong(f"{name} must be true or false, not {value[:40]!r}")
        return found

    def number(self, name: str, least: int, most: int) -> int | None:
        """A whole number of that range."""
        value = self.text(name)
        if value is None:
            return None
        if value.isascii() and value.isdecimal() and len(value) < 10 and least <= int(value) <= most:
            return int(value)
        raise wrong(f"{name} must be a whole number from {least} to {most}, not {value[:40]!r}")

    def share(self, name: str) -> float | None:
        """A number from 0 to 1."""
        value = self.text(name)
        if value is None:
            return None
        try:
            found = float(value)
        except ValueError:
            found = -1.0
        if 0 <= found <= 1:
            return found
        raise wrong(f"{name} must be a number from 0 to 1, not {value[:40]!r}")


def wrong(told: str) -> ClientFault:
    """A part of a query that is not as it should be."""
    return ClientFault("bad_query", told, close=Close.POLICY)
