"""What is said for good: finals, at an endpoint, at a mark, or where an utterance became too long. Pure."""

from collections.abc import Sequence

from msgspec.structs import replace

from asr.endpointing.endpoint import Ahead, dictating
from asr.hearing.vad import Voice, again
from asr.rates import HOP, RATE, millis, samples
from asr.speaker import utterance
from asr.speaker.checkpoint import Closing, Said, Utterance
from asr.speaker.cursor import Cursor
from asr.speaker.transcript import confidence, settle, spell
from asr.tools import Tools
from asr.whisper.passes import Answer
from streaming.events import SpeechStarted, SpeechStopped
from streaming.facts import Heard, HeardFinal

Made = tuple[Answer, int]
"""The answer that a final comes from, and how far it is behind the sound (ms)."""


class Conclusion:
    """Closes the utterances of `cursor`'s channel."""

    def __init__(self, cursor: Cursor, tools: Tools) -> None:
        self._cursor = cursor
        self._tools = tools

    def close(self, spoken: Utterance, made: Made, stable: str) -> list[Heard]:
        """After the last pass: the final, the end of the turn, and a new beginning. `stable`: what was shown so."""
        state = self._cursor.state
        closing, voice, policy = state.closing, state.voice, self._tools.policy
        assert closing
        words = self._words(spoken, closing, made[0])
        end = max(spoken.begin, min(closing.edge, closing.voice + samples(policy.endpoint.tail_ms)))
        rest = self._rest(spoken, closing, words) if made[0].cut else None
        if closing.reason == "long":
            words, end = self._cut(spoken, closing, words, rest)
        elif rest:
            end = rest
        finals = self._final(spoken, words, made, stable)
        facts: list[Heard] = [*finals]
        said = any(final.text for final in finals)
        if said and not spoken.announced:
            begin = spoken.begin if voice.begin is None else voice.begin
            facts = [SpeechStarted(self._cursor.number, millis(begin)), self._stopped(closing), *finals]
        if said:
            state.ledger.transcribe(end)
        else:
            state.ledger.drop(end)
        state.closing = state.utterance = None
        state.voice = again(voice)
        if closing.reason != "long" and not rest:
            return [*facts, *self._cursor.end_turn(closing.reason, closing.edge)]
        fresh = self._go_on(spoken, end, voice, words)
        if closing.reason != "long":
            fresh.announced, state.closing = spoken.announced or said, closing
        return facts

    def split(self, spoken: Utterance, made: Made, stable: str) -> list[Heard]:
        """An utterance that became too long is final as far as it is committed; the speaker goes on in a new one."""
        state, voice = self._cursor.state, self._cursor.state.voice
        cut = max(spoken.begin, min(spoken.seen, spoken.words[-1].end))
        finals: list[Heard] = [*self._final(spoken, spoken.own, made, stable)]
        state.ledger.transcribe(cut)
        fresh = self._go_on(spoken, cut, voice, spoken.own)
        fresh.seen, fresh.voice_seen, fresh.tail = spoken.seen, max(spoken.voice_seen, cut), spoken.tail
        return finals

    def foreseen(self, spoken: Utterance, ahead: Ahead | Closing, answer: Answer) -> str:
        """What the final would say if nothing more is said; "" if it would be cut short."""
        words = self._words(spoken, Closing("silence", ahead.edge, ahead.voice), answer)
        return "" if answer.cut else spell(utterance.spoken(words))

    def reopens(self, spoken: Utterance, closing: Closing, answer: Answer) -> bool:
        """Whether it turns out only now that a number is being dictated: then more silence is needed to end it."""
        asked = closing.reason not in ("silence", "semantic") or not spoken.announced
        known = asked or dictating(utterance.hypothesis(spoken, self._tools.vocabulary))
        return not known and dictating(self.foreseen(spoken, closing, answer))

    def kept(self, spoken: Utterance, ahead: Ahead, answer: Answer) -> tuple[int, ...]:
        """The tokens of `answer` that the final would have."""
        words = self._words(spoken, Closing("silence", ahead.edge, ahead.voice), answer)
        return tuple(token for word in words[len(spoken.own) :] for token in word.tokens)

    def _stopped(self, closing: Closing) -> SpeechStopped:
        return SpeechStopped(self._cursor.number, millis(closing.voice))

    def _words(self, spoken: Utterance, closing: Closing, answer: Answer) -> list[Said]:
        """The words of the whole utterance. What begins after the voice is invented, and left out."""
        policy, vocabulary = self._tools.policy, self._tools.vocabulary
        if answer.tokens:
            utterance.retimed(spoken, answer.aligned)
        groups = vocabulary.words(answer.tokens, answer.written)
        fresh = utterance.heard(spoken, groups, answer.aligned, vocabulary)
        fresh = [replace(word, end=max(word.begin, min(word.end, closing.voice))) for word in fresh]
        latest = closing.voice + round(policy.passes.late_s * RATE)
        while any(word.begin > latest for word in fresh):
            fresh.pop()
        return spoken.own + fresh

    def _rest(self, spoken: Utterance, closing: Closing, words: list[Said]) -> int | None:
        """Where the voice goes on behind `words` that were cut short, unless hardly anything is left of it.

        Such a pass gets on by a quarter of a window, or half of what is left: their number is bounded.
        """
        policy, said = self._tools.policy.window, words[-1].end if words else spoken.begin
        first = max(spoken.begin, spoken.window)
        least = min(policy.long_s / 4 * RATE, (closing.voice - first) / 2)
        begin = max(said, first + round(least))
        return begin if closing.voice - begin > policy.rest_s * RATE else None

    def _cut(
        self, spoken: Utterance, closing: Closing, words: list[Said], rest: int | None
    ) -> tuple[list[Said], int]:
        """Where an utterance is cut for length: the words that stay in it, and where the next one begins.

        The last words may be cut as well: the next one begins with them, or at the `rest`, or `hold_s` before the edge
        if there are none. It begins half a window on at least, however little was heard: else one window would follow
        the other without end.
        """
        policy = self._tools.policy.window
        edge = closing.edge - round(policy.hold_s * RATE)
        least = max(spoken.begin, spoken.window) + round(policy.long_s / 2 * RATE)
        first = len(spoken.own)
        while first < len(words) and (words[first].end <= edge or words[first].begin < least):
            first += 1
        begin = words[first].begin if first < len(words) else rest or edge
        said = words[first - 1].end if first else spoken.begin
        return words[:first], min(closing.edge, max(said, begin, least))

    def _go_on(self, spoken: Utterance, begin: int, voice: Voice, words: list[Said]) -> Utterance:
        """What follows the `words` of an utterance that was cut at `begin`."""
        fresh = self._cursor.open(begin)
        fresh.window = begin // HOP * HOP
        utterance.lend(fresh, spoken.words[: spoken.lent] + words, self._tools.policy.window.keep_s)
        fresh.announced, fresh.language, fresh.voice_seen = spoken.announced, spoken.language, begin
        self._cursor.state.voice = Voice(voice.talking, voice.run, begin, max(voice.end, begin), voice.voiced)
        return fresh

    def _final(self, spoken: Utterance, words: Sequence[Said], made: Made, stable: str) -> list[HeardFinal]:
        """The final of `words`. Raises Retracted if it takes back what was shown as stable.

        If they say nothing there is none, unless a partial may have been sent: what it showed is then taken away by a
        blank one.
        """
        answer, lag_ms = made
        state, tools = self._cursor.state, self._tools
        floor = spoken.begin if state.voice.begin is None else max(spoken.begin, state.voice.begin)
        said = [
            one._replace(begin=max(floor, one.begin), end=max(floor, one.end))
            for one in utterance.spoken(words)
        ]
        text, placed = settle(said, answer.written)
        if not utterance.held(stable, text) and not (spoken.announced and spoken.revision):
            return []
        if text:
            state.turn_open, state.last_language = True, answer.language
        final = HeardFinal(
            utterance=spoken.number,
            channel=self._cursor.number,
            text=text,
            start_ms=placed[0].start_ms if placed else millis(floor),
            end_ms=placed[-1].end_ms if placed else millis(floor),
            words=placed,
            language=answer.language,
            confidence=confidence(said),
            made_by=tools.made_by,
            lag_ms=lag_ms,
        )
        return [final]
