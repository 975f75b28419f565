"""One session: entries of its sound in, facts out, and a checkpoint that a successor can go on from. Pure.

An entry has a place in the sound, `(sample, n)`: sound and gaps end at their sample, marks stand at theirs.
"""

import logging
import math
from collections.abc import Sequence
from typing import Final, assert_never, get_args

import numpy as np

from asr.hearing.sound import Arrivals, Float32, Int16
from asr.rates import CONTEXT, FRAME, MS, RATE
from asr.speaker.channel import Channel
from asr.speaker.checkpoint import ChannelState, SessionState, Stop, pack, unpack
from asr.speaker.utterance import adopted
from asr.tools import Tools
from streaming.events import AudioGap, SessionDegraded, Step
from streaming.facts import Ended, Finalize, Heard, Mark, SessionConfig, Skipped, SoundEnded, Updated

log = logging.getLogger(__name__)

STEPS: Final[tuple[Step, ...]] = get_args(Step)
LEAP = 16
"""Partials that may have been sent since a checkpoint: revisions go on above theirs."""
AHEAD: Final = 30 * RATE
"""Samples behind the cursor that are judged before they are needed: judgements are part of every checkpoint."""


class Recognizer:
    """All channels of a session, from the checkpoint `blob` on, or from the beginning (b"")."""

    def __init__(self, config: SessionConfig, tools: Tools, blob: bytes) -> None:
        self.state = unpack(blob) if blob else _begin(config)
        self._arrivals = Arrivals()
        states = self.state.channels
        for spoken in [state.utterance for state in states if state.utterance]:
            spoken.revision += LEAP
            if self.state.made_by != tools.made_by:
                adopted(spoken, tools.vocabulary)
        self.state.made_by = tools.made_by
        self.channels = [Channel(n, tools, state, self._arrivals) for n, state in enumerate(states)]

    @property
    def over(self) -> bool:
        """Whether all is said, and `SoundEnded` with it."""
        return self.state.over

    @property
    def cursor(self) -> int:
        """The first sample that is not acted upon yet."""
        return min((channel.state.cursor for channel in self.channels), default=self.state.clock)

    def trim(self) -> str:
        """The lowest id of the sound that is still needed; what lies before is forgotten here, too."""
        needed = min((channel.forget() for channel in self.channels), default=self.state.clock)
        self._arrivals.drop(min((channel.seen for channel in self.channels), default=self.state.clock))
        return f"{min(needed + 1, self.state.clock)}-0"

    def checkpoint(self) -> bytes:
        """All that a successor needs beside the sound."""
        return pack(self.state)

    # ---- entries in ----------------------------------------------------------------------------------------------

    def refill(self, place: tuple[int, int], pcm: bytes, at_ms: int) -> None:
        """Sound from before the checkpoint, in order: it was counted and judged, and may be looked at again."""
        if pcm:
            blocks = self._blocks(pcm)
            for channel, block in zip(self.channels, blocks, strict=True):
                self._put(channel, block, place[0])
            self._arrivals.add(place[0], at_ms)

    def refilled(self) -> None:
        """No more sound from before the checkpoint will come: what is missing of it is silence."""
        for channel in self.channels:
            channel.sound.append(np.zeros(self.state.clock - channel.sound.end, np.int16))

    def hear(self, place: tuple[int, int], pcm: bytes, at_ms: int) -> list[Heard]:
        """Sound that ends at `place`. What was consumed before is ignored."""
        if place <= self.state.place:
            return []
        blocks = self._blocks(pcm)
        facts = self._heard_again()
        self._pad(place[0] - len(blocks[0]))
        late = self.state.clock - (place[0] - len(blocks[0]))
        for channel, block in zip(self.channels, blocks, strict=True):
            channel.hear(block[late:])
        self._arrivals.add(place[0], at_ms)
        self.state.place, self.state.clock = place, place[0]
        return facts

    def mark(self, place: tuple[int, int], mark: Mark) -> list[Heard]:
        """A mark that stands at `place`. What was consumed before is ignored."""
        if place <= self.state.place:
            return []
        self.state.place, facts = place, list[Heard]()
        match mark:
            case Skipped(reason="paused"):
                return self._pause(place[0], mark.samples)
            case Skipped():
                return self._skip(place[0], mark)
            case Finalize():
                stop = Stop(place[0], "finalize")
            case Updated(config=config):
                facts += [] if config.paused else self._heard_again()
                stop = Stop(place[0], None, config.language, config.endpointing, config.hints)
            case Ended(samples=samples, reason=reason):
                facts += self._heard_again()
                self.state.ended = (samples, reason)
                stop = Stop(max(samples, place[0]), "end")
            case _:
                assert_never(mark)
        self._pad(stop.sample)
        for channel in self.channels:
            channel.stop(stop)
        return facts

    def _pause(self, end: int, samples: int) -> list[Heard]:
        """A pause is told of in pieces, so that none is long; it is one gap."""
        begin = end - samples
        self._pad(begin)
        self._silence(end)
        for channel in self.channels:
            channel.state.ledger.pause(samples)
        if self.state.paused is None:
            self.state.paused = begin
        return []

    def _heard_again(self) -> list[Heard]:
        """What is told of a pause when it is over."""
        begin, self.state.paused = self.state.paused, None
        if begin is None:
            return []
        end = self.state.clock
        return [AudioGap(channel.number, begin / MS, end / MS, "paused") for channel in self.channels]

    def _skip(self, end: int, told: Skipped) -> list[Heard]:
        """What was made up in its place is looked at, and counted as the gap that it is."""
        facts, begin = self._heard_again(), end - told.samples
        self._pad(begin)
        blocks = self._blocks(told.pcm)
        for channel, block in zip(self.channels, blocks, strict=True):
            channel.sound.append(block)
            channel.state.ledger.lose(told.samples, concealed=told.reason == "concealed")
        self.state.clock += len(blocks[0])
        self._silence(end)
        gaps = [AudioGap(channel.number, begin / MS, end / MS, told.reason) for channel in self.channels]
        return [*facts, *gaps]

    def _pad(self, to: int) -> None:
        """Sound up to sample `to` that never came and that nobody told of: the clock stays true, the sum does not."""
        if to > self.state.clock:
            log.error("a hole in the sound: samples %d to %d never came", self.state.clock, to)
            self._silence(to)

    def _silence(self, to: int) -> None:
        for channel in self.channels:
            channel.sound.append(np.zeros(to - self.state.clock, np.int16))
        self.state.clock = to

    def _blocks(self, pcm: bytes) -> list[Int16]:
        whole = np.frombuffer(pcm, "<i2").astype(np.int16, copy=False)
        return list(whole.reshape(-1, len(self.channels)).T)

    def _put(self, channel: Channel, block: Int16, end: int) -> None:
        sound, begin = channel.sound, end - len(block)
        if begin > sound.end:
            sound.append(np.zeros(begin - sound.end, np.int16))
        sound.append(block[sound.end - begin :])

    def paced(
        self, step: Step, partial_s: float, *, lean: bool = False, searched: bool = True
    ) -> list[Heard]:
        """Partials come every `partial_s` from now on (infinite: none), finals are `lean` or not, and partials searched
        for or not. Says so, if the step is news to the session."""
        for channel in self.channels:
            channel.step_s, channel.lean, channel.searched = partial_s, lean, searched
        was, self.state.step = self.state.step, step
        if step == was:
            return []
        better = STEPS.index(step) < STEPS.index(was)
        shown = partial_s if math.isfinite(partial_s) else None
        return [SessionDegraded(step, shown, "recovered" if better else "load")]

    # ---- judgements in, facts out --------------------------------------------------------------------------------

    def frames(self) -> list[Float32]:
        """What the VAD is to judge next: for each frame of 512 samples (channels, 576), 64 of them seen before.

        Asked again until there is none: of sound that came all at once only so much is judged as may soon be needed.
        """
        if not self.channels:
            return []
        until = min(self.state.clock, self.cursor + AHEAD)
        begins = range(self.state.judged, until - FRAME + 1, FRAME)
        sounds = [channel.sound for channel in self.channels]
        return [np.stack([sound.cut(at - CONTEXT, at + FRAME) for sound in sounds]) for at in begins]

    def judged(self, chances: Sequence[Float32]) -> list[Heard]:
        """The VAD's answer to `frames`: for each frame the channels' probabilities."""
        for frame in chances:
            for channel, chance in zip(self.channels, frame, strict=True):
                channel.state.chances.append(float(chance))
        self.state.judged += FRAME * len(chances)
        return [fact for channel in self.channels for fact in channel.advance()]

    def finish(self) -> list[Heard]:
        """`SoundEnded`, once every channel is over."""
        ended = self.state.ended
        if ended is None or self.state.over or not all(channel.state.over for channel in self.channels):
            return []
        self.state.over = True
        samples, reason = ended
        return [SoundEnded([one.state.ledger.account(one.number, samples) for one in self.channels], reason)]


def _begin(config: SessionConfig) -> SessionState:
    count = config.audio.channels if config.audio else 0
    wishes = (config.language, config.endpointing, config.hints, config.translate)
    return SessionState(channels=[ChannelState(*wishes) for _ in range(count)])
