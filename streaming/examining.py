"""What the moderator is asked about texts that are no part of a session, and what it answers. Pure."""

from msgspec import Struct


class Examine(Struct, frozen=True):
    """How bad is each of these texts, by the thresholds of `tenant`?"""

    texts: list[str]
    tenant: str = "default"


class Examined(Struct, frozen=True):
    """One text: how surely (0 to 1) it is of each category that was looked for, and which count as found."""

    scores: dict[str, float]
    found: list[str]


class Examination(Struct, frozen=True):
    """All texts, in order. `made_by`: references joined by a space."""

    texts: list[Examined]
    made_by: str
