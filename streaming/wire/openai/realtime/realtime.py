"""One session of `GET /v1/realtime`, whatever carries its events: a WebSocket, or a data channel of WebRTC. Pure.

    realtime = Realtime(name, able, opened(name, kind, model))
    realtime.opened()            what is to be done first
    realtime.said(frame)         ... of what the client sends
    realtime.heard(event)        ... of what the session says in which sound is heard
    realtime.made(id, event)     ... of what becomes of a response

Each gives effects (`effects.py`), to be done in order. Nothing raises: what is wrong with an event is told as `error`.
What turns, items and responses are of ours: ARCHITECTURE.md, "OpenAI Realtime".
"""

import base64
import binascii
from typing import Final, assert_never

from streaming.audio import WIDTH
from streaming.errors import Fault
from streaming.events import Event, Moderation
from streaming.wire import messages
from streaming.wire.openai.faults import Wrong
from streaming.wire.openai.realtime import asked as asks
from streaming.wire.openai.realtime import session as sessions
from streaming.wire.openai.realtime import told
from streaming.wire.openai.realtime.answering import Answering, Made
from streaming.wire.openai.realtime.conversation import Conversation, created
from streaming.wire.openai.realtime.effects import Begin, Effect, Say, Sound, Tell
from streaming.wire.openai.realtime.hearing import Hearing
from streaming.wire.openai.realtime.outlet import Outlet
from streaming.wire.openai.realtime.session import Able, Session
from streaming.wire.openai.realtime.shapes import Limit
from streaming.wire.openai.realtime.speech import Speech
from streaming.wire.openai.realtime.state import State

LEAST_S: Final = 0.1
"""Sound of which an item can be made."""


