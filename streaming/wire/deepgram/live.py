"""The dialect of `/v1/listen`: who may come in, what a client says, what it is told. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import UNSET, Struct

from streaming.errors import ClientFault, Fault
from streaming.events import Event, SessionStarted
from streaming.wire.deepgram import faults, saying
from streaming.wire.deepgram.asked import Asked, understood
from streaming.wire.deepgram.listening import Listening
from streaming.wire.deepgram.results import Configured, Metadata, NotConfigured, about
from streaming.wire.dialect import Closing, Dialect, Read, Shown, Tally
from streaming.wire.messages import AudioFinalize, SessionUpdate
from streaming.wire.wishes import terms

SCHEMES: Final = ("token", "bearer")


class Live:
    """One session of a client of `/v1/listen`."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._channels = asked.start.audio.channels if asked.start.audio else 1
        self._about = about("", [])
        self._created = ""
        self._listening = Listening(asked, self._about, self._channels)

    @property
    def holds(self) -> bool:
        """Whether a final waits for its turn's end."""
        return self._listening.holds

    def begun(self, started: SessionStarted) -> Sequence[Struct]:
        """Nothing is said of it."""
        self._created = started.time
        self._about = about(started.session_id, started.serves)
        self._listening = Listening(self._asked, self._about, self._channels)
        return []

    def take(self, event: Event, heard_ms: int) -> Sequence[Struct]:
        """What follows from an event."""
        return self._listening.take(event, heard_ms)

    def rest(self) -> Sequence[Struct]:
        """Nothing follows what is held."""
        return self._listening.rest()

    def passed(self, at_ms: int) -> Sequence[Struct]:
        """The recogniser is through with so much of the sound."""
        return self._listening.passed(at_ms)

    def read(self, frame: str) -> Read:
        """What a client says; what is not understood is told, and the session goes on."""
        try:
            message = saying.decode(frame)
        except ClientFault as fault:
            return Read([faults.misread(fault, frame)])
        match message:
            case saying.KeepAlive():
                return Read()
            case saying.Finalize():
                return Read(does=[AudioFinalize()])
            case saying.CloseStream():
                return Read(over=True)
            case saying.Configure():
                return self._configured(message)

    def over(self, tally: Tally) -> Sequence[Struct]:
        """`Metadata`."""
        model, extra = self._about.model_uuid, self._asked.extra
        told = Metadata(
            transaction_key="deprecated",
            request_id=self._about.request_id,
            sha256=tally.sha256,
            created=self._created,
            duration=round(tally.heard_ms / 1000, 3),
            channels=self._channels,
            models=[model],
            model_info={model: self._about.model_info},
            extra=extra or UNSET,
        )
        return [told]

    def wrong(self, fault: Fault) -> Struct:
        """`Error`, of a fault after which the session goes on."""
        return faults.misread(fault)

    def closing(self, fault: Fault) -> Closing:
        """How a fault ends the session."""
        return faults.closing(fault)

    def _configured(self, asked: saying.Configure) -> Read:
        request = self._about.request_id
        if asked.keyterms is None:
            return Read([Configured(request)])
        try:
            words = list(terms(asked.keyterms))
        except ClientFault as fault:
            return Read([NotConfigured(request, "CONFIGURE_KEYTERM_LIMIT_EXCEEDED", fault.message)])
        return Read([Configured(request, words)], [SessionUpdate(hotwords=words)])


def shown(headers: Mapping[str, str], query: str, offered: Sequence[str]) -> Shown:
    """The key of `Authorization: Token KEY`, or of the subprotocols `token, KEY`, which a browser can send; behind
    `Bearer` it may be a token that was granted (`/v1/auth/grant`)."""
    del query
    if len(offered) >= 2 and offered[0].lower() in SCHEMES:
        return Shown([offered[1]], offered[0], either=True)
    scheme, _, key = headers.get("authorization", "").partition(" ")
    shown = [key.strip()] if scheme.lower() in SCHEMES and key.strip() else []
    return Shown(shown, either=bool(shown))


LIVE: Final = Dialect(
    path="/v1/listen",
    understood=understood,
    shown=shown,
    translator=Live,
    refusal=faults.refusal,
)
