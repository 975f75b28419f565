"""What the heads are worth on rows that they did not learn from, and the card that says so. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from moderation.model.heads import BLOCK, FLAG, Heads, Vectors
from moderation.train.rows import CATEGORIES, Row, known

HEAD: Final = "| category | learnt from | held out | precision at 0.5 | recall | precision at 0.8 | recall |"


class Found(Struct, frozen=True):
    """At one level: how many rows of the category there are, how many were found, how many others were taken for it.

    `innocent` of these belong to no category at all.
    """

    of: int
    found: int
    wrong: int
    innocent: int

    @property
    def precision(self) -> float | None:
        """Of what was taken for it, the share that is; None when nothing was."""
        taken = self.found + self.wrong
        return round(self.found / taken, 3) if taken else None

    @property
    def recall(self) -> float | None:
        """Of what is, the share that was found; None when there is none."""
        return round(self.found / self.of, 3) if self.of else None


def measured(heads: Heads, rows: Sequence[Row], vectors: Vectors) -> dict[str, Any]:
    """Precision and recall by category on the held-out rows, and what became of the harmless ones, by source."""
    held = [place for place, row in enumerate(rows) if row.held]
    rows_held = [rows[place] for place in held]
    scores = heads.scores(["" for _ in held], vectors[held])
    categories: dict[str, Any] = {}
    for category in CATEGORIES:
        got = [score[category] for score in scores]
        categories[category] = {
            "learnt_from": sum(category in row.of for row in rows if not row.held),
            "flag": _told(_found(category, rows_held, [one >= FLAG for one in got])),
            "block": _told(_found(category, rows_held, [one >= BLOCK for one in got])),
        }
    return {
        "heads": heads.ref,
        "rows": {"learnt": len(rows) - len(held), "held": len(held)},
        "categories": categories,
        "harmless": _harmless(rows_held, scores),
    }


def _found(category: str, rows: Sequence[Row], taken: Sequence[bool]) -> Found:
    pairs = [(row, bool(took)) for row, took in zip(rows, taken, strict=True) if known(category, row)]
    return Found(
        of=sum(category in row.of for row, _ in pairs),
        found=sum(category in row.of and took for row, took in pairs),
        wrong=sum(category not in row.of and took for row, took in pairs),
        innocent=sum(not row.of and took for row, took in pairs),
    )


def _told(found: Found) -> dict[str, Any]:
    return {
        "of": found.of,
        "found": found.found,
        "wrong": found.wrong,
        "innocent": found.innocent,
        "precision": found.precision,
        "recall": found.recall,
    }


def _harmless(rows: Sequence[Row], scores: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """By source: how many rows are harmless, and how many of them anything but `injection`, or that, was seen in."""
    out: dict[str, Any] = {}
    for source in sorted({row.source for row in rows}):
        own = [score for row, score in zip(rows, scores, strict=True) if row.source == source and not row.of]
        out[source] = {
            "rows": len(own),
            "flagged": sum(_any(score, FLAG) for score in own),
            "blocked": sum(_any(score, BLOCK) for score in own),
            "injection": sum(score["injection"] >= FLAG for score in own),
        }
    return out


def _any(scores: Mapping[str, float], level: float) -> bool:
    return any(score >= level for name, score in scores.items() if name != "injection")


def table(figures: Mapping[str, Any]) -> str:
    """The card's tables, and whose they are."""
    weights = f"Of `{figures['heads']}`: the first 16 digits of the SHA-256 of `heads.safetensors`."
    lines = [weights, "", HEAD, "|---" * 7 + "|"]
    for name, told in figures["categories"].items():
        flag, block = told["flag"], told["block"]
        cells = [name, told["learnt_from"], flag["of"]]
        for level in (flag, block):
            cells += [_share(level["precision"]), _share(level["recall"])]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    lines += [
        "",
        "| harmless rows held out, of | rows | flagged | blocked | taken for injection |",
        "|---|---|---|---|---|",
    ]
    for source, told in figures["harmless"].items():
        lines.append(
            f"| {source} | {told['rows']} | {told['flagged']} | {told['blocked']} | {told['injection']} |"
        )
    return "\n".join(lines) + "\n"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
