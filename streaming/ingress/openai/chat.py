"""`POST /v1/chat/completions`: an answer in one piece, or as it is made."""

from contextlib import aclosing

from streaming import roster
from streaming.clock import now_ms
from streaming.errors import ServiceFault
from streaming.events import ReplyDelta, ReplyDone
from streaming.ingress.openai.call import Call
from streaming.ingress.openai.completing import Completing
from streaming.roster import Present
from streaming.wire.openai.chat import Asked, understood
from streaming.wire.openai.completion import Completion, Head, closing, delta, opening, whole
from streaming.wire.openai.faults import Wrong
from streaming.wire.openai.moderations import ANY, models


async def complete(call: Call) -> Completion | None:
    """The answer; None: it was written as it came. Raises Fault."""
    asked = understood(call.body, call.gateway.api.messages)
    workers = await roster.present(call.gateway.bus)
    completing = Completing(call.gateway, call.tenant, asked)
    head = Head(completing.config.session_id, now_ms() // 1000, _model(asked, workers))
    await completing.begin(workers)
    held: list[ReplyDelta] = []  # what may be a call is told as one, or else as words, when it is whole
    async with aclosing(completing.reply()) as reply:
        async for event in reply:
            match event:
                case ReplyDelta() if asked.stream and (held or _may_be_call(asked, event)):
                    held.append(event)
                case ReplyDelta() if asked.stream:
                    if not call.begun:
                        await call.say(opening(head))
                    await call.say(delta(head, event))
                case ReplyDone() if asked.stream:
                    said = [] if event.function else held
                    await _close(call, head, (said, event), usage=asked.usage)
                    return None
                case ReplyDone():
                    return whole(head, event)
                case _:
                    pass
    raise ServiceFault("reply_failed", "the reply was broken off: ask again")


def _may_be_call(asked: Asked, first: ReplyDelta) -> bool:
    return bool(asked.sampling.functions) and first.offset == 0 and first.text.startswith("{")


async def _close(call: Call, head: Head, left: tuple[list[ReplyDelta], ReplyDone], *, usage: bool) -> None:
    held, done = left
    # before anything is said: a reply without a word may have failed
    last = [*(delta(head, more) for more in held), *closing(head, done, usage=usage)]
    for part in last if call.begun else [opening(head), *last]:
        await call.say(part)
    await call.end()


def _model(asked: Asked, workers: list[Present]) -> str:
    """The model that is asked for. Raises Wrong: nobody serves it."""
    named = asked.sampling.model
    known = [one.id for one in models(roster.served(workers)).data]
    if named in ("", *known) or len(known) == 1:  # ANY alone: nobody is there, which is told better than this
        return named or ANY
    told = f"there is no model {named!r} here: ask for one of {', '.join(known)}"
    raise Wrong(told, "model", "model_not_found")
