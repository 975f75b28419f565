"""What was shown, is whole, and has yet to be judged: users' words, and replies that ended before the judge answered.

Pure. A session ends when nothing is owed any more: a verdict about what was said stands in its log.
"""

from collections.abc import Mapping, Set
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from moderation.gate import Judged
from moderation.place import Owed
from moderation.watch import Answer, Ask, Conduct, asked, flag, retraction, unjudged, whole, worst
from streaming.parts import Target

MOST: Final = 64
"""Of what is owed. When there is more, the oldest is shown without having been judged, and that is told."""


class _Debt(Struct, frozen=True):
    owed: Owed
    text: str


Told = list[tuple[Target, list[Judged]]]
"""Targets with what is told about them."""


class Behind:
    """All that is owed in a session, oldest first. After a restart: made with what was owed, and its texts as they
    stand in the log. `whole`: texts are judged as a whole, not window by window."""

    def __init__(
        self,
        conduct: Conduct,
        owed: list[Owed] | None = None,
        texts: Mapping[Target, str] | None = None,
        *,
        whole: bool = False,
    ) -> None:
        self._conduct = conduct
        self._whole = whole
        debts = (_Debt(one, (texts or {}).get(one.target, "")) for one in owed or [])
        # Of a text that is not there any more nothing can be asked: the session would wait for it to its deadline.
        self._debts = {debt.owed.target: debt for debt in debts if debt.text[debt.owed.checked :].strip()}

    @property
    def owed(self) -> list[Owed]:
        """What is owed."""
        return [debt.owed for debt in self._debts.values()]

    def owe(self, target: Target, text: str, checked: int = 0) -> Told:
        """`text` was shown, and was judged up to `checked` only. What is told of others because of that."""
        if not self._conduct.judge or not text[checked:].strip():
            return []
        self._debts[target] = _Debt(Owed(target, checked), text)
        return self._given_up(next(iter(self._debts))) if len(self._debts) > MOST else []

    def due(self, asking: Set[Target]) -> list[Ask]:
        """What the judge is to be asked, but for what it is being asked already."""
        asks = (self._ask(debt) for target, debt in self._debts.items() if target not in asking)
        return [ask for ask in asks if ask]

    def _ask(self, debt: _Debt) -> Ask | None:
        target, checked = debt.owed.target, debt.owed.checked
        if self._whole:
            return whole(target, debt.text, checked)
        return asked(target, debt.text, checked, closed=True)

    def changed(self, target: Target, begin: int, text: str) -> None:
        """From code point `begin` on `text` stands there now. Never while the judge is asked about it."""
        if debt := self._debts.get(target):
            self._debts[target] = _Debt(debt.owed, debt.text[:begin] + text)

    def answered(self, ask: Ask, answer: Answer) -> Told:
        """What follows from the answer to `ask`."""
        debt = self._debts.get(ask.target)
        if debt is None:
            return []
        if answer.scores is None:
            return self._given_up(ask.target, answer.latency_ms)
        judged: list[Judged] = []
        for span, weighed in worst(ask, answer.scores, self._conduct.thresholds):
            if weighed.action == "block" and self._retracts(ask.target):
                whole = (span[0], len(debt.text))
                judged.append(retraction(whole, weighed, self._conduct, answer.latency_ms))
                del self._debts[ask.target]
                return [(ask.target, judged)]
            judged.append(flag(span, weighed, self._conduct, answer.latency_ms))
        if debt.text[ask.end :].strip():
            self._debts[ask.target] = replace(debt, owed=Owed(ask.target, ask.end))
        else:
            del self._debts[ask.target]
        return [(ask.target, judged)] if judged else []

    def given_up(self) -> Told:
        """Nobody waits any longer."""
        return [told for target in list(self._debts) for told in self._given_up(target)]

    def _given_up(self, target: Target, latency_ms: float = 0.0) -> Told:
        debt = self._debts.pop(target)
        span = (debt.owed.checked, len(debt.text))
        return [(target, [unjudged(span, self._conduct, latency_ms)])]

    def _retracts(self, target: Target) -> bool:
        return target.summary is None and (target.segment is None or self._conduct.said == "retract")
