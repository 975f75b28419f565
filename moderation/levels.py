"""From a judge's scores to what is done about them: levels a category, for each tenant. Pure."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

FLAGGED: Final = "injection"
"""Orders to the assistant: told, and never a reason to hold anything back. Whoever writes prompts keeps them apart."""
UNJUDGED: Final = "unjudged"
"""The category of a verdict that says that the judge did not answer."""


class Levels(Struct, frozen=True, forbid_unknown_fields=True):
    """From which score on a category is flagged (`flag`), and blocked (`block`). Between the two it is shown, and waits
    for review.

    A level above 1 is never reached. The defaults are the judge's own: heads are scaled so that 0.5 flags and 0.8
    blocks (`FLAG` and `BLOCK` in model/heads.py), and a guard that says yes or no scores 1, or 0.6 where it is unsure.
    """

    flag: Annotated[float, Meta(ge=0)] = 0.5
    block: Annotated[float, Meta(ge=0)] = 0.8


class TenantModeration(Struct, frozen=True, forbid_unknown_fields=True):
    """Section `moderation.tenants.NAME`: `thresholds` of this tenant's own, before those of everybody."""

    thresholds: dict[str, Levels] = {}


class Weighed(Struct, frozen=True):
    """What scores come to: the categories that reached the level of `action`, and the highest score of theirs."""

    action: Literal["pass", "flag", "block"]
    categories: tuple[str, ...]
    score: float


class Thresholds:
    """The levels in force for a tenant: its own, else everybody's, of the category, its parent ("a" of "a/b") or
    "*"."""

    def __init__(
        self, tenant: Mapping[str, Levels], everybody: Mapping[str, Levels], *, mild: bool = False
    ) -> None:
        """`mild`: what reaches the level of blocking is flagged, and no more."""
        self._maps = (tenant, everybody)
        self._mild = mild

    @property
    def mild(self) -> "Thresholds":
        """The same, where nothing is blocked."""
        return Thresholds(*self._maps, mild=True)

    def of(self, category: str) -> Levels:
        """The levels of a category."""
        parent = category.partition("/")[0]
        for known in self._maps:
            for name in (category, parent, "*"):
                if name in known:
                    return known[name]
        return Levels()

    def found(self, scores: Mapping[str, float]) -> list[str]:
        """The categories whose score is at either level, whatever is done about it."""
        return sorted(
            name for name, score in scores.items() if score >= min(self.of(name).flag, self.of(name).block)
        )

    def weigh(self, scores: Mapping[str, float]) -> Weighed:
        """What is to be done about scores."""
        blocked = {name: score for name, score in scores.items() if self._blocks(name, score)}
        flagged = {name: scores[name] for name in self.found(scores)}
        if blocked and not self._mild:
            return _weighed("block", blocked)
        if flagged:
            return _weighed("flag", flagged)
        return Weighed("pass", (), max(scores.values(), default=0.0))

    def _blocks(self, category: str, score: float) -> bool:
        return category.partition("/")[0] != FLAGGED and score >= self.of(category).block


def _weighed(action: Literal["flag", "block"], scores: Mapping[str, float]) -> Weighed:
    names = sorted(scores, key=lambda name: (-scores[name], name))
    return Weighed(action, tuple(names), round(scores[names[0]], 4))
