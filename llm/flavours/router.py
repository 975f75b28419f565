"""The router: whoever asks asks it, and it finds the flavour that answers. A thin shell around `route` and `breaker`.

Once the first word is there it is that flavour's answer, whatever comes: words that were shown cannot be exchanged.
"""

import functools
import logging
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from llm.asking import Ask
from llm.engine import Refused
from llm.flavours.adapting import adapter_of
from llm.flavours.breaker import Breaker, State, answered, asked, failed, left, state
from llm.flavours.flavour import Flavour
from llm.flavours.pace import Pace
from llm.flavours.policy import AnswersPolicy, RoutingPolicy
from llm.flavours.race import Entrant, Winner, race
from llm.flavours.remembered import Answers, Remembered, key
from llm.flavours.route import Asked, Choice, Standing, route
from llm.history import estimate
from llm.making import Decided, Made, Spoken, Token, Why
from streaming.errors import ServiceFault
from streaming.parts import Usage

log = logging.getLogger(__name__)

Clock = Callable[[], float]

ROUTING: Final = RoutingPolicy()
ANSWERS: Final = AnswersPolicy()


class _Known(Struct):
    """What is known of a flavour: its breaker, how soon it answers, and how many replies it makes just now."""

    flavour: Flavour
    pace: Pace
    breaker: Breaker = Breaker()
    open: int = 0


class Router:
    """A `Maker` over flavours, the first in order first. `clock`: s, only grows."""

    def __init__(
        self,
        flavours: Sequence[Flavour],
        routing: RoutingPolicy = ROUTING,
        answers: AnswersPolicy = ANSWERS,
        clock: Clock = time.monotonic,
    ) -> None:
        self._known = {flavour.name: _Known(flavour, Pace()) for flavour in flavours}
        self._first = flavours[0]
        self._adapters = {
            name: adapter.tenants for flavour in flavours for name, adapter in flavour.adapters.items()
        }
        self._policy = routing
        self._answers = Answers(answers)
        self._clock = clock

    @property
    def made_by(self) -> str:
        """The first flavour's reference."""
        return self._first.made_by("")

    async def close(self) -> None:
        """Close all connections."""
        for known in self._known.values():
            await known.flavour.engine.close()

    async def stream(self, ask: Ask) -> AsyncGenerator[Made]:
        """See `Maker`. An answer that is remembered comes at once and costs no tokens."""
        since = self._clock()
        ask = replace(ask, adapter=adapter_of(ask, self._adapters))
        choices = self._choices(ask)
        if (found := self._remembered(ask, choices[0])) is not None:
            yield Token(found.text)
            yield Usage(0, 0)
            yield self._decided(choices[0].name, ask, "cached", {"cached_ms": _ms(since - found.at)})
            return
        winner = await race([self._entrant(ask, choices, place) for place in range(len(choices))])
        name, why = choices[winner.number]
        timing: dict[str, int] = {}
        if winner.number:
            why, timing = _late(winner), {"routed_ms": _ms(self._clock() - since)}
        words: list[str] = []
        async with aclosing(winner.rest) as rest:
            if winner.first is not None:
                yield _noted(winner.first, words)
            async for made in rest:
                yield _noted(made, words)
        decided = self._decided(name, ask, why, timing)
        if ask.grounds:
            self._answers.keep(self._key(ask, name), Remembered("".join(words), self._clock()))
        yield decided

    def _choices(self, ask: Ask) -> list[Choice]:
        now = self._clock()
        standings = [
            Standing(
                name,
                shut=state(known.breaker, now) is State.OPEN,
                load=known.open / known.flavour.slots,
                adapters=frozenset(known.flavour.adapters),
            )
            for name, known in self._known.items()
        ]
        tokens = sum(estimate(message.content) for message in ask.messages)
        wanted = self._named(ask.sampling.model)
        told = Asked(ask.tenant, ask.mode, ask.language, tokens, ask.escalated, ask.adapter, wanted)
        return route(told, standings, self._policy)

    def _named(self, wanted: str) -> str:
        """The flavour of this name, or the first whose model has it; "" when there is none."""
        models = {known.flavour.engine.model: name for name, known in reversed(self._known.items())}
        return wanted if wanted in self._known else models.get(wanted, "")

    def _decided(self, name: str, ask: Ask, why: Why, timing: dict[str, int]) -> Decided:
        made_by = self._known[name].flavour.made_by(ask.adapter)
        if len(self._known) > 1 or why == "cached":
            made_by += f" {name}:{why}"
        return Decided(made_by, name, why, timing)

    def _key(self, ask: Ask, name: str) -> bytes:
        return key(ask, self._known[name].flavour.made_by(ask.adapter))

    def _remembered(self, ask: Ask, choice: Choice) -> Remembered | None:
        return self._answers.find(self._key(ask, choice.name), self._clock()) if ask.grounds else None

    # ---- asking one --------------------------------------------------------------------------------------------------

    def _entrant(self, ask: Ask, choices: Sequence[Choice], place: int) -> Entrant:
        known, policy = self._known[choices[place].name], self._policy
        # One more beside the first is asked for speed; those behind stand in for what fails.
        beside = policy.hedge and place == 0
        late_ms = known.pace.late_ms(policy.hedge_ms)
        return Entrant(
            open=functools.partial(self._asked, known, ask),
            wait_s=min(late_ms / 1000, policy.patience_s) if beside else policy.patience_s,
            beside=beside,
            late=functools.partial(self._failed, known),
        )

    def _failed(self, known: _Known) -> None:
        known.breaker = failed(known.breaker, self._clock(), self._policy.breaker)
        if state(known.breaker, self._clock()) is State.OPEN:
            log.warning("flavour %s fails and is asked last for a while", known.flavour.name)

    async def _asked(self, known: _Known, ask: Ask) -> AsyncGenerator[Spoken]:
        """What the flavour says; what is known of it learns how that went."""
        since = self._clock()
        known.breaker, silent = asked(known.breaker, since, self._policy.breaker), True
        known.open += 1
        try:
            async with aclosing(known.flavour.stream(ask)) as spoken:
                async for made in spoken:
                    if silent:
                        silent, known.breaker = False, answered(known.breaker)
                        known.pace.came((self._clock() - since) * 1000)
                    yield made
        except ServiceFault as fault:
            silent = False
            if not (isinstance(fault, Refused) and fault.by_request):
                self._failed(known)
            raise
        finally:
            known.open -= 1
            if silent:  # closed before it had said a word
                known.breaker = left(known.breaker, self._clock())
                known.pace.waited((self._clock() - since) * 1000)


def _late(winner: Winner) -> Why:
    return "hedged" if winner.overtook else "fallback"


def _noted(made: Spoken, words: list[str]) -> Spoken:
    if isinstance(made, Token):
        words.append(made.text)
    return made


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
