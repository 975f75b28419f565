"""What agent and customer said, turn by turn: from the log, so from moderated text only. Pure."""

from msgspec import Struct

from llm.history import Turn
from streaming.answers import CUSTOMER
from streaming.events import Event, ModerationVerdict, Summary, TranscriptFinal, TurnEnded, TurnResumed

WHO = {0: "Agent", 1: "Customer"}


class Line(Struct, frozen=True):
    """A turn of somebody."""

    turn: int
    channel: int
    text: str
    ended_at: str = ""

    @property
    def told(self) -> str:
        """As a model reads it."""
        return f"{WHO.get(self.channel, f'Speaker {self.channel}')}: {self.text}"


class Dialogue:
    """A fold over the log."""

    def __init__(self) -> None:
        self._segments: dict[int, str] = {}
        self._ended: dict[int, TurnEnded] = {}
        self.summary: Summary | None = None

    def heard(self, event: Event) -> None:
        """The log's next event."""
        match event:
            case TranscriptFinal(segment=segment, text=text):
                self._segments[segment] = text
            case TurnEnded(turn=turn):
                self._ended[turn] = event
            case TurnResumed(turn=turn):
                self._ended.pop(turn, None)
            case Summary():
                self.summary = event
            case ModerationVerdict(target=target, span=(begin, end), replacement=str(put)):
                self._replaced(target.segment or 0, (begin, end), put)
            case _:
                pass

    def _replaced(self, segment: int, span: tuple[int, int], put: str) -> None:
        """What is taken back is in no later summary: one that was made with it is not gone on from."""
        text, (begin, end) = self._segments.get(segment), span
        if text is None or end > len(text) or text[begin:end] == put:
            return
        self._segments[segment] = text[:begin] + put + text[end:]
        since = self.summary.up_to if self.summary else 0
        if any(turn <= since and segment in ended.segments for turn, ended in self._ended.items()):
            self.summary = None

    def lines(self, newest: int | None = None, after: int = 0) -> list[Line]:
        """Turns behind `after` and up to `newest` that have words, in order."""
        found: list[Line] = []
        for turn, ended in sorted(self._ended.items()):
            if turn > after and (newest is None or turn <= newest):
                text = " ".join(
                    part for part in [*map(self._segment, ended.segments), ended.text.strip()] if part
                )
                found += [Line(turn, ended.channel, text, ended.time)] if text else []
        return found

    def turns(self, newest: int) -> list[Turn]:
        """The same as a chat model is told it: the customer asks, the agent answers; the newest turn stands last and
        has no answer yet."""
        out: list[Turn] = []
        for line in self.lines(newest):
            if line.channel == CUSTOMER:
                out.append(Turn(line.turn, line.text, "", line.ended_at))
            elif out:
                last = out[-1]
                out[-1] = Turn(last.number, last.said, f"{last.answered} {line.text}".strip(), last.ended_at)
        return out if out and out[-1].number == newest else []

    def _segment(self, segment: int) -> str:
        return self._segments.get(segment, "").strip()
