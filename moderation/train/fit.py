"""The fit: one logistic regression a category, by Newton's method, scaled to the levels from which scores count. Pure.

With a quadratic penalty the loss is strictly convex (Hastie, Tibshirani, Friedman, "The Elements of Statistical
Learning", 4.4.1): the weights are a property of the rows, not of a seed, and are found again from anywhere.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from moderation.model.heads import BLOCK, FLAG, Vectors
from moderation.train.rows import CATEGORIES, Row, fold, known

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
FOLDS: Final = 5


class Recipe(Struct, frozen=True):
    """`penalty` on the squared weights; `flagged`, `blocked`: the share of harmless rows that may reach that level;
    `lowest` chances for them; `most` steps."""

    penalty: float = 0.3
    flagged: float = 0.01
    blocked: float = 0.0
    lowest: tuple[float, float] = (0.3, 0.7)
    most: int = 50


class Trained(Struct, frozen=True):
    """A matrix of weights (categories, 384) and a bias each, scaled so that all levels are `FLAG` and `BLOCK`."""

    weight: Vectors
    bias: Vectors


def logistic(vectors: Floats, wanted: Floats, recipe: Recipe, start: Floats | None = None) -> Floats:
    """Weights (385,), the bias last, of the penalised logistic regression; both kinds of rows count the same in all."""
    inputs = np.hstack([vectors, np.ones((len(vectors), 1))])
    yes = float(wanted.sum())
    size = len(wanted)
    share = np.full(size, size / (2 * (size - yes)))
    share[wanted > 0] = size / (2 * yes)
    ridge = np.full(inputs.shape[1], recipe.penalty)
    ridge[-1] = 1e-6
    weights = np.zeros(inputs.shape[1]) if start is None else start
    for _ in range(recipe.most):
        step = _step(inputs, wanted, weights, share, ridge)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def _step(inputs: Floats, wanted: Floats, weights: Floats, share: Floats, ridge: Floats) -> Floats:
    """Newton's: from `weights` towards the least penalised loss."""
    chances: Floats = 1 / (1 + np.exp(-(inputs @ weights)))
    slope = inputs.T @ (share * (chances - wanted)) + ridge * weights
    bent = share * chances * (1 - chances)
    curve = (inputs * bent[:, None]).T @ inputs + np.diag(ridge)
    return -np.linalg.solve(curve, slope).astype(np.float64)


def trained(
    rows: Sequence[Row],
    vectors: Vectors,
    recipe: Recipe | None = None,
    categories: Sequence[str] = CATEGORIES,
) -> Trained:
    """Heads for `categories` from rows that are learnt from and their vectors."""
    recipe = recipe or Recipe()
    inputs = vectors.astype(np.float64)
    weights: list[Floats] = []
    for category in categories:
        usable = np.array([known(category, row) for row in rows])
        wanted = np.array([float(category in row.of) for row in rows])
        raw = logistic(inputs[usable], wanted[usable], recipe)
        weights.append(scaled(raw, *_levels(rows, inputs, (wanted, usable, raw), recipe)))
    matrix = np.array(weights).astype(np.float32)
    return Trained(matrix[:, :-1], matrix[:, -1])


def scaled(weights: Floats, flag: float, block: float) -> Floats:
    """The head whose score is `FLAG` where that of `weights` is `flag`, and `BLOCK` where it is `block`."""
    low, high = (_logit(level) for level in (flag, block))
    slope = (_logit(BLOCK) - _logit(FLAG)) / (high - low)
    out = weights * slope
    out[-1] += _logit(FLAG) - slope * low
    return out


def _logit(chance: float) -> float:
    return float(np.log(chance / (1 - chance)))


def _levels(
    rows: Sequence[Row], inputs: Floats, task: tuple[Floats, Bools, Floats], recipe: Recipe
) -> tuple[float, float]:
    """From scores of rows that their head did not learn from (cross-validation): what few harmless rows reach."""
    wanted, usable, start = task
    folds = np.array([fold(row.text, FOLDS) for row in rows])
    scores = np.zeros(len(rows))
    for part in range(FOLDS):
        learn, look = usable & (folds != part), folds == part
        weights = logistic(inputs[learn], wanted[learn], recipe, start)
        scores[look] = 1 / (1 + np.exp(-(inputs[look] @ weights[:-1] + weights[-1])))
    harmless = scores[np.array([not row.of for row in rows])]
    flag = min(0.9, max(recipe.lowest[0], _reached(harmless, recipe.flagged)))
    return flag, max(recipe.lowest[1], min(0.98, flag + 0.05), _reached(harmless, recipe.blocked))


def _reached(scores: Floats, share: float) -> float:
    """The score, in hundredths, that at most `share` of these reach."""
    highest = np.sort(scores)[::-1][int(share * len(scores))]
    return float(min(0.985, np.floor(highest * 100 + 1) / 100))
