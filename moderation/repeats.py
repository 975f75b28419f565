"""What is heard once more, and was taken before. Pure.

A recogniser's successor goes on from the checkpoint. When Redis lost its tail while the recogniser could not write it
again (stopped, or dead), that is an earlier one: the same sound is heard again, under the same numbers. Numbers of
utterances that are final, and the places where speech begins and stops, only grow on a channel: what does not grow was
taken before, and so was whatever has no number and stands among it. An utterance that reaches beyond what was taken is
new whatever its number: a second hearing may part them otherwise, and no word is to be lost by that.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from streaming.events import AudioFinalized, AudioGap, SpeechStarted, SpeechStopped
from streaming.facts import EagerEndpoint, Endpoint, Heard, HeardFinal, HeardPartial, Resumed

NOTHING: Final = (-1, 0)


class Past(Struct, frozen=True, omit_defaults=True):
    """What was taken of each channel: the last utterance that is `final` and its end (ms), the last place (ms) of each
    kind of mark.

    `again`: channels on which what was taken before is being heard again; `reheard`: those whose last final was heard
    once more.
    """

    final: dict[int, tuple[int, int]] = {}
    marks: dict[str, float] = {}
    again: list[int] = []
    reheard: list[int] = []


def fresh(past: Past, fact: Heard) -> tuple[Past, bool]:
    """Whether `fact` is to be taken: it was not taken before."""
    match fact:
        case HeardFinal(channel=channel, utterance=number, start_ms=start, end_ms=end):
            return _final(past, channel, number, (start, end))
        case HeardPartial(channel=channel, utterance=number):
            new = number > past.final.get(channel, NOTHING)[0]
            return _again(past, channel, again=not new), new
        case Endpoint(channel=channel) | EagerEndpoint(channel=channel) | Resumed(channel=channel):
            return past, channel not in past.again
        case SpeechStarted(channel=channel, at_ms=at):
            past, new = _grown(past, f"started {channel}", at)
            return (past if new else _again(past, channel, again=True)), new
        case SpeechStopped(channel=channel, at_ms=at):
            return _grown(past, f"stopped {channel}", at)
        case AudioFinalized(channel=channel, at_ms=at):
            return _finalized(past, channel, at)
        case AudioGap(channel=channel, to_ms=to):
            return _grown(past, f"gap {channel}", to)
        case _:
            return past, True


def _final(past: Past, channel: int, number: int, span: tuple[int, int]) -> tuple[Past, bool]:
    last, until = past.final.get(channel, NOTHING)
    new = number > last or sum(span) > 2 * until
    if new:
        past = replace(past, final={**past.final, channel: (max(number, last), max(span[1], until))})
    past = replace(past, reheard=_among(past.reheard, channel, there=not new))
    return _again(past, channel, again=not new and number < last), new


def _finalized(past: Past, channel: int, at: int) -> tuple[Past, bool]:
    """It may be asked for twice at one place."""
    if at == past.marks.get(f"finalized {channel}"):
        return past, channel not in past.again and channel not in past.reheard
    return _grown(past, f"finalized {channel}", at)


def _grown(past: Past, mark: str, at: float) -> tuple[Past, bool]:
    if at <= past.marks.get(mark, -1):
        return past, False
    return replace(past, marks={**past.marks, mark: at}), True


def _again(past: Past, channel: int, *, again: bool) -> Past:
    if again is (channel in past.again):
        return past
    return replace(past, again=_among(past.again, channel, there=again))


def _among(channels: list[int], channel: int, *, there: bool) -> list[int]:
    rest = [one for one in channels if one != channel]
    return sorted([*rest, channel]) if there else rest
