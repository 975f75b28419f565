"""One media stream: Twilio's messages into a session's sound, pauses and keys. Pure.

Twilio is told nothing but marks: who reads the transcript watches the session. A mark of the client's own is answered
with the same mark; one that answers ours is not, or two would answer each other for ever.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from streaming.errors import ClientFault, Close, Fault
from streaming.events import Event
from streaming.wire import telephone as acts
from streaming.wire.telephone import Act
from streaming.wire.twilio.keypad import Keypad
from streaming.wire.twilio.messages import Digit, Label, MarkSent, Media, Start, decode, whole
from streaming.wire.twilio.parameters import BOTH, track, wanted
from streaming.wire.twilio.policy import TwilioPolicy
from streaming.wire.twilio.tracks import Piece, Tracks

WAITED: Final = 25
"""Messages of sound after which a stream that named no tracks has those that came by then."""
MARKS: Final = 64


class Stream:
    """The translator of one connection."""

    def __init__(self, policy: TwilioPolicy) -> None:
        self._keypad = Keypad(policy)
        self._stream: Start | None = None
        self._sid = ""
        self._early: list[Media] = []
        self._tracks: Tracks | None = None
        self._names: tuple[str, ...] = ()
        self._rate = 8_000
        self._width = 1
        self._marks: set[str] = set()
        self._over = False

    def read(self, frame: str) -> Sequence[Act]:
        """Raises ClientFault as `Translator.read` does."""
        told = decode(frame)
        if self._over or told.event == "connected":
            return []
        if told.event == "start":
            return self._started(told.start or Start(), told.stream_sid or "")
        if self._stream is None:
            raise ClientFault("order", f"{told.event[:40]} came before start", close=Close.ORDER)
        match told.event:
            case "media" if told.media:
                return self._media(told.media)
            case "dtmf" if told.dtmf:
                return [*self._begun(), *self._pressed(told.dtmf)]
            case "mark" if told.mark:
                return self._marked(told.mark.name)
            case "stop":
                return self._stopped()
            case "media" | "dtmf" | "mark":
                raise ClientFault("bad_message", f"{told.event} has no {told.event}", close=Close.MALFORMED)
            case _:
                return []

    def hear(self, data: bytes) -> Sequence[Act]:
        """Raises ClientFault (1003): there are no binary frames."""
        del data
        raise ClientFault("bad_message", "a media stream has text frames only", close=Close.ENCODING)

    def tell(self, event_id: str, event: Event) -> Sequence[Act]:
        """Nothing: Twilio has no message for it."""
        del event_id, event
        return []

    def over(self) -> Sequence[Act]:
        """Twilio knows already, or is told by the close."""
        return [acts.Close()]

    def wrong(self, fault: Fault) -> Sequence[Act]:
        """There is no message for errors: the close code says it."""
        del fault
        return [acts.Close()]

    def written(self, message: Struct) -> str:
        """A mark."""
        return msgspec.json.encode(message).decode()

    def _started(self, stream: Start, sid: str) -> Sequence[Act]:
        if self._stream is not None:
            raise ClientFault("order", "start came twice", close=Close.ORDER)
        self._stream, self._sid = stream, stream.stream_sid or sid
        named = {track(name) for name in stream.tracks or ()}
        return self._begin(named) if named else []

    def _begin(self, named: set[str]) -> list[Act]:
        """A session of the tracks that are named, and the sound that came before."""
        assert self._stream is not None
        names = tuple(name for name in BOTH if name in named) or BOTH[:1]
        asked = wanted(self._stream, self._sid, names)
        sound = asked.start.audio
        assert sound is not None
        self._names, self._rate = asked.tracks, sound.sample_rate
        self._width = 2 if sound.encoding == "pcm_s16le" else 1
        self._tracks = Tracks(asked.tracks, sound.sample_rate, sound.encoding)
        early, self._early = self._early, []
        return [acts.Begin(asked.start, asked.proof), *(act for one in early for act in self._media(one))]

    def _begun(self) -> list[Act]:
        """The session is to begin with the tracks that were heard, if it has not."""
        return [] if self._tracks else self._begin({track(one.track) for one in self._early})

    def _media(self, media: Media) -> Sequence[Act]:
        if self._tracks is None:
            self._early.append(media)
            heard = {track(one.track) for one in self._early}
            return self._begin(heard) if len(heard) > 1 or len(self._early) >= WAITED else []
        if len(media.payload) % self._width:
            raise ClientFault(
                "odd_frame", "media.payload ends in the middle of a sample", close=Close.ENCODING
            )
        at_ms = whole(media.timestamp)
        at = None if at_ms is None else at_ms * self._rate // 1_000
        return self._tracks.put(track(media.track), Piece(media.payload, at, whole(media.chunk)))

    def _pressed(self, digit: Digit) -> Sequence[Act]:
        name = track(digit.track)
        channel = self._names.index(name) if name in self._names else 0
        at_ms = self._tracks.at * 1_000 // self._rate if self._tracks else 0
        return self._keypad.pressed(channel, digit.digit, at_ms)

    def _marked(self, name: str) -> Sequence[Act]:
        if name in self._marks:
            self._marks.discard(name)
            return []
        if len(self._marks) >= MARKS:
            return []
        self._marks.add(name)
        return [acts.Send(MarkSent(self._sid, Label(name)))]

    def _stopped(self) -> Sequence[Act]:
        begun = self._begun() if self._early else []
        self._over = True
        if self._tracks is None:
            return [acts.Close()]
        return [*begun, *self._tracks.rest(), acts.End()]
