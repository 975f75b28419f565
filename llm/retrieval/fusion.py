"""Fuses rankings by reciprocal rank. Pure.

Cormack, Clarke and Buettcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods",
SIGIR 2009: a candidate's score is the sum over the rankings of 1 / (60 + its rank there).
"""

from collections.abc import Sequence
from typing import Final

CONSTANT: Final = 60


def fused(rankings: Sequence[Sequence[int]], k: int) -> list[tuple[int, float]]:
    """The `k` best candidates with their scores, best first; equals in the order of the first ranking that has them."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, candidate in enumerate(ranking, 1):
            scores[candidate] = scores.get(candidate, 0.0) + 1 / (CONSTANT + rank)
    return sorted(scores.items(), key=lambda pair: -pair[1])[:k]
