"""Which words can no longer change. Pure.

Each pass verifies the hypothesis of the pass before on more sound. A word is committed when it is complete, the same
in both, ends well before the live edge, and has survived enough passes: two when the model is sure of every token of
it, three otherwise. Committed tokens are a forced prefix from then on: nothing here can take one back.
LocalAgreement (D. Macháček et al., arXiv 2307.14743) with probabilities.
"""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct

from asr.whisper.loops import ROUND_S, SQUEEZED_S


class StablePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """`margin_s` to the live edge; `passes` to survive when every token has at least `sure`, else `passes_unsure`.

    One with a token below `least` never is: in noise a model sees words that it does not believe itself. A word said
    twice in a row is never sure: a decoder that begins to loop says it twice too. In a window longer than
    `stuck_s`, `passes` are enough. The last word is taken for complete after `pause_s` of silence, and a word may end
    `late_s` after the voice.

    A word is shown once it was seen twice, or if every token of it has at least `shown`.
    """

    margin_s: float = 0.4
    sure: float = 0.7
    least: float = 0.05
    passes: int = 2
    passes_unsure: int = 3
    stuck_s: float = 13.0
    pause_s: float = 0.2
    late_s: float = 0.15
    shown: float = 0.6


MEMORY = 12
"""Words among which a repetition is looked for."""


class Tail(Struct, frozen=True):
    """Tokens that are not committed, and how many passes each has survived."""

    tokens: tuple[int, ...] = ()
    survived: tuple[int, ...] = ()


class Lasted(NamedTuple):
    """A word and how long it lasts (s)."""

    tokens: tuple[int, ...]
    lasts_s: float


class Written(NamedTuple):
    """A word as a pass wrote it. Its first `core` tokens are the word, the others punctuation behind it; `name` is it
    without case and punctuation: "" of punctuation that is left of a word committed before."""

    tokens: tuple[int, ...]
    core: int
    name: str


class Look(Struct, frozen=True):
    """What a pass says of a tail: `words` are the new tokens, grouped, and `likely` the probability of each of these,
    if it is known; `names` those of the words of the tail. The rest is about the old tokens.

    `probabilities` of the n old tokens and n + 1 `times` (s in the window): token i lasts from times[i] to
    times[i + 1]. `edge_s`: where the sound ends, `voice_s`: where the voice ended. `said`: the committed words.
    """

    words: Sequence[Written]
    probabilities: Sequence[float]
    times: Sequence[float]
    edge_s: float
    voice_s: float
    said: Sequence[Lasted] = ()
    names: list[str] = []
    likely: Sequence[float] = ()


class Outcome(Struct, frozen=True):
    """Words that are `committed` from now on, and what may be `shown` behind them; `tail` is all that is not final."""

    committed: tuple[tuple[int, ...], ...]
    shown: tuple[int, ...]
    tail: Tail


def confirm(tail: Tail, look: Look, policy: StablePolicy) -> Outcome:
    """Compare `tail` with a new look. What is not agreed of a word's punctuation keeps the word itself from nothing."""
    tokens = [token for word in look.words for token in word.tokens]
    agreed = 0
    while agreed < min(len(tail.tokens), len(tokens)) and tail.tokens[agreed] == tokens[agreed]:
        agreed += 1
    survived = [count + 1 for count in tail.survived[:agreed]] + [1] * (len(tokens) - agreed)
    committed, end, said = list[tuple[int, ...]](), 0, list(look.said)
    for number, word in enumerate(look.words, start=1):
        begin, end = end, end + len(word.tokens)
        to = end if end <= agreed else begin + word.core
        if to > agreed or look.names[number - 1 : number] not in ([], [word.name]):
            break
        agreed_on, again = word.tokens[: to - begin], False
        if word.name:  # punctuation has no time of its own, and repeats nothing
            again = bool(said) and said[-1].tokens[0] == word.tokens[0]
            said.append(Lasted(agreed_on, look.times[to] - look.times[begin]))
        whole = number < len(look.words) or _paused(look, policy)
        likely = min(look.probabilities[begin:to])
        sure = not again and likely >= policy.sure
        passes = policy.passes if sure or look.edge_s > policy.stuck_s else policy.passes_unsure
        lasts = min(survived[begin:to]) >= passes and _early(look, to, policy)
        if not (whole and lasts and likely >= policy.least and (not word.name or borne(said))):
            break
        committed.append(agreed_on)
        if to < end:
            break
    gone = sum(map(len, committed))
    shown = tuple(tokens[gone : max(gone, _shown(agreed, look, policy))])
    return Outcome(tuple(committed), shown, Tail(tuple(tokens[gone:]), tuple(survived[gone:])))


def _shown(agreed: int, look: Look, policy: StablePolicy) -> int:
    """How many of the look's tokens may be shown: words that were seen twice, or are likely and complete."""
    end, named = 0, True
    for number, word in enumerate(look.words, start=1):
        begin, end = end, end + len(word.tokens)
        named = named and look.names[number - 1 : number] == [word.name]
        twice = end <= agreed or named
        likely = look.likely[begin : begin + word.core]
        whole = number < len(look.words) or _paused(look, policy)
        if not twice and not (whole and likely and min(likely) >= policy.shown):
            return begin
    return end


def _paused(look: Look, policy: StablePolicy) -> bool:
    return look.edge_s - look.voice_s >= policy.pause_s


def borne(said: Sequence[Lasted]) -> bool:
    """Whether the last word of `said` has its own place in the sound.

    An alignment squeezes into no time what nobody said. So nothing is taken for said behind two words that were
    squeezed; and what seems to repeat words just before it needs time for itself and for the most of them. Where the
    same is said a third time it spreads them evenly, however many there are: the last pass has to count these.
    """
    word, squeezed, first = (
        said[-1],
        [one.lasts_s < SQUEEZED_S for one in said],
        [one.tokens[0] for one in said],
    )
    if len(said) > 2 and all(squeezed[-3:-1]):
        return False
    for distance in range(1, len(said)):
        if first[-1 - distance] != first[-1]:
            continue
        if squeezed[-1] or 3 * sum(squeezed[-1 - distance : -1]) > distance:
            return False
        if distance == 1 and min(word.lasts_s, said[-2].lasts_s) < ROUND_S:
            return False
        if first[-distance:] == first[-2 * distance : -distance] == first[-3 * distance : -2 * distance]:
            return False
    return True


def _early(look: Look, end: int, policy: StablePolicy) -> bool:
    """Whether the word whose last token is number `end` - 1 ends well before the live edge."""
    return look.times[end] <= min(look.edge_s - policy.margin_s, look.voice_s + policy.late_s)
