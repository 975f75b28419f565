"""What is found in one transcript, to the word. Pure; the words of a query mean what they mean to the archive."""

from typing import NamedTuple

from streaming.archive.export.transcript import Said, Transcript
from streaming.archive.kept import Line
from streaming.archive.words import phrases, spans, words


class FoundLine(NamedTuple):
    """A line that has all that was asked for; `at_ms`: where the first of it is said."""

    line: Line
    spans: list[tuple[int, int]]
    at_ms: int


def found_in(transcript: Transcript, query: str) -> list[FoundLine]:
    """In the order of the transcript.

    Raises:
        ClientFault: there is no word in the query, or too many (`bad_query`).
    """
    wanted = phrases(query)
    out: list[FoundLine] = []
    for said in transcript.said:
        if all(_has(said.text, phrase) for phrase in wanted):
            places = spans(said.text, wanted)
            out.append(FoundLine(_line(said), places, _at_ms(said, places[0][0])))
    return out


def _has(text: str, phrase: list[str]) -> bool:
    there = [word.text for word in words(text)]
    return any(there[place : place + len(phrase)] == phrase for place in range(len(there)))


def _at_ms(said: Said, offset: int) -> int:
    starts = [word.start_ms for word in said.words if word.offset <= offset]
    return starts[-1] if starts else said.start_ms


def _line(said: Said) -> Line:
    place = (said.channel, said.start_ms, said.end_ms)
    return Line(said.kind, said.number, *place, said.text, said.language)
