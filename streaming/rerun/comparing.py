"""Two transcripts of the same sound, word by word, and what else differs between their logs. Pure.

Word errors are of the new against the old, which is no truth, only what was there before.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from streaming.bench.spelling import words
from streaming.client.arrivals import Message
from streaming.events import ModerationVerdict, SessionStarted, TranscriptFinal, TranscriptPartial
from streaming.rerun.alignment import Spoken, aligned, differ


class Change(Struct, frozen=True):
    """Words of the old that are others in the new, about where in the sound. Either may be empty."""

    channel: int
    at_ms: int
    old: str
    new: str


class Latency(Struct, frozen=True):
    """Seconds, p50 and p95: from the beginning of an utterance to its first partial (`first`), and from its end to its
    final (`commit`). None: it came faster than it is spoken, or nothing was said."""

    first: tuple[float, float] | None
    commit: tuple[float, float] | None


class Difference(Struct, frozen=True):
    """The whole of it. `wer` in percent of the old words; verdicts by category: how many, old and new."""

    session: str
    again: str
    old_made_by: list[str]
    new_made_by: list[str]
    words: int
    edits: int
    wer: float
    changes: list[Change]
    old_latency: Latency
    new_latency: Latency
    verdicts: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])


def difference(old: Sequence[Message], new: Sequence[Message], *, paced: bool) -> Difference:
    """Of two logs of one sound. `paced`: the new one's sound was sent at the pace of speech."""
    changes, count, edits = list[Change](), 0, 0
    for channel in sorted(_channels(old) | _channels(new)):
        before, after = spoken(old, channel), spoken(new, channel)
        count += len(before)
        for was, now in changed(before, after):
            edits += max(len(was), len(now))
            at_ms = (was or now)[0].at_ms
            changes.append(Change(channel, at_ms, _text(was), _text(now)))
    return Difference(
        session=_session(old),
        again=_session(new),
        old_made_by=_made_by(old),
        new_made_by=_made_by(new),
        words=count,
        edits=edits,
        wer=round(100 * edits / count, 2) if count else 0.0,
        changes=sorted(changes, key=lambda change: change.at_ms),
        old_latency=latency(old),
        new_latency=latency(new) if paced else Latency(None, None),
        verdicts=_verdicts(old, new),
    )


def spoken(log: Sequence[Message], channel: int) -> list[Spoken]:
    """All words of a channel's finals, as they are compared, in order."""
    out: list[Spoken] = []
    for final in _finals(log):
        if final.channel == channel:
            said = words(final.text, final.language or "en")
            step = (final.end_ms - final.start_ms) / max(1, len(said))
            out += [Spoken(text, round(final.start_ms + n * step)) for n, text in enumerate(said)]
    return out


def changed(old: Sequence[Spoken], new: Sequence[Spoken]) -> Iterator[tuple[list[Spoken], list[Spoken]]]:
    """Runs of words that differ: what was there, and what is there instead."""
    was, now = list[Spoken](), list[Spoken]()
    for i, j in aligned(old, new):
        if i is not None and j is not None and not differ(old[i], new[j]):
            if was or now:
                yield was, now
            was, now = [], []
            continue
        was += [] if i is None else [old[i]]
        now += [] if j is None else [new[j]]
    if was or now:
        yield was, now


def latency(log: Sequence[Message]) -> Latency:
    """How soon words came, of a log whose sound came at the pace of speech from `session.started` on. If a word was
    there before it can have been spoken, the sound came faster, and nothing can be told of it."""
    began, seen = 0, dict[int, int]()
    first, commit = list[float](), list[float]()
    for message in log:
        at = int(message.id.partition("-")[0] or 0)
        match message.event:
            case SessionStarted():
                began = at
            case TranscriptPartial(segment=segment):
                seen.setdefault(segment, at)
            case TranscriptFinal(source="speech", segment=segment) as final if final.text:
                commit.append((at - began - final.end_ms) / 1000)
                first.append((seen.get(segment, at) - began - final.start_ms) / 1000)
            case _:
                pass
    if min(commit, default=0) < 0:
        return Latency(None, None)
    return Latency(_middle(first), _middle(commit))


def _middle(values: list[float]) -> tuple[float, float] | None:
    """The value that half, and that 95 % of them do not exceed."""
    if not values:
        return None
    ordered = sorted(values)
    half, most = (ordered[min(len(ordered) - 1, int(len(ordered) * part))] for part in (0.5, 0.95))
    return round(half, 2), round(most, 2)


def _verdicts(old: Sequence[Message], new: Sequence[Message]) -> dict[str, tuple[int, int]]:
    before, after = _categories(old), _categories(new)
    return {name: (before.count(name), after.count(name)) for name in sorted({*before, *after})}


def _categories(log: Sequence[Message]) -> list[str]:
    """Of verdicts on what was said; replies are not made again."""
    events = (message.event for message in log)
    judged = (one for one in events if isinstance(one, ModerationVerdict) and one.target.segment is not None)
    return [name for one in judged if one.action != "pass" for name in one.categories]


def _finals(log: Sequence[Message]) -> Iterator[TranscriptFinal]:
    for message in log:
        if isinstance(message.event, TranscriptFinal) and message.event.source == "speech":
            yield message.event


def _channels(log: Sequence[Message]) -> set[int]:
    return {final.channel for final in _finals(log)}


def _session(log: Sequence[Message]) -> str:
    started = next((one.event for one in log if isinstance(one.event, SessionStarted)), None)
    return started.session_id if started else ""


def _made_by(log: Sequence[Message]) -> list[str]:
    return sorted({final.made_by for final in _finals(log) if final.text})


def _text(run: Sequence[Spoken]) -> str:
    return " ".join(one.text.removeprefix("#") for one in run)
