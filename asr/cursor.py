"""The walk over one channel's judged sound: where utterances begin, and where they have to be concluded. Pure.

The cursor goes frame by frame and waits where an utterance is to be concluded, until its last pass is in. So no
decision depends on how the sound was cut into entries, and at most one utterance is open.
"""

from asr import endpoint
from asr.checkpoint import ChannelState, Closing, Stop, StopReason, Utterance
from asr.rates import FRAME, HOP, RATE, millis, samples
from asr.tools import Tools
from asr.utterance import hypothesis
from asr.vad import again, listen
from streaming.events import SpeechStarted, SpeechStopped
from streaming.facts import Endpoint, Heard


class Cursor:
    """Walks over `state` of channel `number`."""

    def __init__(self, number: int, tools: Tools, state: ChannelState) -> None:
        self.number = number
        self.state = state
        self._policy = tools.policy
        self._vocabulary = tools.vocabulary
        self._preroll = round(tools.policy.window.preroll_s * RATE)

    def needed(self) -> int:
        """The first sample that may still be read."""
        return self.state.needed(self._preroll)

    def advance(self) -> list[Heard]:
        """Act upon what was judged and marked, as far as possible now."""
        state, facts = self.state, list[Heard]()
        while not state.closing and not state.over:
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
        return state.utterance

    def end_turn(self, reason: StopReason, edge: int) -> list[Heard]:
        """Behind the last final. A cut for length ends no turn; the end of the sound ends all."""
        state, facts = self.state, list[Heard]()
        if state.turn_open and reason != "long":
            state.turn_open = False
            facts.append(Endpoint(self.number, reason))
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
            return facts
        spoken = state.utterance or self.open(max(state.ledger.decided, voice.begin - self._preroll))
        if not spoken.announced and endpoint.announced(voice, policy.endpoint):
            spoken.announced = True
            facts.append(SpeechStarted(self.number, millis(voice.begin)))
        quiet = state.cursor - voice.end
        if quiet >= self._hangover(spoken, quiet):
            facts += self._close(spoken, "silence", state.cursor)
        elif state.cursor - spoken.window >= policy.window.long_s * RATE:
            state.closing = Closing("long", state.cursor, voice.end)
        return facts

    def _hangover(self, spoken: Utterance, quiet: int) -> int:
        wish, policy = self.state.silence_ms, self._policy.endpoint
        least = endpoint.hangover("", wish, policy)
        if quiet < least:
            return least
        return endpoint.hangover(hypothesis(spoken, self._vocabulary), wish, policy)

    def _obey(self, stop: Stop) -> list[Heard]:
        state = self.state
        if stop.reason is None:
            state.language, state.silence_ms = stop.language, stop.silence_ms
            return []
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
