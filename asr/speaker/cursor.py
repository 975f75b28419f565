"""The walk over one channel's judged sound: where utterances begin, and where they have to be concluded. Pure.

The cursor goes frame by frame and waits where an utterance is to be concluded, until its last pass is in, and where the
speaker may be done, until it is known whether it sounds so. So no decision depends on how the sound was cut into
entries, and at most one utterance is open.
"""

from typing import Final

from msgspec.structs import replace

from asr.endpointing import endpoint
from asr.endpointing.endpoint import Ahead, Manner, Opinion, Verdict
from asr.hearing.vad import again, listen
from asr.rates import FRAME, HOP, RATE, millis, samples
from asr.speaker.checkpoint import ChannelState, Closing, Stop, StopReason, Utterance
from asr.speaker.utterance import hypothesis
from asr.tools import Tools
from streaming.events import AudioFinalized, SpeechStarted, SpeechStopped
from streaming.facts import Endpoint, Heard, Resumed

TURN: Final = 8 * RATE
"""Samples of a turn, from its end back, by which it is judged whether it is complete."""


class Cursor:
    """Walks over `state` of channel `number`."""

    def __init__(self, number: int, tools: Tools, state: ChannelState) -> None:
        self.number = number
        self.state = state
        self._policy = tools.policy
        self._vocabulary = tools.vocabulary
        self._preroll = round(tools.policy.window.preroll_s * RATE)

    @property
    def manner(self) -> Manner:
        """How turns end here at present."""
        return endpoint.manner(self.state.endpointing, self._policy.endpoint)

    def needed(self) -> int:
        """The first sample that may still be read."""
        state = self.state
        needed = state.needed(self._preroll)
        if self.manner.semantic and state.utterance:
            needed = min(needed, self.turn_begin(state.cursor))
        return max(0, needed)

    def turn_begin(self, edge: int) -> int:
        """Where the sound begins by which a turn is judged at `edge`."""
        return max(self.state.turn_begin, edge - TURN)

    def advance(self) -> list[Heard]:
        """Act upon what was judged and marked, as far as possible now."""
        state, facts = self.state, list[Heard]()
        while not state.closing and not state.over and not self._waits():
            if state.stops and state.stops[0].sample < state.cursor + FRAME:
                facts += self._obey(state.stops.pop(0))
            elif state.chances:
                facts += self._judge(state.chances.pop(0))
            else:
                break
        return facts

    def open(self, begin: int) -> Utterance:
        """A new utterance; what came before it and was not decided yet is silence."""
        state = self.state
        state.ledger.drop(begin)
        state.spoken += 1
        state.utterance = Utterance(state.spoken, begin, begin // HOP * HOP, begin)
        if not state.turn_open:
            state.turn_begin = begin
        return state.utterance

    def end_turn(self, reason: StopReason, edge: int) -> list[Heard]:
        """Behind the last final. A cut for length ends no turn; the end of the sound ends all."""
        state, facts = self.state, list[Heard]()
        held = reason == "silence" and state.held is not None
        if reason != "long" and not held:
            if state.turn_open:
                facts.append(Endpoint(self.number, reason))
            elif state.ahead and state.ahead.told:
                facts.append(Resumed(self.number))  # nothing was said after all
            state.turn_open, state.held, state.ahead = False, None, None
        if reason == "finalize":
            facts.append(AudioFinalized(self.number, millis(edge)))
        if reason == "end":
            state.ledger.drop(edge)
            state.over = True
        return facts

    def _judge(self, chance: float) -> list[Heard]:
        state, policy, facts = self.state, self._policy, list[Heard]()
        state.cursor += FRAME
        state.voice = voice = listen(state.voice, chance, state.cursor, policy.vad)
        if voice.begin is None:
            state.ledger.drop(state.cursor - self._preroll)
            return self._expire()
        spoken = state.utterance or self.open(max(state.ledger.decided, voice.begin - self._preroll))
        if not spoken.announced and endpoint.announced(voice, policy.endpoint):
            spoken.announced, state.held = True, None
            facts.append(SpeechStarted(self.number, millis(voice.begin)))
        if state.ahead and state.ahead.voice < voice.end:
            facts += [Resumed(self.number)] if state.ahead.told else []
            state.ahead = None
        facts += self._pause(spoken)
        if not state.closing and state.cursor - spoken.window >= policy.window.long_s * RATE:
            state.closing = Closing("long", state.cursor, voice.end)
        return facts

    # ---- pauses --------------------------------------------------------------------------------------------------

    def _pause(self, spoken: Utterance) -> list[Heard]:
        """The voice has been silent for a while, or for long enough."""
        state, policy, manner = self.state, self._policy.endpoint, self.manner
        quiet = state.cursor - state.voice.end
        known = state.opinion is not None and state.opinion.voice == state.voice.end
        ask = min(samples(policy.ask_ms), manner.silence)
        if manner.semantic and spoken.announced and not known and quiet >= ask:
            self._foresee(spoken, quiet, "incomplete")  # beside the judge
            state.opinion = Opinion(state.voice.end, state.cursor, waiting=True)
            return []
        found = endpoint.verdict(state.opinion, state.voice.end, policy)
        if quiet >= self._hangover(spoken, quiet, found):
            reason: StopReason = "semantic" if quiet < manner.silence else "silence"
            state.held = state.voice.end if reason == "silence" and found == "incomplete" else state.held
            return self._close(spoken, reason, state.cursor)
        self._foresee(spoken, quiet, found)
        return []

    def _hangover(self, spoken: Utterance, quiet: int, found: Verdict) -> int:
        wish, policy = self.manner.silence, self._policy.endpoint
        least = endpoint.hangover("", wish, found, policy)
        if quiet < least:
            return least
        return endpoint.hangover(hypothesis(spoken, self._vocabulary), wish, found, policy)

    def _foresee(self, spoken: Utterance, quiet: int, found: Verdict) -> None:
        """Make the last pass ahead, but not in the middle of a number; and end the turn eagerly, unless it sounds as if
        more will come."""
        manner, ahead = self.manner, self.state.ahead
        eager = 0 < manner.eager <= quiet and found != "incomplete"
        due = eager or 0 < manner.rehearse <= quiet
        if not due or not spoken.announced or (ahead and ahead.eager >= eager):
            return
        if not endpoint.dictating(hypothesis(spoken, self._vocabulary)):
            edge = ahead.edge if ahead else self.state.cursor
            self.state.ahead = Ahead(self.state.voice.end, edge, eager)

    def _waits(self) -> bool:
        """Whether it is not known yet how the pause sounds. A mark that ends it anyway does not wait for that."""
        opinion, stops = self.state.opinion, self.state.stops
        if opinion is None or not opinion.waiting:
            return False
        soon = opinion.voice + self.manner.silence
        if any(stop.reason and stop.sample < soon for stop in stops):
            self.state.opinion = replace(opinion, waiting=False)
            return False
        return True

    def _expire(self) -> list[Heard]:
        """Nobody speaks: a turn that was to go on has waited for long enough."""
        state = self.state
        if state.held is None or state.cursor - state.held < samples(self._policy.endpoint.incomplete_ms):
            return []
        state.held = None
        return self.end_turn("silence", state.cursor)

    # ---- ends ----------------------------------------------------------------------------------------------------

    def _obey(self, stop: Stop) -> list[Heard]:
        state = self.state
        if stop.reason is None:
            state.language, state.endpointing, state.hints = stop.language, stop.endpointing, stop.hints
            return []
        state.held = None
        if state.utterance:
            return self._close(state.utterance, stop.reason, stop.sample)
        return self.end_turn(stop.reason, stop.sample)

    def _close(self, spoken: Utterance, reason: StopReason, edge: int) -> list[Heard]:
        """The utterance waits for its last pass, unless it was too short to be a word: then it was silence."""
        state, policy = self.state, self._policy.endpoint
        end = edge if state.voice.talking else min(edge, state.voice.end)
        if not spoken.announced and endpoint.negligible(state.voice, policy):
            state.ledger.drop(min(edge, end + samples(policy.tail_ms)))
            state.utterance, state.voice = None, again(state.voice)
            return self.end_turn(reason, edge)
        state.closing = Closing(reason, edge, end)
        return [SpeechStopped(self.number, millis(end))] if spoken.announced else []
