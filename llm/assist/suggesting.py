"""The work on one turn of the customer: a quick answer, a better one, then what to ask or say next."""

import logging
import time
from collections.abc import Awaitable, Sequence
from contextlib import aclosing

from llm.assist.checklist import Checklist
from llm.assist.dialogue import Dialogue
from llm.assist.items import Begun, Ended, Failed, Put, Stepped, Words
from llm.assist.means import Means, joined
from llm.assist.place import Outcome, Place, Work
from llm.assist.writing import Unreadable, next_messages, next_schema, read_next
from llm.grounding.fence import neutral
from llm.grounding.grounding import Grounding
from llm.grounding.query import farewell, small_talk
from llm.grounding.sources import Sources
from llm.grounding.terms import terms
from llm.history import FRAME_TOKENS, Message, Turn, estimate, messages
from llm.making import Decided, Token
from streaming.errors import ServiceFault
from streaming.parts import Usage

log = logging.getLogger(__name__)

NEXT_TOKENS = 96
OURS = "Something failed on our side."
UNREADABLE = "The language model did not answer in the form that it was asked for."


class Suggesting:
    """Brings what a step makes. Whatever fails fails that suggestion, and the next step goes on."""

    def __init__(self, means: Means, dialogue: Dialogue, checklist: Checklist, put: Put) -> None:
        self._means = means
        self._wanted = means.policy.assist.suggest
        self._dialogue = dialogue
        self._checklist = checklist
        self._put = put
        self._sources: Sources | None = None

    async def run(self, place: Place) -> None:
        """The step that is under way."""
        work = place.work
        match place.step:
            case "quick":
                await self._tried(work, self._quick(work))
            case "answer":
                await self._tried(work, self._answer(work))
            case "next":
                await self._tried(work, self._next(place))
            case "done":
                return
        await self._put(Stepped(work))

    async def _tried(self, work: Work, step: Awaitable[None]) -> None:
        try:
            await step
        except ServiceFault as fault:
            await self._failed(work, fault.code, fault.message)
        except Unreadable:
            await self._failed(work, "unreadable", UNREADABLE)
        except Exception as wrong:  # noqa: BLE001 - a successor would fail at the same turn
            await self._failed(work, type(wrong).__name__, OURS)  # what went wrong may hold what was said

    async def _failed(self, work: Work, code: str, message: str) -> None:
        turn, step = work
        told = {"sid": self._means.config.session_id, "turn": turn, "step": step}
        log.warning("a suggestion failed: %s", code, extra=told)
        await self._put(Failed(work, self._means.engine.made_by, message))

    async def _quick(self, work: Work) -> None:
        """The sentence of a passage that says it best, without any model."""
        grounding, since = self._means.grounding, time.monotonic()
        self._sources = None
        turns = self._dialogue.turns(work[0])
        if grounding is None or not self._asks(turns):
            return
        self._sources = await grounding.look(turns)
        extract = self._sources.extract()
        if extract is None:
            return
        text, citation = extract
        took = round((time.monotonic() - since) * 1000)
        await self._put(Begun(work, "answer", grounding.ref))
        await self._put(Words(work, text))
        timing = {"first_token_ms": took, "total_ms": took}
        outcome = Outcome(citations=[citation], timing=timing, flags=self._sources.flags)
        await self._put(Ended(work, outcome))

    def _asks(self, turns: Sequence[Turn]) -> bool:
        """There is something in the newest turn that a document may answer: thanks and farewells have nothing."""
        said = _newest(turns)
        return "answer" in self._wanted and bool(terms(said)) and not small_talk(said)

    async def _answer(self, work: Work) -> None:
        """The model's answer, as far as passages bear it out; nothing, if they do not."""
        grounding, turns = self._means.grounding, self._dialogue.turns(work[0])
        if grounding is None or not self._asks(turns):
            return
        sources = self._sources or await grounding.look(turns)
        if sources.worth(grounding.policy):
            await _Answer(self._means, grounding, self._put, work).run(
                self._asked(grounding, sources), sources
            )

    def _asked(self, grounding: Grounding, sources: Sources) -> list[Message]:
        policy, prompt = self._means.policy, self._means.prompts.grounded.text
        taken = policy.max_tokens + grounding.policy.tokens + estimate(prompt) + FRAME_TOKENS
        said = messages(
            self._dialogue.turns(sources.turn), min(policy.history_tokens, policy.context - taken), estimate
        )
        *before, last = [Message(one.role, neutral(one.content)) for one in said]
        return [Message("system", prompt), *before, Message("user", grounding.told(sources, last.content))]

    async def _next(self, place: Place) -> None:
        """What to ask, and what the checklist still wants."""
        means, work = self._means, place.work
        again = means.policy.assist.again_turns
        ripe = [
            (number, item)
            for number, item in (self._checklist.open() if "checklist" in self._wanted else [])
            if place.turn - place.items.get(number, -again) >= again
        ]
        items = [item for _, item in ripe]
        asks = "question" in self._wanted and not farewell(_newest(self._dialogue.turns(place.turn)))
        if not asks and not items:
            return
        lines = self._dialogue.lines(place.turn)
        room = min(means.policy.history_tokens, means.policy.context - NEXT_TOKENS)
        chat = next_messages(means.prompts.next.text, items, lines, room)
        made = await means.whole(means.ask(chat, NEXT_TOKENS, next_schema(items)), means.prompts.next)
        question, item = read_next(made.text, items)
        outcome = Outcome(usage=made.usage, timing=made.timing)
        if question and asks:
            await self._put(Begun(work, "question", made.made_by))
            await self._put(Words(work, question))
            await self._put(Ended(work, outcome))
        if item:
            number = next(number for number, one in ripe if one is item)
            await self._put(Begun(work, "checklist", made.made_by))
            await self._put(Words(work, item.say))
            await self._put(Ended(work, Outcome(timing=made.timing), number))


