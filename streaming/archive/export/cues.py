"""Subtitles: what was said in pieces of at most two lines, at the times of their words. Pure.

A piece ends before a word that does not fit, after a pause, after 6 s, and at the end of a sentence that has filled a
line. Only speech is shown. Pieces are in the order of their begin; those of one channel do not overlap, those of
several do when people speak at once.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from streaming.archive.export.aligning import spread
from streaming.archive.export.transcript import Said, Transcript
from streaming.events import Word

WIDTH: Final = 42
LONGEST_MS: Final = 6_000
PAUSE_MS: Final = 1_500
SHORTEST_MS: Final = 700
"""A piece stays for so long if the next one lets it."""
ENDS: Final = tuple(".?!…。？！")


class Cue(NamedTuple):
    """A piece as it is shown: `lines` have no blanks at their ends, and none is empty."""

    channel: int
    start_ms: int
    end_ms: int
    lines: tuple[str, ...]


class _Unit(NamedTuple):
    """A word with what stands before it; its time."""

    text: str
    start_ms: int
    end_ms: int


def cues(transcript: Transcript, width: int = WIDTH) -> list[Cue]:
    """All pieces of all channels, lines of about `width` characters."""
    out: list[Cue] = []
    for channel in range(transcript.channels):
        own = [one for one in transcript.said if one.kind == "speech" and one.channel == channel]
        out += _timed([cue for one in own for cue in _pieces(one, width)])
    return sorted(out, key=lambda cue: cue.start_ms)


def _pieces(said: Said, width: int) -> Iterator[Cue]:
    piece: list[_Unit] = []
    for unit in _units(said, width):
        if piece and _over(piece, unit, width):
            yield _cue(said.channel, piece, width)
            piece = []
        piece.append(unit)
    if piece:
        yield _cue(said.channel, piece, width)


def _over(piece: Sequence[_Unit], unit: _Unit, width: int) -> bool:
    """Whether the piece is done before this word."""
    text = _joined(piece)
    return (
        len(_lines(text + unit.text, width)) > 2
        or unit.start_ms - piece[-1].end_ms >= PAUSE_MS
        or unit.end_ms - piece[0].start_ms > LONGEST_MS
        or (len(text) > width and text.endswith(ENDS))
    )


def _units(said: Said, width: int) -> Iterator[_Unit]:
    """The words of what was said; together they are all of its text. One that no line can hold is cut."""
    words = said.words or spread(said.text, said.start_ms, said.end_ms)
    place = 0
    for number, word in enumerate(words):
        end = word.offset + len(word.text) if number + 1 < len(words) else len(said.text)
        text = " ".join(f"|{said.text[place:end]}|".split())[1:-1]  # one blank for many, at the ends too
        place = max(place, end)
        if len(text) <= width:
            yield _Unit(text, word.start_ms, word.end_ms)
        else:
            yield from _cut(text, word, width)


def _cut(text: str, word: Word, width: int) -> Iterator[_Unit]:
    size = width - 1
    for begin in range(0, len(text), size):
        start, end = (
            word.start_ms + (word.end_ms - word.start_ms) * min(place, len(text)) // len(text)
            for place in (begin, begin + size)
        )
        yield _Unit(text[begin : begin + size], start, end)


def _joined(piece: Sequence[_Unit]) -> str:
    return "".join(unit.text for unit in piece).strip()


def _cue(channel: int, piece: Sequence[_Unit], width: int) -> Cue:
    lines = _lines(_joined(piece), width)
    return Cue(channel, piece[0].start_ms, max(unit.end_ms for unit in piece), tuple(lines))


def _lines(text: str, width: int) -> list[str]:
    """The text in lines; two are about as long as each other."""
    text = text.strip()
    if len(text) <= width:
        return [text] if text else []
    breaks = [place for place, sign in enumerate(text) if sign == " "]
    fitting = [place for place in breaks if place <= width and len(text) - place - 1 <= width]
    if fitting:
        place = min(fitting, key=lambda place: abs(len(text) - 1 - 2 * place))
        return [text[:place], text[place + 1 :]]
    place = max((place for place in breaks if place <= width), default=0)
    head, rest = (text[:place], text[place + 1 :]) if place else (text[:width], text[width:])
    return [head, *_lines(rest, width)]


def _timed(own: Sequence[Cue]) -> list[Cue]:
    """One channel's pieces with times that only grow: each lasts a while, and none reaches into the next."""
    out: list[Cue] = []
    earliest = 0
    for number, cue in enumerate(own):
        start = max(cue.start_ms, earliest)
        end = max(cue.end_ms, start + 1)
        if number + 1 < len(own):
            following = max(own[number + 1].start_ms, start + 1)
            end = min(max(end, start + SHORTEST_MS), following)
        else:
            end = max(end, start + SHORTEST_MS)
        out.append(cue._replace(start_ms=start, end_ms=end))
        earliest = end
    return out
