"""Clients of others' dialects that send what no client should: their messages, bent in every way. A seed decides.

A `Bent` is one connection of a client that means no good. What it is told must have its dialect's shape.
"""

import copy
import json
import urllib.parse
from typing import ClassVar, Final

from tests.malformed import VALUES, Json, Junk

WIRE: Final = frozenset({1000, 1002, 1003, 1007, 1008, 1009})
"""Codes that say that the client was wrong, or that all is well."""


class Bent(Junk):
    """See above. `closes`: the codes with which it may be closed; `names`: of a query."""

    path: ClassVar[str]
    closes: ClassVar[frozenset[int]] = WIRE
    names: ClassVar[tuple[str, ...]] = ("ticket", "model", "unknown")

    def address(self, *, bent: bool) -> str:
        """Path and query."""
        if not bent:
            return self.path
        parts = [(self._chance.choice(self.names), self._text()) for _ in range(self._chance.randint(1, 4))]
        return f"{self.path}?{urllib.parse.urlencode(parts, errors='surrogatepass')}"

    def headers(self) -> dict[str, str]:
        """Of the upgrade."""
        return {}

    def oddities(self) -> dict[str, str]:
        """Headers that no client should send."""
        names = ("Origin", "Authorization", "X-API-KEY", "X-Twilio-Signature", "Signature", "Signature-Input")
        values = (
            "",
            "http://[::",
            "null",
            "Bearer",
            "Token a b",
            "sig1=:%%:",
            'sig1=();alg="',
            "x" * 3_000,
            "\xe9\xff",
        )
        return {self._chance.choice(names): self._chance.choice(values)}

    def begins(self) -> list[str]:
        """What begins a session."""
        return []

    def sentinel(self, number: int) -> str:
        """A message that is answered whatever came before it, unless that closed the connection."""
        raise NotImplementedError

    def answers(self, told: Json, number: int) -> bool:
        """Whether this is that answer."""
        raise NotImplementedError

    def shaped(self, told: Json) -> bool:
        """Whether it is a message of the dialect."""
        raise NotImplementedError

    def replied(self, told: Json) -> str | None:
        """What a client says to it."""
        del told
        return None

    def _bent(self) -> str:
        """One member or two, at any depth, are wrong, missing, unknown or of another kind."""
        body = self._message()
        for _ in range(self._chance.randint(1, 2)):
            self._twist(body)
        return json.dumps(body)

    def _twist(self, body: Json) -> None:
        name = self._chance.choice([*body, "unknown", "\0"])
        value = body.get(name)
        inner = value[0] if isinstance(value, list) and value else value
        if isinstance(inner, dict) and inner and self._chance.random() < 0.7:
            self._twist(inner)
        elif self._chance.random() < 0.2:
            body.pop(name, None)
        else:
            body[name] = copy.deepcopy(self._chance.choice(VALUES))

    def _text(self) -> str:
        """A value of a query."""
        likely = ("true", "8000", "2", "mulaw", "opus", "en", "multi", "transcription", "a:b")
        odd = ("", "-1", "1e9", "x" * 300, "\0", "\u2603\r\nx: y", "9" * 40, "٣", "\ud83d")
        return self._chance.choice([*likely, *odd])
