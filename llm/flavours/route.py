"""Who is asked, in which order. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from llm.flavours.policy import RoutingPolicy, Rule
from llm.making import Why


class Asked(NamedTuple):
    """What routes decide by. `tokens` of the request, estimated; `escalated`: a quicker one's answer was not good
    enough; `adapter` that is to answer ("": none); `flavour` that the session wants, if there is one of that name."""

    tenant: str = "default"
    mode: str = "chat"
    language: str = ""
    tokens: int = 0
    escalated: bool = False
    adapter: str = ""
    flavour: str = ""


class Standing(NamedTuple):
    """How a flavour stands: `shut` when it is known to fail; `load`: replies under way a slot; its adapters."""

    name: str
    shut: bool = False
    load: float = 0.0
    adapters: frozenset[str] = frozenset()


class Choice(NamedTuple):
    """A flavour to ask, and why it would be the one."""

    name: str
    why: Why


def route(asked: Asked, standings: Sequence[Standing], policy: RoutingPolicy) -> list[Choice]:
    """All flavours, in the order in which they are to be asked. `standings`: in their own order, the quickest first.

    - The session, else a rule that holds, else the order says who is meant; escalated, the next in order after that.
    - Whoever has not the adapter comes after those who have; whoever is known to fail comes last.
    - The others stand in, those behind the meant one first.
    """
    names = [standing.name for standing in standings]
    meant, why = _meant(asked, standings, policy)
    place = names.index(meant)
    if asked.escalated and place + 1 < len(names):
        place, why = place + 1, "escalated"
    turned = [*standings[place:], *reversed(standings[:place])]
    able = sorted(turned, key=lambda standing: not _able(standing, asked))
    # Another adapter's flavour is no fall-back: it is the only one that is meant.
    first = able[0].name
    ordered = sorted(able, key=lambda standing: standing.shut)
    return [Choice(standing.name, why if standing.name == first else "fallback") for standing in ordered]


def _able(standing: Standing, asked: Asked) -> bool:
    return not asked.adapter or asked.adapter in standing.adapters


def _meant(asked: Asked, standings: Sequence[Standing], policy: RoutingPolicy) -> tuple[str, Why]:
    known = {standing.name for standing in standings}
    if asked.flavour in known:
        return asked.flavour, "asked"
    for rule in policy.rules:
        if rule.flavour in known and _holds(rule, asked, standings[0].load):
            return rule.flavour, "rule"
    return standings[0].name, "first"


def _holds(rule: Rule, asked: Asked, load: float) -> bool:
    return (
        rule.tenant in ("", asked.tenant)
        and rule.mode in ("", asked.mode)
        and rule.language in ("", asked.language)
        and asked.tokens >= rule.tokens
        and load >= rule.load
    )
