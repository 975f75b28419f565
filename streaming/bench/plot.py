"""A picture of one session: the sound, its words, and when each was first seen and committed. Pure: text of an SVG."""

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape

import numpy as np

from streaming.bench.figures import Part
from streaming.bench.sights import Seen, seen
from streaming.bench.speech import RATE, Pcm

MOST_S: Final = 20.0
SECOND: Final = 60
"""Pixels of a second of sound."""
LEFT, TOP, WAVE, LATE, BELOW = 58, 68, 80, 220, 62
LANES, LANE, LETTER = 4, 17, 6.4
STYLE: Final = """
text{font:12px system-ui,sans-serif;fill:#17211f}
.small{font-size:11px;fill:#556561}.head{font-size:15px;font-weight:600}
.wave{fill:#84938f}.bar{fill:#dcefeb}.grid{stroke:#e0e6e4}.wait{stroke:#84938f;stroke-width:1.2}
.first{fill:#fff;stroke:#0b6a5e;stroke-width:1.6}.commit{fill:#0b6a5e}.late{fill:#b8322a}
"""


def drawn(part: Part, system: str) -> str:
    """The first 20 s of a session as an SVG.

    Above: the wave, and each word from its beginning to its end. Below: how long after its end a word was first seen
    (a ring) and committed (a disc: while the speaker spoke on; a square: by the final).
    """
    length = min(MOST_S, part.script.seconds)
    look = [one for one in seen(part.heard.sights, part.offline.words) if one.word.end <= length]
    most = max((late for one in look for late in _late(one)), default=1.0)
    scale = LATE / (0.5 * np.ceil(2 * max(1.0, most)))
    width, height = round(LEFT + SECOND * length + 16), TOP + WAVE + LANES * LANE + LATE + BELOW
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>',
        *_legend(system),
        _wave(part.script.pcm[: round(length * RATE)]),
        *_words(look),
        *_grid(length, float(scale)),
        *(mark for one in look for mark in _marks(one, float(scale))),
        "</svg>",
    ]
    return "\n".join(body) + "\n"


def _x(second: float) -> float:
    return round(LEFT + SECOND * second, 1)


def _y(late: float, scale: float) -> float:
    return round(TOP + WAVE + LANES * LANE + 12 + max(0.0, late) * scale, 1)


def _late(one: Seen) -> list[float]:
    return [at - one.word.end for at in (one.first, one.commit) if at is not None]


def _legend(system: str) -> list[str]:
    title = f"{system}: when each word was first seen, and when it was committed (never to change)"
    return [
        f'<text class="head" x="{LEFT}" y="26">{escape(title)}</text>',
        f'<circle class="first" cx="{LEFT + 6}" cy="46" r="4"/><text x="{LEFT + 16}" y="50">first seen</text>',
        f'<circle class="commit" cx="{LEFT + 106}" cy="46" r="4"/>'
        f'<text x="{LEFT + 116}" y="50">committed while the speaker went on</text>',
        f'<rect class="commit" x="{LEFT + 352}" y="42" width="8" height="8"/>'
        f'<text x="{LEFT + 366}" y="50">committed by the final</text>',
        f'<text class="late" style="fill:#b8322a" x="{LEFT + 520}" y="50">red: never seen like this</text>',
    ]


def _wave(pcm: Pcm) -> str:
    """The envelope of the sound, a column of two pixels each."""
    step, middle = RATE * 2 // SECOND, TOP + WAVE / 2
    columns = [np.abs(pcm[at : at + step].astype(np.int32)).max() for at in range(0, len(pcm) - step, step)]
    top = max(1, *map(int, columns))
    heights = [max(0.5, int(peak) / top * WAVE / 2) for peak in columns]
    bars = "".join(f"M{LEFT + 2 * n} {middle - h:.1f}h1.6v{2 * h:.1f}h-1.6z" for n, h in enumerate(heights))
    return f'<path class="wave" d="{bars}"/>'


def _words(look: Sequence[Seen]) -> list[str]:
    """Each in the first lane in which it does not lie upon another."""
    out: list[str] = []
    ends = [0.0] * LANES
    for one in look:
        x, wide = _x(one.word.begin), max(2.0, SECOND * (one.word.end - one.word.begin))
        lane = next((lane for lane in range(LANES) if ends[lane] <= x), ends.index(min(ends)))
        ends[lane] = x + max(wide, LETTER * len(one.word.text) + 3)
        y = TOP + WAVE + 2 + LANE * lane
        colour = ' style="fill:#b8322a"' if one.first is None else ""
        out.append(f'<rect class="bar" x="{x}" y="{y}" width="{wide:.1f}" height="{LANE - 3}"/>')
        out.append(f'<text class="small" x="{x + 1}" y="{y + 11}"{colour}>{escape(one.word.text)}</text>')
    return out


def _grid(length: float, scale: float) -> list[str]:
    right, bottom = _x(length), _y(LATE / scale, scale)
    out: list[str] = []
    for half in range(0, round(LATE / scale * 2) + 1, 1 if LATE / scale <= 4 else 2):
        y = _y(half / 2, scale)
        out.append(f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y}" y2="{y}"/>')
        out.append(f'<text class="small" x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{half / 2:g} s</text>')
    out += [
        f'<text class="small" x="{_x(second)}" y="{bottom + 18}" text-anchor="middle">{second}</text>'
        for second in range(0, int(length) + 1, 2)
    ]
    where = f'x="{(LEFT + right) / 2}" y="{bottom + 36}" text-anchor="middle"'
    out.append(
        f'<text class="small" {where}>seconds of sound; downwards: seconds after the word\'s end</text>'
    )
    return out


def _marks(one: Seen, scale: float) -> list[str]:
    if one.first is None:
        return []
    x = _x(one.word.end)
    first = _y(one.first - one.word.end, scale)
    ring = f'<circle class="first" cx="{x}" cy="{first}" r="4"/>'
    if one.commit is None:
        return [ring]
    commit = _y(one.commit - one.word.end, scale)
    line = f'<line class="wait" x1="{x}" x2="{x}" y1="{first}" y2="{commit}"/>'
    if one.final is not None and one.final <= one.commit:
        return [line, ring, f'<rect class="commit" x="{x - 3.5}" y="{commit - 3.5}" width="7" height="7"/>']
    return [line, ring, f'<circle class="commit" cx="{x}" cy="{commit}" r="3.6"/>']
