"""One speaker of one session: sound and judgements in, requests out, answers in, facts out. Pure.

While an utterance is open, partial passes look at its sound up to the cursor; where it ends, a last pass concludes
it. One pass is asked for at a time; the answer to a pass that was given up comes too late and is dropped.
"""

from msgspec.structs import replace

from asr.endpointing.endpoint import Ahead, Opinion, dictating
from asr.hearing.mel import view
from asr.hearing.sound import Arrivals, Int16, Sound
from asr.rates import HOP, RATE, millis
from asr.speaker import utterance, window
from asr.speaker.checkpoint import ChannelState, Closing, Stop, Utterance
from asr.speaker.conclusion import Conclusion, Made
from asr.speaker.cursor import Cursor
from asr.speaker.display import Display
from asr.speaker.request import Early, Pause, Request, Sight, question
from asr.speaker.stabilizer import Tail
from asr.tools import Tools
from asr.whisper.passes import Answer
from streaming.events import SpeechStarted
from streaming.facts import EagerEndpoint, Heard, Resumed


class Channel:
    """See above. `state` is all that has to survive; the sound before its cursor is read again."""

    def __init__(self, number: int, tools: Tools, state: ChannelState, arrivals: Arrivals) -> None:
        self.number = number
        self.state = state
        self._tools = tools
        self._arrivals = arrivals
        self._cursor = Cursor(number, tools, state)
        self._conclusion = Conclusion(self._cursor, tools)
        self.sound = Sound(self._cursor.needed())
        self._view = view(tools.sees, tools.bands, self.sound.start // HOP)
        self._asked: Request | None = None
        self.step_s, self.lean, self.searched = tools.policy.schedule.step_s, False, True
        """A partial is due after so many seconds of sound (infinite: none); are live finals lean, partials searched?"""
        self._early: Early | None = None
        self._display = Display(number, tools, state.utterance)

    # ---- sound in ------------------------------------------------------------------------------------------------

    def hear(self, pcm: Int16) -> None:
        """Sound that came."""
        self.state.ledger.arrive(self.sound.end, self.sound.end + len(pcm))
        self.sound.append(pcm)

    def stop(self, stop: Stop) -> None:
        """A mark behind all sound so far."""
        self.state.stops.append(stop)

    def advance(self) -> list[Heard]:
        """Act upon what was judged and marked, as far as possible now."""
        facts = self._cursor.advance()
        while early := self._concluded():
            assert self.state.utterance
            facts += self._close(self.state.utterance, (early.answer, 0))
            facts += self._cursor.advance()
        if self._asked and not self._wanted(self._asked):
            self._asked = None
        return facts + self._foretell()

    def _wanted(self, asked: Request) -> bool:
        """Not a partial that comes too late, nor a last pass that was made too early."""
        closing, ahead = self.state.closing, self.state.ahead
        if not asked.final:
            return not closing and not (ahead and ahead.eager)
        return asked.voice in [pause.voice for pause in (closing, ahead) if pause]

    def _concluded(self) -> Early | None:
        """The last pass of the utterance that is to be concluded, if it was made already."""
        early, closing, ahead = self._early, self.state.closing, self.state.ahead
        if early and not (ahead and ahead.voice == early.request.voice):
            early = self._early = None
        known = early and closing and closing.reason != "long" and closing.voice == early.request.voice
        return early if known else None

    def pause(self) -> Pause | None:
        """The pause of which it is to be judged whether the speaker is done; the judgement goes to `sounds`."""
        opinion = self.state.opinion
        if opinion is None or not opinion.waiting:
            return None
        return Pause(opinion, self.sound.cut(self._cursor.turn_begin(opinion.edge), opinion.edge))

    def sounds(self, opinion: Opinion, complete: float | None) -> list[Heard]:
        """With probability `complete` the speaker sounded done (None: nobody could say). Too late, it is ignored."""
        if self.state.opinion != opinion:
            return []
        self.state.opinion = replace(opinion, complete=complete, waiting=False)
        return self.advance()

    def forget(self) -> int:
        """Forget the sound that is not needed any more. Returns the first sample that is."""
        needed = self._cursor.needed()
        self.sound.drop(needed)
        return needed

    # ---- passes --------------------------------------------------------------------------------------------------

    @property
    def closing(self) -> bool:
        """Whether the pass that is due is the last one of an utterance, or may become it."""
        return self.urgent or self._rehearses

    @property
    def urgent(self) -> bool:
        """Whether somebody waits for it."""
        ahead = self.state.ahead
        eager = ahead is not None and ahead.eager and not ahead.told and not self._early
        return self.state.closing is not None or eager

    @property
    def _rehearses(self) -> bool:
        """Whether it is to be made in case that nothing more is said: not under load, nor of a recording."""
        pace = self.step_s <= self._tools.policy.schedule.step_s
        return self.state.ahead is not None and not self._early and pace and not self.replayed

    @property
    def seen(self) -> int:
        """The first sample that no pass has seen."""
        return self.state.utterance.seen if self.state.utterance else self.state.cursor

    @property
    def replayed(self) -> bool:
        """Whether the sound that waits came faster than anybody speaks."""
        return self._arrivals.ahead(self.seen) > self._tools.policy.schedule.replay_s * RATE

    @property
    def leans(self) -> bool:
        """Whether the pass that is made now is a lean final."""
        return self.lean and self.closing and not self.replayed

    @property
    def window_s(self) -> float:
        """How long the window of a pass is that is made now."""
        policy, spoken = self._tools.policy.window, self.state.utterance
        heard = (self.state.cursor - spoken.window) // HOP if spoken else 0
        floor_s = window.floor_s(policy, final=self.closing, lean=self.leans)
        return window.frames(heard, floor_s, policy.pad_s) / 100

    def unheard(self) -> int | None:
        """Samples that wait for a pass, if one is due and none is under way."""
        state, policy = self.state, self._tools.policy.schedule
        spoken, voice = state.utterance, state.voice
        if spoken is None or self._asked:
            return None
        waiting = state.cursor - spoken.seen
        if self.closing:
            return waiting
        if not spoken.announced or voice.begin is None or voice.end <= spoken.voice_seen:
            return None
        soon = state.cursor - voice.begin < policy.first_s * RATE or waiting < self.step_s * RATE
        return None if soon else waiting

    def request(self) -> Request | None:
        """The pass that is due now, if still so; its answer goes to `settle`."""
        spoken, policy = self.state.utterance, self._tools.policy
        closing = (self.state.closing or self.state.ahead) if self.closing else None
        if spoken is None or self.unheard() is None:
            return None
        if closing:
            self._shorten(spoken)  # forced words cost time, and somebody waits for this pass
            voice = closing.voice
            edge = min(closing.edge, voice + round(policy.window.after_s * RATE))
        else:
            edge, voice = self.state.cursor, self.state.voice.end
        sight = Sight(edge, voice, final=self.closing, lean=self.leans, searched=self.searched)
        self._view.drop(spoken.window // HOP)
        end = max(edge // HOP, spoken.window // HOP + 1)
        view = self._view.until(self.sound, end)
        self._asked = Request(question(self.state, spoken, sight, view, self._tools), edge, voice)
        return self._asked

    def _shorten(self, spoken: Utterance) -> None:
        count = utterance.surplus(spoken, self._tools.policy.window)
        if count:
            utterance.shorten(spoken, count)

    def settle(self, request: Request, answer: Answer, now_ms: int) -> list[Heard]:
        """What the answer to `request` says; nothing, if it is no longer asked for."""
        spoken = self.state.utterance
        if request is not self._asked or spoken is None:
            return []
        self._asked = None
        if answer.missed:
            spoken.seen = request.edge  # it is asked for again when a step of new sound is there
            return []
        made = (answer, self._arrivals.lag(request.edge, now_ms))
        if answer.told:
            spoken.language = answer.language
        if not request.final:
            spoken.seen, spoken.voice_seen = request.edge, request.voice
            return self._grow(spoken, made)
        closing, facts = self.state.closing, list[Heard]()
        if closing and closing.voice == request.voice:
            if not self._conclusion.reopens(spoken, closing, answer):
                return [*self._close(spoken, made), *self.advance()]
            facts = self._reopened(closing)
        if self.state.closing or not self.state.ahead:
            return []
        return [*facts, *self._foresee(spoken, Early(request, answer), made[1]), *self.advance()]

    def _close(self, spoken: Utterance, made: Made) -> list[Heard]:
        self._early = None
        return self._conclusion.close(spoken, made, self._display.stable(spoken))

    def _reopened(self, closing: Closing) -> list[Heard]:
        """The pause goes on: what was told of its end is taken back."""
        state, facts = self.state, list[Heard]()
        if state.ahead and state.ahead.told:
            facts.append(Resumed(self.number))
        state.closing, state.held, state.ahead = None, None, Ahead(closing.voice, closing.edge)
        return [*facts, SpeechStarted(self.number, millis(closing.voice))]

    def _foresee(self, spoken: Utterance, early: Early, lag_ms: int) -> list[Heard]:
        """A last pass was made ahead: it is shown, and verified if more is said."""
        ahead, self._early = self.state.ahead, early
        assert ahead
        tokens = self._conclusion.kept(spoken, ahead, early.answer)
        spoken.seen, spoken.voice_seen = early.request.edge, early.request.voice
        spoken.tail = Tail(tokens, (1,) * len(tokens))
        text = self._conclusion.foreseen(spoken, ahead, early.answer)
        return [*(self._display.text(spoken, text, lag_ms) if text else []), *self._foretell()]

    def _foretell(self) -> list[Heard]:
        """The turn ends eagerly, unless it is left open what was said."""
        spoken, ahead, early = self.state.utterance, self.state.ahead, self._early
        if not (spoken and early and ahead and ahead.eager) or ahead.told or self.state.closing:
            return []
        text = self._conclusion.foreseen(spoken, ahead, early.answer)
        if not text or dictating(text):
            return []
        self.state.ahead = replace(ahead, told=True)
        return [EagerEndpoint(self.number, "silence", text)]

    def _grow(self, spoken: Utterance, made: Made) -> list[Heard]:
        tools, facts, answer = self._tools, list[Heard](), made[0]
        outcome = utterance.grow(spoken, answer, tools.vocabulary, tools.policy.stable)
        if spoken.words and spoken.language is None:
            spoken.language = answer.language
        if outcome.committed and utterance.splittable(spoken, tools.policy.window):
            facts += self._conclusion.split(spoken, made, self._display.stable(spoken))
            assert self.state.utterance
            spoken = self.state.utterance
        elif spoken.seen - spoken.window > tools.policy.window.trim_s * RATE:
            self._shorten(spoken)
        return [*facts, *self._display.words(spoken, outcome.shown, made[1])]
