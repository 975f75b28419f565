"""Responses: when one is made, what is asked for it, and how what comes of it is told. Pure."""

from contextlib import suppress
from typing import Final

from streaming.answers import ReplyDelta, ReplyDone
from streaming.errors import Fault
from streaming.events import ModerationVerdict
from streaming.parts import Role, replaced
from streaming.wire.openai.faults import Wrong
from streaming.wire.openai.realtime import responses, told
from streaming.wire.openai.realtime.asked import ItemAsked, ResponseAsked
from streaming.wire.openai.realtime.conversation import created, text
from streaming.wire.openai.realtime.effects import Cancel, Respond
from streaming.wire.openai.realtime.responses import Answer, Sign, Stage
from streaming.wire.openai.realtime.shapes import Reason, Usage, Written
from streaming.wire.openai.realtime.state import State

ALONE: Final = 8
"""Responses beside the conversation that may be made at the same time."""

Made = ReplyDelta | ReplyDone | ModerationVerdict


class Answering:
    """The responses of one session."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._answers: dict[str, Answer] = {}
        self._due = False

    @property
    def _open(self) -> Answer | None:
        """The conversation's response that is being made."""
        found = (one for one in self._answers.values() if not one.alone and one.stage is not Stage.OVER)
        return next(found, None)

    # ---- what is asked -----------------------------------------------------------------------------------------------

    def create(self, asked: ResponseAsked) -> None:
        """The client asks for a response. Raises Wrong."""
        state, alone = self._state, asked.conversation == "none"
        if state.session.type != "realtime":
            raise Wrong("a transcription session answers nothing: open one of type realtime", "type")
        responses.possible(asked)
        if not alone and self._open:
            told_ = f"response {self._open.id} is not done yet: wait for response.done, or cancel it"
            raise Wrong(told_, None, "conversation_already_has_active_response")
        if (
            alone
            and sum(one.alone and one.stage is not Stage.OVER for one in self._answers.values()) >= ALONE
        ):
            raise Wrong(f"{ALONE} responses beside the conversation are being made: wait for one", None)
        answer = Answer(state.outlet.named("resp"), state.outlet.named("item"), asked, alone)
        waits = state.speech.waits and asked.input is None
        request = None if waits else self._request(answer)
        self._answers[answer.id] = answer
        state.outlet.tell(told.ResponseCreated(response=answer.shape(state.session)))
        if request:
            answer.step(Sign.READY)
            state.outlet.do(request)

    def turned(self) -> None:
        """A turn is over: it is answered, or will be when the response before it is over."""
        turns = self._state.turns
        if self._state.session.type != "realtime" or turns is None or turns.create_response is False:
            return
        if self._open:
            self._due = True
            return
        self._answer()

    def _answer(self) -> None:
        with suppress(Wrong):  # nothing of what was said may stay: there is nothing to answer
            self.create(ResponseAsked())

    def known(self) -> None:
        """Words that were missing may be there now."""
        if self._state.speech.waits:
            return
        for answer in [one for one in self._answers.values() if one.stage is Stage.DUE]:
            try:
                request = self._request(answer)
            except Wrong as wrong:
                self._over(answer, responses.failed(wrong))
                continue
            answer.step(Sign.READY)
            self._state.outlet.do(request)

    def cancel(self, response_id: str | None) -> None:
        """The client wants a response to stop. Raises Wrong: it is none that is being made."""
        answer = self._answers.get(response_id) if response_id else self._open
        if answer is None or answer.stage is Stage.OVER:
            raise Wrong("no such response is being made", "response_id", "response_cancel_not_active")
        self._stop(answer, "client_cancelled")

    def interrupted(self) -> None:
        """Somebody speaks."""
        self._due = False
        if self._open:
            self._stop(self._open, "turn_detected")

    # ---- what comes of it --------------------------------------------------------------------------------------------

    def made(self, response_id: str, what: Made) -> None:
        """The next event of a response's reply. Of one that is over only a verdict says anything new."""
        answer = self._answers.get(response_id)
        if answer is None:
            return
        match what:
            case ModerationVerdict():
                self._judged(answer, what)
            case _ if answer.stage is Stage.OVER:
                pass
            case ReplyDelta(text=more):
                self._more(answer, more)
            case ReplyDone():
                if answer.stage is Stage.ASKED and what.text:
                    self._more(answer, what.text)
                answer.text = what.text if answer.stage is Stage.SHOWN else ""
                self._over(answer, responses.why(what, taken=answer.taken), responses.cost(what))

    def failed(self, response_id: str, fault: Fault) -> None:
        """A response cannot be made."""
        answer = self._answers.get(response_id)
        if answer and answer.stage is not Stage.OVER:
            self._over(answer, responses.failed(fault))

    def finished(self, response_id: str) -> None:
        """Nothing more comes of a response, no verdict either."""
        self._answers.pop(response_id, None)

    # ---- how it is told ----------------------------------------------------------------------------------------------

    def _request(self, answer: Answer) -> Respond:
        state, asked = self._state, answer.asked
        said = state.conversation.said() if asked.input is None else [self._input(one) for one in asked.input]
        model = state.session.model if state.session.model in state.able.models else ""
        wish = responses.request(state.session, asked, said, (state.able.messages, model))
        return Respond(answer.id, wish)

    def _input(self, asked: ItemAsked) -> tuple[Role, str]:
        if asked.type == "item_reference":
            item = self._state.conversation.get(asked.id or "", "retrieve")
        else:
            item = created(asked, "")
        return item.role, text(item)

    def _more(self, answer: Answer, more: str) -> None:
        outlet, first = self._state.outlet, answer.stage is Stage.ASKED
        if first:
            item = answer.item(whole=False)
            outlet.tell(told.OutputItemAdded(response_id=answer.id, item=item))
            if not answer.alone:
                self._state.added(item, whole=False)
            outlet.tell(told.PartAdded(response_id=answer.id, item_id=answer.item_id, part=Written("")))
        outlet.tell(answer.more(more))

    def _stop(self, answer: Answer, reason: str) -> None:
        self._state.outlet.do(Cancel(answer.id))
        self._over(answer, Reason("cancelled", reason))

    def _over(self, answer: Answer, why: Reason, usage: Usage | None = None) -> None:
        state, item = self._state, answer.item(whole=why.type == "completed")
        name, number = answer.item_id, answer.id
        if answer.stage is Stage.DUE:
            self.finished(number)  # nobody was asked for it, so nobody will say that it is
        if answer.stage is Stage.SHOWN:
            state.outlet.tell(told.TextDone(response_id=number, item_id=name, text=answer.text))
            state.outlet.tell(told.PartDone(response_id=number, item_id=name, part=Written(answer.text)))
            if not answer.alone:
                state.conversation.change(item)
                before = state.conversation.before(name)
                state.outlet.tell(told.ItemDone(item=item, previous_item_id=before))
            state.outlet.tell(told.OutputItemDone(response_id=number, item=item))
        state.outlet.tell(responses.over(answer, state.session, why, usage))
        if self._due and not self._open:
            self._due = False
            self._answer()

    def _judged(self, answer: Answer, verdict: ModerationVerdict) -> None:
        """Some of it is not to be shown any more. Where it never was, nothing changes."""
        was = answer.text
        if verdict.target.reply is None or verdict.replacement is None or verdict.span[0] >= len(was):
            return  # of one that was broken off, the span may end behind what was told
        answer.text = replaced(was, verdict.span, verdict.replacement)
        if answer.stage is Stage.OVER:
            answer.item_id = self._state.taken_back(answer.item_id, answer.text)
        else:
            answer.taken = answer.taken or answer.text != was
