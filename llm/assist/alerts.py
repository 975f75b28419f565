"""All alerts together: what of an event is worth telling at once. Pure, a fold over the whole log."""

from llm.assist.airtime import DeadAir, Heard, Pace, TalkOver
from llm.assist.phrases import Phrases
from llm.assist.policy import AssistPolicy
from streaming.answers import AlertKind
from streaming.events import AudioEnded, Event, TranscriptFinal


class Alerts:
    """What is found is a matter of the log alone, but for dead air's timer."""

    def __init__(self, policy: AssistPolicy) -> None:
        self._again_ms = round(policy.again_s * 1000)
        self._keywords = Phrases(policy.keywords)
        self._talk_over = TalkOver(policy.sound)
        self._dead_air = DeadAir(policy.sound)
        self._pace = Pace(policy.sound)
        self._told: dict[tuple[AlertKind, str, int], int] = {}
        self._over = False

    def heard(self, event: Event, now_ms: int) -> list[Heard]:
        """The log's next event, read at `now_ms` of any clock that runs on."""
        self._over = self._over or isinstance(event, AudioEnded)
        found = [
            *self._talk_over.heard(event),
            *self._dead_air.heard(event, now_ms),
            *self._pace.heard(event),
        ]
        if isinstance(event, TranscriptFinal):
            for name in self._keywords.heard(event.channel, event.text):
                found += self.named("keyword", name, event)
        return found

    def named(self, kind: AlertKind, name: str, final: TranscriptFinal) -> list[Heard]:
        """A list or a topic was found in `final`; told, unless it was just now."""
        key = (kind, name, final.channel)
        last = self._told.get(key)
        if last is not None and final.start_ms - last < self._again_ms:
            return []
        self._told[key] = final.start_ms
        return [Heard(kind, name, final.start_ms, final.end_ms, final.channel, final.segment)]

    def due(self, now_ms: int) -> list[Heard]:
        """What time itself brings."""
        return [] if self._over else self._dead_air.due(now_ms)

    def wait_ms(self, now_ms: int) -> int | None:
        """How long until `due` may have something; None: not before something else happens."""
        return None if self._over else self._dead_air.wait_ms(now_ms)