class _Answer:
    """A grounded answer as it is made. It begins with its first words that hold."""

    def __init__(self, means: Means, grounding: Grounding, put: Put, work: Work) -> None:
        self._means = means
        self._grounding = grounding
        self._put = put
        self._work = work
        self._begun = False
        self._refs = [means.prompts.grounded.ref, grounding.ref]

    async def run(self, asked: list[Message], sources: Sources) -> None:
        """Raises ServiceFault."""
        since, claims, usage, timing = (
            time.monotonic(),
            self._grounding.claims(sources),
            None,
            dict[str, int](),
        )
        ask = self._means.ask(asked, self._means.policy.max_tokens)
        async with aclosing(self._means.engine.stream(ask)) as stream:
            async for made in stream:
                match made:
                    case Token(text=text):
                        await self._show(claims.feed(text))
                    case Usage():
                        usage = made
                    case Decided():
                        pass  # whoever answers as a rule is named at the beginning
                if self._begun:
                    timing.setdefault("first_token_ms", round((time.monotonic() - since) * 1000))
        checked = claims.finish()
        if not checked.citations:
            return  # it says that it does not know: nothing that an agent could use
        await self._show(checked.rest)
        timing["total_ms"] = round((time.monotonic() - since) * 1000)
        timing.setdefault("first_token_ms", timing["total_ms"])
        outcome = Outcome(citations=checked.citations, usage=usage, timing=timing, flags=sources.flags)
        await self._put(Ended(self._work, outcome))

    async def _show(self, text: str) -> None:
        if not text:
            return
        if not self._begun:
            self._begun = True
            await self._put(Begun(self._work, "answer", joined([self._means.engine.made_by, *self._refs])))
        await self._put(Words(self._work, text))


def _newest(turns: Sequence[Turn]) -> str:
    return turns[-1].said if turns else ""
