"""From the log to the transcript. Pure: entries go in one by one, in order; of what is passing nothing is decoded.

A final or a reply is what it says, then every verdict behind it is put in force, then the newest correction. A
correction that is older than a verdict which changed its segment does not hold: it may say what was taken away.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from streaming.archive.export.aligning import aligned, spliced
from streaming.archive.export.transcript import (
    Corrected,
    Degraded,
    Gap,
    Judgement,
    Original,
    Said,
    Transcript,
    Turn,
)
from streaming.archive.kept import Kept, LogEntry, Note, Silence
from streaming.audio import RATE
from streaming.events import (
    AudioEnded,
    AudioGap,
    Event,
    ModerationVerdict,
    ReplyDone,
    ReplyStarted,
    SessionDegraded,
    SessionEnded,
    TranscriptFinal,
    TurnEnded,
)
from streaming.parts import replaced

# Events are written with their type first.
PASSING: Final = (b'{"type":"transcript.partial"', b'{"type":"reply.delta"', b'{"type":"speech.')
CHANGING: Final = frozenset({"redact", "retract", "block"})
_decoder = msgspec.json.Decoder(Event)
Key = tuple[bool, int]


class Reading:
    """A transcript being read."""

    def __init__(self) -> None:
        self._said: dict[Key, Said] = {}  # by whether it is a reply, and its number
        self._order: dict[Key, int] = {}
        self._early: dict[Key, list[Judgement]] = {}
        self._gaps: list[Gap] = []
        self._turns: dict[int, Turn] = {}
        self._degraded: list[Degraded] = []
        self._ended: AudioEnded | SessionEnded | None = None
        self._latest_ms = 0
        self.last_id = "0-0"

    def take(self, entry: LogEntry) -> None:
        """The next entry. What a newer server may have written and we do not know is left out."""
        self.last_id = entry.id
        if entry.body.startswith(PASSING):
            return
        try:
            event = _decoder.decode(entry.body)
        except msgspec.ValidationError:
            return
        self._take(entry.id, event)

    def _take(self, at: str, event: Event) -> None:
        match event:
            case TranscriptFinal() as final:
                self._final(at, final)
            case TurnEnded(eager=False) as turn:
                self._turn(turn)
            case ReplyStarted(reply=reply):
                self._order.setdefault((True, reply), len(self._order))
            case ReplyDone() as done:
                self._reply(at, done)
            case ModerationVerdict() as verdict:
                self._judge(at, verdict)
            case AudioGap() as gap:
                self._gaps.append(Gap(gap.channel, gap.from_ms, gap.to_ms, gap.reason))
            case SessionDegraded(step=step):
                self._degraded.append(Degraded(at, self._latest_ms, step))
            case AudioEnded() | SessionEnded() as ended:
                self._ended = ended
            case _:
                pass

    def _final(self, at: str, final: TranscriptFinal) -> None:
        self._latest_ms = max(self._latest_ms, final.end_ms)
        self._add(
            (False, final.segment),
            Said(
                kind=final.source,
                number=final.segment,
                id=at,
                channel=final.channel,
                start_ms=final.start_ms,
                end_ms=final.end_ms,
                text=final.text,
                words=final.words,
                language=final.language,
                confidence=final.confidence,
                made_by=final.made_by,
                lag_ms=final.lag_ms,
            ),
        )

    def _turn(self, turn: TurnEnded) -> None:
        of = [(False, segment) for segment in turn.segments]
        ends = [self._said[key].end_ms for key in of if key in self._said]
        at_ms = max(ends, default=self._latest_ms)
        self._turns[turn.turn] = Turn(turn.turn, turn.channel, turn.segments, turn.reason, at_ms)
        for key in of:
            if key in self._said:
                self._said[key] = replace(self._said[key], turn=turn.turn)

    def _reply(self, at: str, done: ReplyDone) -> None:
        turn = self._turns.get(done.answers)
        at_ms = turn.at_ms if turn else self._latest_ms
        self._add(
            (True, done.reply),
            Said(
                kind="reply",
                number=done.reply,
                id=at,
                channel=turn.channel if turn else 0,
                start_ms=at_ms,
                end_ms=at_ms,
                text=done.text,
                made_by=done.made_by,
                answers=done.answers,
                status=done.status,
                timing=done.timing,
            ),
        )

    def _add(self, key: Key, said: Said) -> None:
        self._order.setdefault(key, len(self._order))
        # What was decided before is in the text already.
        self._said[key] = replace(said, verdicts=self._early.pop(key, []))

    def _judge(self, at: str, verdict: ModerationVerdict) -> None:
        target = verdict.target
        key = (False, target.segment) if target.segment is not None else (True, target.reply or 0)
        made = Judgement(
            at,
            verdict.span,
            verdict.action,
            verdict.categories,
            verdict.score,
            verdict.latency_ms,
            verdict.replacement,
        )
        if key in self._said:
            self._said[key] = judged(self._said[key], made)
        else:
            self._early.setdefault(key, []).append(made)

    def transcript(self, session: Kept, notes: Sequence[Note] = ()) -> Transcript:
        """What has been read, with the corrections among `notes` (oldest first)."""
        corrections = {note.number: note for note in notes if note.kind == "correction"}
        order = sorted(self._said, key=lambda key: (self._said[key].start_ms, self._order[key]))
        said = [self._said[key] for key in order]
        return Transcript(
            session_id=session.session_id,
            mode=session.mode,
            started_at=session.started_at,
            duration_ms=max(session.duration_ms, self._latest_ms),
            channels=max([session.channels, *(one.channel + 1 for one in said)]),
            said=[
                one if one.kind == "reply" else corrected(one, corrections.get(one.number))
                for one in said
                if _worth(one)
            ],
            gaps=[*self._gaps, *(_silent(one, session.duration_ms) for one in session.silenced)],
            turns=list(self._turns.values()),
            degraded=self._degraded,
            accounting=self._ended.accounting if self._ended else [],
            last_id=self.last_id,
        )


def _silent(one: Silence, duration_ms: int) -> Gap:
    begin, end = one.begin * 1000 / RATE, one.end * 1000 / RATE
    return Gap(one.channel, begin, max(begin, min(end, duration_ms)), "silenced")


def read(session: Kept, log: Iterable[LogEntry], notes: Sequence[Note] = ()) -> Transcript:
    """The transcript of a whole log."""
    reading = Reading()
    for entry in log:
        reading.take(entry)
    return reading.transcript(session, notes)


def judged(said: Said, made: Judgement) -> Said:
    """What was said, after this was decided about it."""
    begin, end = made.span
    if made.action not in CHANGING:
        return replace(said, verdicts=[*said.verdicts, made])
    put = made.replacement or ""
    shift = len(put) - (end - begin)
    earlier = [
        replace(one, span=(one.span[0] + shift, one.span[1] + shift)) if one.span[0] >= end else one
        for one in said.verdicts
    ]
    now = replace(made, span=(begin, begin + len(put)))
    text = replaced(said.text, made.span, put)
    return replace(said, text=text, words=spliced(said.words, made.span, put), verdicts=[*earlier, now])


def _worth(said: Said) -> bool:
    """A blank final only takes back a partial; but what moderation emptied was said."""
    changed = any(one.action in CHANGING for one in said.verdicts)
    return bool(said.text) or said.kind == "reply" or changed


def corrected(said: Said, note: Note | None) -> Said:
    """What was said, as `note` wants it; as it is where that says the same, or a verdict overrules it."""
    if note is None or note.text == said.text or overruled(said, note):
        return said
    words = aligned(said.words, note.text) if said.words else []
    made = Corrected(note.note_id, note.author, note.made_at)
    return replace(
        said, text=note.text, words=words, original=Original(said.text, said.words), corrected=made
    )


def overruled(said: Said, note: Note) -> bool:
    """Whether moderation took something out of a segment after it had been corrected."""
    return any(
        one.action in CHANGING and int(one.id.partition("-")[0]) > note.made_at for one in said.verdicts
    )


def standing(transcript: Transcript, notes: Sequence[Note]) -> list[Note]:
    """The notes without corrections of what moderation took away after them."""
    said = {one.number: one for one in transcript.said if one.kind != "reply"}
    return [
        note
        for note in notes
        if note.kind != "correction" or note.number not in said or not overruled(said[note.number], note)
    ]
