"""How much sound the model sees, and what is trimmed away once it is committed. Pure.

The encoder takes a window as short as it is given, and its cost grows with the window; but below about five seconds
it errs. The window is the sound of the utterance so far with a second of silence behind it.
"""

from collections.abc import Sequence

from msgspec import Struct

from asr.hearing.mel import MOST


class WindowPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds. `floor_s`: least window of a partial, `final_s` of a final, `lean_s` of one
    that is made under load. `pad_s`: silence behind the sound.

    `preroll_s`: sound before the voice. `trim_s`: longer windows lose committed sound but for `keep_s`. `long_s`: an
    utterance that gets longer is closed at a word; a window that gets so long with nothing committed, by force, at
    the last word that ends `hold_s` before its edge. The last pass sees `after_s` of sound behind the voice; what it
    cut short goes on in an utterance of its own if more than `rest_s` of the voice are left.
    """

    floor_s: float = 5.0
    final_s: float = 15.0
    lean_s: float = 10.0
    pad_s: float = 1.0
    preroll_s: float = 0.5
    trim_s: float = 9.0
    keep_s: float = 2.0
    long_s: float = 20.0
    hold_s: float = 1.0
    after_s: float = 0.4
    rest_s: float = 1.5


def floor_s(policy: WindowPolicy, *, final: bool, lean: bool) -> float:
    """Least seconds of the window of a pass."""
    if not final:
        return policy.floor_s
    return policy.lean_s if lean else policy.final_s


def frames(heard: int, floor_s: float, pad_s: float) -> int:
    """Frames of the encoder's window for `heard` frames of sound: an even number, at most 30 s."""
    wanted = max(round(floor_s * 100), heard + round(pad_s * 100))
    return min(MOST, wanted + wanted % 2)


class Place(Struct, frozen=True):
    """A committed word, as far as trimming needs it: its text, and where it ends in the window (s)."""

    text: str
    end_s: float


def trim(words: Sequence[Place], policy: WindowPolicy) -> int:
    """How many of the committed `words` may leave the window: after the last punctuation, else as many as can."""
    best = 0
    for count in range(1, len(words)):
        if words[count - 1].end_s > words[-1].end_s - policy.keep_s:
            break
        if ends_phrase(words[count - 1]) or not best or not ends_phrase(words[best - 1]):
            best = count
    return best if best and words[best - 1].end_s >= 1 else 0


def ends_phrase(word: Place) -> bool:
    """Whether a listener would take a breath after `word`."""
    return word.text.rstrip().endswith((".", "?", "!", ","))
