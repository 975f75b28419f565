"""What a session's log comes to: what can be found in it, and what a list shows of it. Pure.

Made of moderated events only, and only of what is final. A later verdict changes what an earlier event said: the line
is given again, and replaces the one before. The same log makes the same digest, whenever it is read.
"""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from streaming.archive.kept import Line, LogEntry, Silence
from streaming.events import (
    AudioEnded,
    Event,
    ModerationVerdict,
    ReplyDone,
    SessionEnded,
    TranscriptFinal,
    TurnEnded,
)
from streaming.parts import replaced
from streaming.recording.silencing import Silencing

Kind = Literal["speech", "text", "reply"]
PASSING: Final = (b'{"type":"transcript.partial"', b'{"type":"reply.delta"', b'{"type":"speech.')
"""Most entries, and nothing of them lasts: they are not even decoded."""
CHANGING: Final = frozenset({"redact", "retract", "block"})
_event = msgspec.json.Decoder(Event)


class Digest:
    """`ended`: whether the log's last entry was taken. `heard_ms`: of sound, as the accounting says at the end.

    `silencing` finds where the sound is to be silent; none of it without one."""

    def __init__(self, silencing: Silencing | None = None) -> None:
        self._silencing = silencing or Silencing(())
        self.languages: list[str] = []
        self.verdicts: list[str] = []
        self.heard_ms = 0
        self.ended = False
        self._lines: dict[tuple[Kind, int], Line] = {}
        self._changed: dict[tuple[Kind, int], None] = {}
        self._turns: dict[int, tuple[int, int]] = {}
        self._said_ms = 0

    @property
    def silences(self) -> Sequence[Silence]:
        """All that is to be silent of the sound, in the order in which it was found."""
        return self._silencing.silences

    @property
    def words(self) -> int:
        """Said, typed and answered."""
        return sum(len(line.text.split()) for line in self._lines.values())

    def take(self, entry: LogEntry) -> None:
        """The next entry. What another version wrote and we do not know is passed over."""
        if entry.body.startswith(PASSING):
            return
        try:
            event = _event.decode(entry.body)
        except msgspec.MsgspecError:
            return
        match event:
            case TranscriptFinal():
                self._said(event)
            case TurnEnded(turn=turn, channel=channel, segments=segments) if not event.eager:
                self._turns[turn] = channel, max(map(self._end_ms, segments), default=self._said_ms)
            case ReplyDone(reply=reply, text=text):
                channel, at_ms = self._turns.get(event.answers, (0, self._said_ms))
                self._put(Line("reply", reply, channel, at_ms, at_ms, text))
            case ModerationVerdict():
                self._judged(event)
            case AudioEnded(accounting=accounting) | SessionEnded(accounting=accounting):
                self.heard_ms = round(max((one.duration_ms for one in accounting), default=self.heard_ms))
                self.ended = isinstance(event, SessionEnded)
            case _:
                pass

    def changed(self) -> list[Line]:
        """The lines that are new, or not what they were, since this was last asked."""
        lines = [self._lines[key] for key in self._changed]
        self._changed = {}
        return lines

    def _said(self, final: TranscriptFinal) -> None:
        if not final.text:
            return
        self._silencing.said(final)
        self._said_ms = max(self._said_ms, final.end_ms)
        if final.language and final.language not in self.languages:
            self.languages.append(final.language)
        place = (final.channel, final.start_ms, final.end_ms)
        self._put(Line(final.source, final.segment, *place, final.text, final.language))

    def _judged(self, verdict: ModerationVerdict) -> None:
        if verdict.action == "pass":
            return
        self._silencing.judged(verdict)
        self.verdicts += [one for one in verdict.categories if one not in self.verdicts]
        line = self._meant(verdict)
        if line is None or verdict.action not in CHANGING:
            return
        text = replaced(line.text, verdict.span, verdict.replacement or "")
        if text != line.text:
            self._put(replace(line, text=text))

    def _meant(self, verdict: ModerationVerdict) -> Line | None:
        """What it is about, if that has been said already: else it was said as the verdict wants it."""
        if verdict.target.reply is not None:
            return self._lines.get(("reply", verdict.target.reply))
        number = verdict.target.segment or 0
        return self._lines.get(("speech", number)) or self._lines.get(("text", number))

    def _end_ms(self, segment: int) -> int:
        line = self._lines.get(("speech", segment)) or self._lines.get(("text", segment))
        return line.end_ms if line else 0

    def _put(self, line: Line) -> None:
        self._lines[line.kind, line.number] = line
        self._changed[line.kind, line.number] = None
