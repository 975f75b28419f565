"""Sessions of one run as the figures of a row, and rows of several runs as one. Pure."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from msgspec import Struct

from streaming.bench.hearing import Heard
from streaming.bench.offline import Offline
from streaming.bench.processes import Cost
from streaming.bench.score import Score, score
from streaming.bench.sights import Seen, changed, flicker, seen
from streaming.bench.speech import Script
from streaming.bench.spelling import words


class Spread(Struct, frozen=True):
    """Seconds: the middle one, the one that 5 % exceed, their mean, and how many there were."""

    p50: float
    p95: float
    mean: float
    n: int


class Row(Struct, frozen=True):
    """A system with so many clients at once, of which it `refused` some for want of room; the others are measured.

    `wer`, `offline_wer`: percent of the words, numbers apart; `worst_wer`: of the client that was heard worst.
    `number_errors`: percent of the numbers. `first`, `commit`: from a word's end in the sound; `missed`: percent of
    its words that were never seen as the offline pass has them. `endpoint`: from a clip's last word's end until that
    word is closed, `finalize`: from the client's finalize to the end of the turn. `drift`: slope of `commit` over the
    session, s per minute. `flicker`: words taken back for each that stayed. `changed`: committed words that changed.
    `cpu`: processor seconds of the server for each second of sound.
    """

    system: str
    clients: int
    refused: int
    seconds: float
    wer: float
    worst_wer: float
    offline_wer: float
    number_errors: float
    first: Spread | None
    commit: Spread | None
    endpoint: Spread | None
    finalize: Spread | None
    missed: float
    drift: float
    flicker: float
    changed: int
    unaccounted_ms: float | None
    cpu: float | None
    peak_rss_mb: float | None


class Part(NamedTuple):
    """What one client played, what an offline pass heard in it, and what the system made of it."""

    script: Script
    offline: Offline
    heard: Heard


def row(
    asked: tuple[str, int], parts: Sequence[Part], finals: Sequence[float], cost: Cost | None, language: str
) -> Row:
    """The figures of clients that spoke at once; `asked`: the system, and how many there were to be."""
    scores = [
        _score(part, part.heard.sights[-1].text if part.heard.sights else "", language) for part in parts
    ]
    whole = _sum(scores)
    offline = _sum([_score(part, part.offline.text, language) for part in parts])
    looks = [seen(part.heard.sights, part.offline.words) for part in parts]
    every = [one for look in looks for one in look]
    lost = [part.heard.unaccounted_ms for part in parts if part.heard.unaccounted_ms is not None]
    seconds = sum(part.script.seconds for part in parts)
    return Row(
        system=asked[0],
        clients=asked[1],
        refused=asked[1] - len(parts),
        seconds=round(seconds, 1),
        wer=round(whole.wer, 2),
        worst_wer=round(max(one.wer for one in scores), 2),
        offline_wer=round(offline.wer, 2),
        number_errors=round(100 * whole.number_errors / max(1, whole.numbers), 1),
        first=spread([one.first - one.word.end for one in every if one.first is not None]),
        commit=spread([one.commit - one.word.end for one in every if one.commit is not None]),
        endpoint=spread(
            [late for part, look in zip(parts, looks, strict=True) for late in _closed(part, look)]
        ),
        finalize=spread(finals),
        missed=round(100 * sum(one.first is None for one in every) / max(1, len(every)), 1),
        drift=round(statistics.mean(map(drift, looks)), 2),
        flicker=round(statistics.mean(flicker(part.heard.sights) for part in parts), 3),
        changed=sum(changed(part.heard.sights) for part in parts),
        unaccounted_ms=sum(lost) if lost else None,
        cpu=round(cost.cpu_s / seconds, 3) if cost else None,
        peak_rss_mb=cost.peak_rss_mb if cost else None,
    )


def spread(values: Sequence[float]) -> Spread | None:
    """None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    at = round(0.95 * (len(ordered) - 1))
    return Spread(
        round(statistics.median(ordered), 3),
        round(ordered[at], 3),
        round(statistics.mean(ordered), 3),
        len(ordered),
    )


def drift(look: Sequence[Seen]) -> float:
    """Least-squares slope of the commits' lateness over the session, s per minute; 0 below three words."""
    points = [(one.word.end / 60, one.commit - one.word.end) for one in look if one.commit is not None]
    if len({x for x, _ in points}) < 3:
        return 0.0
    return statistics.linear_regression(*zip(*points, strict=True)).slope


def median(rows: Sequence[Row]) -> Row:
    """Rows of one system and one number of clients as one, figure by figure; counts of errors are summed."""
    first = rows[0]
    middle = {
        name: _middle([getattr(one, name) for one in rows])
        for name in Row.__struct_fields__
        if name not in ("system", "clients", "refused", "changed", "unaccounted_ms", "worst_wer")
    }
    lost = [one.unaccounted_ms for one in rows if one.unaccounted_ms is not None]
    summed = {
        "system": first.system,
        "clients": first.clients,
        "refused": max(one.refused for one in rows),
        "worst_wer": max(one.worst_wer for one in rows),
        "changed": sum(one.changed for one in rows),
        "unaccounted_ms": sum(lost) if lost else None,
    }
    return msgspec.convert(middle | summed, Row)


def _middle(values: Sequence[float | Spread | None]) -> float | Spread | None:
    spreads = [one for one in values if isinstance(one, Spread)]
    if spreads:
        p50, p95, mean = (
            round(statistics.median(getattr(one, name) for one in spreads), 3)
            for name in ("p50", "p95", "mean")
        )
        return Spread(p50, p95, mean, sum(one.n for one in spreads))
    numbers = [one for one in values if isinstance(one, int | float)]
    return round(statistics.median(numbers), 3) if numbers else None


def _score(part: Part, text: str, language: str) -> Score:
    said = [word for span in part.script.spans for word in words(span.text, language)]
    return score(said, words(text, language))


def _sum(scores: Sequence[Score]) -> Score:
    total = Score()
    for one in scores:
        total = total.plus(one)
    return total


def _closed(part: Part, look: Sequence[Seen]) -> list[float]:
    """For each clip: from the end of its last word until all words of it are closed."""
    out: list[float] = []
    for span in part.script.spans:
        inside = [one for one in look if span.begin <= one.word.end <= span.end + 0.3]
        finals = [one.final for one in inside if one.final is not None]
        if finals and inside[-1].final is not None:
            out.append(max(finals) - inside[-1].word.end)
    return out
