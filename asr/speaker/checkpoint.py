"""What a successor needs to go on exactly here: everything but the sound, which is read again. Pure.

Words are kept while their utterance is open, and the last few of one that was cut for length in the window of the
next: when the speaker is done, nothing here tells what was said.
"""

from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct, field

from asr.endpointing.endpoint import Ahead, Opinion
from asr.hearing.vad import Voice
from asr.rates import CONTEXT, HOP
from asr.speaker.ledger import Ledger
from asr.speaker.stabilizer import Tail
from streaming.events import EndReason, Step
from streaming.facts import Endpointing, Hints

StopReason: TypeAlias = Literal["silence", "semantic", "finalize", "end", "long"]


class Said(Struct, frozen=True):
    """A committed word: tokens, where it stands (samples), and the mean probability of its tokens.

    `text` has its leading space; it stays when a successor with another vocabulary spells it by other tokens.
    """

    tokens: tuple[int, ...]
    begin: int
    end: int
    probability: float
    text: str = ""


class Utterance(Struct):
    """An open utterance. Its sound counts from `begin`; the window starts at `window` (a multiple of 160).

    `words` are committed, `left` of them have left the window. The first `lent` were said in the utterance before: they
    stand in the window, so that what follows begins with no word cut in two. `seen` and `voice_seen`: clock and end of
    voice at the last pass. `language` None: not told yet.
    """

    number: int
    begin: int
    window: int
    seen: int
    announced: bool = False
    revision: int = 0
    words: list[Said] = field(default_factory=list[Said])
    left: int = 0
    lent: int = 0
    tail: Tail = Tail()
    voice_seen: int = 0
    language: str | None = None

    @property
    def own(self) -> list[Said]:
        """The committed words that are its own."""
        return self.words[self.lent :]


class Stop(Struct, frozen=True):
    """A mark at `sample`: the sound before it is to be dealt with as `reason` says; None only changes the settings."""

    sample: int
    reason: Literal["finalize", "end"] | None = None
    language: str | None = None
    endpointing: Endpointing = Endpointing()
    hints: Hints = Hints()


class Closing(Struct, frozen=True):
    """The open utterance waits for its last pass, over sound up to `edge`; the voice ended at `voice`."""

    reason: StopReason
    edge: int
    voice: int


class ChannelState(Struct):
    """One channel. `cursor`: sound up to here was judged and acted upon, `chances`: the VAD's for what comes next.

    `turn_begin`: where the first utterance of the turn begins. `opinion` and `ahead`: of the pause that lasts now.
    `held`: the last final is there, but the turn goes on; its voice ended here.
    """

    language: str | None = None
    endpointing: Endpointing = Endpointing()
    hints: Hints = Hints()
    translate: bool = False
    cursor: int = 0
    chances: list[float] = field(default_factory=list[float])
    voice: Voice = Voice()
    stops: list[Stop] = field(default_factory=list[Stop])
    utterance: Utterance | None = None
    closing: Closing | None = None
    ledger: Ledger = field(default_factory=Ledger)
    spoken: int = 0
    last_language: str = "en"
    turn_open: bool = False
    turn_begin: int = 0
    opinion: Opinion | None = None
    held: int | None = None
    ahead: Ahead | None = None
    over: bool = False

    def needed(self, preroll: int) -> int:
        """The first sample that may still be read."""
        keep = self.cursor - max(preroll + 2 * HOP, CONTEXT)
        if self.utterance:
            keep = min(keep, self.utterance.window - 2 * HOP)
        return max(0, keep)


class SessionState(Struct):
    """A session: what was consumed (`place`: id of the last entry, `clock`: samples), and its channels.

    `vad`: the VAD's memory as float32 bytes; `ended`: why and with how many samples, once the end was read. `step`: of
    the ladder, as the session was last told. `made_by`: the model whose tokens these are.
    `paused`: the sample from which on it is paused, and nothing came.
    """

    place: tuple[int, int] = (0, 0)
    clock: int = 0
    judged: int = 0
    vad: bytes = b""
    channels: list[ChannelState] = field(default_factory=list[ChannelState])
    ended: tuple[int, EndReason] | None = None
    over: bool = False
    step: Step = "full"
    made_by: str = ""
    paused: int | None = None


def pack(state: SessionState) -> bytes:
    """As Redis keeps it."""
    return msgspec.msgpack.encode(state)


def unpack(blob: bytes) -> SessionState:
    """What `pack` made."""
    return msgspec.msgpack.decode(blob, type=SessionState)
