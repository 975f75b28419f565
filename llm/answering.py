"""One turn's answer: what is asked of the engine, and what becomes of what it writes.

From documents where there are some: found, told as data, and shown as far as they bear it out. What users and documents
say is made harmless first: none of it can write the marks by which a chat template tells who speaks.
"""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from llm.asking import asked, cut
from llm.context import conversation
from llm.desk import Desk
from llm.grounding.fence import neutral
from llm.grounding.query import small_talk
from llm.grounding.sources import Sources
from llm.history import FRAME_TOKENS, Message, Turn, estimate, messages
from llm.making import Decided, Made, Maker, Token
from llm.policy import LlmPolicy
from llm.prompt import Prompt
from llm.tools.offering import wanted
from llm.tools.toolbox import Helped, Toolbox
from streaming.errors import ServiceFault
from streaming.functions import is_result
from streaming.parts import Citation, Role, Usage

NO_WORDS: Final = "There were no words in this turn to answer."


class Service(Struct, frozen=True):
    """What makes the replies of all sessions: whoever answers, and the tools that may be called first."""

    engine: Maker
    policy: LlmPolicy
    tools: Toolbox


class Cited(Struct, frozen=True):
    """Where the answer comes from; `timing`: `retrieval_ms`, what it took to find it. `cut` and `function`: see
    ReplyDone; `flags`: see DraftDone."""

    citations: list[Citation] = []
    timing: dict[str, int] = {}
    cut: bool = False
    flags: list[str] = []
    function: str = ""


class Said(Struct, frozen=True):
    """The conversation: its turns, the newest last; what was `given` of one before the session; and what was said
    `earlier`, summed up."""

    turns: list[Turn]
    given: list[tuple[Role, str]] = []
    earlier: str = ""


Answered: TypeAlias = Made | Cited


async def answer(maker: Maker, policy: LlmPolicy, desk: Desk, said: Said) -> AsyncGenerator[Answered]:
    """The answer to the newest turn, as it may be moderated.

    Raises:
        ServiceFault: `no_words`, or one of the engine's.
    """
    said = _harmless(said)
    grounding, turns = desk.grounding, said.turns
    if turns and desk.config.sampling.functions:
        ask = asked(desk.config, policy, _chat(policy, desk.prompt, said))
        if call := await wanted(maker.alone if isinstance(maker, Helped) else maker, ask):
            yield Cited(function=call.name)
            yield Token(call.arguments)
            yield call.usage
            yield _signed(call.decided, desk, grounded=False)
            return
    stream = _plain(maker, policy, desk, said)
    if grounding and turns and _factual(turns[-1].said) and desk.config.sampling.schema is None:
        since = time.monotonic()
        sources = await grounding.look(turns)
        took = {"retrieval_ms": round((time.monotonic() - since) * 1000)}
        yield Cited(timing=took, flags=sources.flags)
        if sources.worth(grounding.policy) or await _told(maker, policy, desk, said):
            stream = _grounded(maker, policy, desk, (said, sources))
        elif grounding.policy.without == "refuse":
            yield Token(grounding.policy.refusal)
            return
    async with aclosing(stream) as found:
        async for made in found:
            yield made


def _factual(text: str) -> bool:
    """Whether documents may speak of it: it is no courtesy, nor what a function of the client's has answered."""
    return not small_talk(text) and not is_result(text)


async def _told(maker: Maker, policy: LlmPolicy, desk: Desk, said: Said) -> bool:
    """Whether a tool says something to a question of which no document speaks."""
    if not isinstance(maker, Helped) or not said.turns[-1].said.strip():
        return False
    return (await maker.result(asked(desk.config, policy, _chat(policy, desk.prompt, said)))).holds


async def _plain(maker: Maker, policy: LlmPolicy, desk: Desk, said: Said) -> AsyncGenerator[Answered]:
    ask = asked(desk.config, policy, _chat(policy, desk.prompt, said))
    async with aclosing(maker.stream(ask)) as stream:
        async for made in stream:
            yield _signed(made, desk, grounded=False)
            if isinstance(made, Usage):
                yield Cited(cut=cut(ask, made))


async def _grounded(
    maker: Maker, policy: LlmPolicy, desk: Desk, given: tuple[Said, Sources]
) -> AsyncGenerator[Answered]:
    """Sentence by sentence, each with its source. With `escalate`, an answer without any is asked for once more."""
    grounding = desk.grounding
    assert grounding, "there are sources"
    said, sources = given
    escalate = grounding.policy.escalate
    *before, last = _chat(policy, desk.grounded, said, grounding.policy.tokens)
    chat = [*before, Message("user", grounding.told(sources, last.content))]
    first = replace(asked(desk.config, policy, chat), grounds=grounding.ref, temperature=0.0)
    if isinstance(maker, Helped) and (result := await maker.result(first)).holds:
        sources = sources.beside(result.tool, result.asked, neutral(result.said))
    for ask in [first, replace(first, escalated=True)] if escalate else [first]:
        claims, ended_early = grounding.claims(sources), False
        async with aclosing(maker.stream(ask)) as stream:
            async for made in stream:
                if isinstance(made, Usage):
                    ended_early = cut(ask, made)
                if not isinstance(made, Token):
                    yield _signed(made, desk, grounded=True)
                elif shown := claims.feed(made.text):
                    yield Token(shown)
        checked = claims.finish()
        if checked.citations or ask.escalated or not escalate:
            if checked.rest:
                yield Token(checked.rest)
            yield Cited(checked.citations, cut=ended_early)
            return


def _harmless(said: Said) -> Said:
    turns = [replace(turn, said=neutral(turn.said), answered=neutral(turn.answered)) for turn in said.turns]
    return Said(turns, [(role, neutral(text)) for role, text in said.given], neutral(said.earlier))


def _signed(made: Made, desk: Desk, *, grounded: bool) -> Made:
    if not isinstance(made, Decided):
        return made
    return replace(made, made_by=desk.signed(made.made_by, grounded=grounded))


def _chat(policy: LlmPolicy, prompt: Prompt, said: Said, taken: int = 0) -> list[Message]:
    """The prompt and what was said; `taken`: tokens that something else needs."""
    room = _room(policy, prompt, taken)
    own = messages(said.turns, min(policy.history_tokens, room), estimate, said.earlier)
    if not own:
        raise ServiceFault("no_words", NO_WORDS, close=None)
    return conversation(prompt.text, said.given, own, room, estimate)


def remembered(policy: LlmPolicy, desk: Desk) -> int:
    """Tokens of what was said that a reply is always told: with an index, fewer may be left beside its passages."""
    if desk.grounding is None:
        return min(policy.history_tokens, _room(policy, desk.prompt))
    return min(policy.history_tokens, _room(policy, desk.grounded, desk.grounding.policy.tokens))


def _room(policy: LlmPolicy, prompt: Prompt, taken: int = 0) -> int:
    return policy.context - policy.max_tokens - estimate(prompt.text) - FRAME_TOKENS - taken