class Realtime:
    """See above. `name`: 12 characters or so that no other session has."""

    def __init__(self, name: str, able: Able, session: Session) -> None:
        outlet = Outlet(name)
        speech = Speech(lambda: outlet.named("item"))
        self._state = State(outlet, able, session, Conversation(), speech)
        self._answering = answering = Answering(self._state)
        self._hearing = Hearing(self._state, (answering.interrupted, answering.turned, answering.known))
        self._odd, self._appended = b"", 0

    @property
    def session(self) -> Session:
        """As it is now."""
        return self._state.session

    @property
    def begun(self) -> bool:
        """Whether sound is heard."""
        return self._state.begun

    @property
    def moderation(self) -> Moderation:
        """How strictly what is said and answered is moderated."""
        return self._state.able.moderation

    def opened(self) -> list[Effect]:
        """First of all."""
        state = self._state
        state.outlet.tell(told.SessionCreated(session=sessions.shown(state.session)))
        if state.able.track:
            self._begin()
        return state.outlet.taken()

    def said(self, frame: str | bytes) -> list[Effect]:
        """A client's event."""
        outlet = self._state.outlet
        name: str | None = None
        try:
            event = asks.decode(frame)
            name = event.event_id
            self._take(event)
        except Fault as fault:
            fault.ref = fault.ref or name
            outlet.wrong(fault)
        return outlet.taken()

    def heard(self, event: Event) -> list[Effect]:
        """The next event of the log of the session that `Begin` began."""
        try:
            self._hearing.heard(event)
        except Fault as fault:  # such as an item to which the client has given the same id
            self._state.outlet.wrong(fault)
        return self._state.outlet.taken()

    def made(self, response_id: str, what: Made) -> list[Effect]:
        """The next event of the reply that `Respond` asked for."""
        try:
            self._answering.made(response_id, what)
        except Fault as fault:
            self._state.outlet.wrong(fault)
        return self._state.outlet.taken()

    def failed(self, response_id: str, fault: Fault) -> list[Effect]:
        """What `Respond` asked for cannot be made."""
        self._answering.failed(response_id, fault)
        return self._state.outlet.taken()

    def finished(self, response_id: str) -> None:
        """Nothing more comes of what `Respond` asked for."""
        self._answering.finished(response_id)

    def wrong(self, fault: Fault) -> list[Tell]:
        """Something else was wrong."""
        self._state.outlet.wrong(fault)
        return [effect for effect in self._state.outlet.taken() if isinstance(effect, Tell)]

    def limited(self, most: int, left: int) -> list[Effect]:
        """So many responses may be made with this key at the same time, and `left` more."""
        self._state.outlet.tell(told.RateLimits(rate_limits=[Limit(most, max(0, left))]))
        return self._state.outlet.taken()

    # ---- what a client sends -----------------------------------------------------------------------------------------

    def _take(self, event: asks.Asked) -> None:
        match event:
            case asks.SessionUpdate():
                self._update(event)
            case asks.Append(audio=audio):
                self._append(audio)
            case asks.Commit():
                self._commit()
            case asks.Clear():
                self._clear()
            case asks.ItemCreate():
                item = created(event.item, self._state.outlet.named("item"))
                self._state.added(item, event.previous_item_id)
            case asks.ItemRetrieve() | asks.ItemDelete() | asks.ItemTruncate():
                self._item(event)
            case asks.ResponseCreate(response=response):
                self._answering.create(response)
            case asks.ResponseCancel(response_id=response_id):
                self._answering.cancel(response_id)
            case _:
                assert_never(event)

    def _item(self, event: asks.ItemRetrieve | asks.ItemDelete | asks.ItemTruncate) -> None:
        state, name = self._state, event.item_id
        match event:
            case asks.ItemRetrieve():
                state.outlet.tell(told.ItemRetrieved(item=state.conversation.get(name, "retrieve")))
            case asks.ItemDelete():
                state.conversation.get(name, "delete")
                state.conversation.drop(name)
                state.outlet.tell(told.ItemDeleted(item_id=name))
            case asks.ItemTruncate():
                state.conversation.get(name, "truncate")
                raise Wrong(
                    "items here have no sound to be cut: delete it", "item_id", "item_truncate_no_audio"
                )

    def _update(self, event: asks.SessionUpdate) -> None:
        state, was = self._state, self._state.session
        now = sessions.updated(was, event.session, state.able)
        if state.begun and sessions.sound(now, state.able) != sessions.sound(was, state.able):
            wrong = "sound has come already: its format cannot change any more"
            raise Wrong(wrong, "session.audio.input.format", "invalid_value")
        state.session = now
        state.outlet.tell(told.SessionUpdated(session=sessions.shown(now)))
        if state.begun and sessions.update(now) != sessions.update(was):
            state.outlet.do(Say(sessions.update(now)))

    def _begin(self) -> None:
        if not self._state.begun:
            self._state.begun = True
            self._state.outlet.do(Begin(sessions.start(self._state.session, self._state.able)))

    def _append(self, audio: str) -> None:
        self._no_track()
        try:
            data = self._odd + base64.b64decode(audio, validate=True)
        except (binascii.Error, ValueError):
            raise Wrong("audio is no base64", "audio", "invalid_audio") from None
        self._begin()
        width = WIDTH[sessions.sound(self._state.session, self._state.able).encoding]
        whole = len(data) // width * width
        data, self._odd = data[:whole], data[whole:]
        self._appended += len(data)
        if data:
            self._state.outlet.do(Sound(data))

    def _commit(self) -> None:
        state, sound = self._state, sessions.sound(self._state.session, self._state.able)
        if not state.able.track:
            seconds = self._appended / WIDTH[sound.encoding] / sound.sample_rate
            if seconds < LEAST_S:
                wrong = f"there are {seconds * 1000:.0f} ms of sound, and an item has {LEAST_S * 1000:.0f} at least"
                raise Wrong(wrong, None, "input_audio_buffer_commit_empty")
        self._cut()
        self._hearing.commit()
        state.outlet.do(Say(messages.AudioFinalize()))

    def _clear(self) -> None:
        state = self._state
        if state.begun and (self._appended or state.able.track):
            state.speech.clear()
            state.outlet.do(Say(messages.AudioFinalize()))
        self._cut()
        state.outlet.tell(told.Cleared())

    def _cut(self) -> None:
        self._appended, self._odd = 0, b""

    def _no_track(self) -> None:
        if self._state.able.track:
            wrong = "the sound of this session comes by its media track: append none"
            raise Wrong(wrong, "type", "unsupported_parameter")
