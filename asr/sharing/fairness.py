"""Who is owed machine time: among tenants, and among kinds of passes. Pure.

Tenants are compared by the machine time that they used (the virtual token counter of Y. Sheng et al., "Fairness in
Serving Large Language Models", arXiv 2401.00588, with seconds for tokens): the one that used least is served first, and
one that comes back is lifted to the least of those that are here, so that nobody saves up time by being away. To within
`CREDIT_S`, that is: whoever speaks is away between one pass and the next, and is not to lose its place by that.

Kinds have an order (finals, then partials, then recordings); a kind that waits behind others is owed a share of the
time that these take, so that none waits for ever.
"""

from collections.abc import Collection, Mapping
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["final", "partial", "replay"]
KINDS: Final[tuple[Kind, ...]] = ("final", "partial", "replay")
"""In the order in which they are served."""


CREDIT_S: Final = 1.0


class Counters:
    """Machine time by tenant, in seconds. A tenant is here while anything of it waits or runs."""

    def __init__(self) -> None:
        self._used: dict[str, float] = {}
        self._here: dict[str, int] = {}
        self._floor = 0.0

    def enter(self, tenant: str) -> None:
        """Something of `tenant` waits."""
        if not self._here.get(tenant):
            self._used[tenant] = max(self._used.get(tenant, 0.0), self._least() - CREDIT_S)
        self._here[tenant] = self._here.get(tenant, 0) + 1

    def leave(self, tenant: str) -> None:
        """It was served, or waits no more."""
        self._here[tenant] -= 1
        if self._here[tenant]:
            return
        del self._here[tenant]
        # The last one to go leaves its count for the next one to come.
        self._floor = max(self._floor, self._least() if self._here else self._used[tenant])
        for gone in [
            one
            for one, used in self._used.items()
            if one not in self._here and used <= self._floor - CREDIT_S
        ]:
            del self._used[gone]  # it would be lifted above this when it comes back

    def charge(self, tenant: str, seconds: float) -> None:
        """`tenant`, which is here, used so much more; less than was thought, if it is negative."""
        self._used[tenant] += seconds

    def used(self, tenant: str) -> float:
        """What decides: the least is served first."""
        return self._used.get(tenant, self._floor)

    def _least(self) -> float:
        return max(self._floor, min((self._used[tenant] for tenant in self._here), default=0.0))


class Shares:
    """What each kind is owed of the time that the kinds before it take while it waits. `shares`: by kind, 0 to 1."""

    def __init__(self, shares: Mapping[Kind, float]) -> None:
        self._shares = shares
        self._owed: dict[Kind, float] = {}

    def ran(self, kind: Kind, seconds: float, waiting: Collection[Kind]) -> None:
        """A pass of `kind` took `seconds`, while others were `waiting`. What nobody waits for is not owed."""
        self._owed = {one: owed for one, owed in self._owed.items() if one in waiting or owed < 0}
        for one in waiting:
            if KINDS.index(one) > KINDS.index(kind):
                self._owed[one] = self._owed.get(one, 0.0) + self._shares.get(one, 0.0) * seconds

    def first(self, kind: Kind, seconds: float) -> bool:
        """Whether a pass of `kind` that takes `seconds` is owed, and so goes before all others."""
        return self._owed.get(kind, 0.0) >= seconds

    def pay(self, kind: Kind, seconds: float) -> None:
        """It was given so much of what it is owed. If that was more, it waits the longer for the next."""
        self._owed[kind] = self._owed.get(kind, 0.0) - seconds
