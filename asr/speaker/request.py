"""What a channel asks of the engine and of the judge, and what it remembers of their answers. Pure."""

from typing import NamedTuple

from asr.endpointing.endpoint import Opinion
from asr.hearing.sound import Float32
from asr.rates import HOP, seconds
from asr.speaker import utterance, window
from asr.speaker.checkpoint import ChannelState, Utterance
from asr.speaker.hints import before
from asr.tools import Tools
from asr.whisper.passes import Answer, Question


class Request(NamedTuple):
    """A pass that is wanted now. It sees sound up to sample `edge`, in which the voice ended at `voice`."""

    question: Question
    edge: int
    voice: int

    @property
    def final(self) -> bool:
        """Whether it is the last one of an utterance."""
        return self.question.final


class Sight(NamedTuple):
    """What a pass is to see: sound up to sample `edge`; the voice ended at `voice`. `lean`: as little as will do;
    `searched`: what a partial adds is searched for."""

    edge: int
    voice: int
    final: bool
    lean: bool = False
    searched: bool = False


class Early(NamedTuple):
    """The answer to a last pass that was made before it was due; it is the right one if nothing more is said."""

    request: Request
    answer: Answer


class Pause(NamedTuple):
    """Is the speaker done? `sound` (16 kHz, at most 8 s) is the end of the turn and the silence behind it."""

    opinion: Opinion
    sound: Float32


def question(state: ChannelState, spoken: Utterance, sight: Sight, view: Float32, tools: Tools) -> Question:
    """What is asked about the window of `spoken`, of which `view` is what the engine sees."""
    policy, begin, first = tools.policy, state.voice.begin, spoken.window // HOP
    heard = max(sight.edge // HOP - first, 1)
    floor_s = window.floor_s(policy.window, final=sight.final, lean=sight.lean)
    frames = window.frames(heard, floor_s, policy.window.pad_s)
    begin_s = max(0.0, seconds((begin or spoken.begin) - spoken.window))
    committed = spoken.words[spoken.left :]
    return Question(
        view=view,
        heard=min(heard, frames),
        frames=frames,
        forced=utterance.forced(spoken),
        tail=spoken.tail.tokens,
        begin_s=begin_s,
        said_s=seconds(committed[-1].end - spoken.window) if committed else begin_s,
        voice_s=seconds(sight.voice - spoken.window),
        language=state.language or spoken.language,
        fallback=state.last_language,
        final=sight.final,
        lean=sight.lean,
        searched=sight.searched,
        context=tools.vocabulary.tokens(before(state.hints, policy.hints)),
        translate=state.translate,
    )
