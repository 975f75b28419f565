"""`python -m moderation.train`: makes the heads anew, with their figures and their card; `--check`: only measures.

Needs the model `minilm` (`vivavoce models pull minilm`) and the package index for rows of others (some 2 MB).
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from moderation.model.heads import HERE, Heads, Vectors, packed, read_as
from moderation.train.card import measured, table
from moderation.train.fit import Trained, trained
from moderation.train.packages import gathered
from moderation.train.rows import CATEGORIES, Row, distinct, ours
from streaming.machine import models
from streaming.machine.minilm import Sentences

FOLDER: Final = Path(__file__).parent
FIGURES: Final = HERE.with_name("figures.json")
CARD: Final = HERE.with_name("CARD.md")
BEGIN, END = "<!-- figures -->\n", "<!-- /figures -->"


def own() -> list[Row]:
    """The rows that we wrote."""
    learnt, held = (FOLDER / name for name in ("rows.toml", "held.toml"))
    return [*ours(learnt.read_bytes(), "ours", held=False), *ours(held.read_bytes(), "ours", held=True)]


def file_of(made: Trained, embedding: str) -> bytes:
    """The safetensors file of trained heads, for vectors of the model with the SHA-256 `embedding`."""
    told = {"categories": json.dumps(CATEGORIES), "embedding": embedding}
    return packed({"weight": made.weight, "bias": made.bias}, told)


def vectors_of(sentences: Sentences, rows: Sequence[Row]) -> Vectors:
    """(rows, 384), embedded one by one: a batch's padding moves the last digits, and with them the hash."""
    return np.concatenate([sentences.embed([read_as(row.text)]) for row in rows])


def carded(card: str, figures: dict[str, Any]) -> str:
    """The card with these figures in place of those that it has."""
    before, _, rest = card.partition(BEGIN)
    return before + BEGIN + table(figures) + END + rest.partition(END)[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """0: done, and with `--check` the figures are those of the card; 1: they are not."""
    parser = argparse.ArgumentParser(prog="python -m moderation.train", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="measure the heads that are there, write nothing"
    )
    options = parser.parse_args(arguments)
    rows = distinct([*own(), *gathered()])
    vectors = vectors_of(Sentences(models.path("minilm")), rows)
    if not options.check:
        learnt = [place for place, row in enumerate(rows) if not row.held]
        made = trained([rows[place] for place in learnt], vectors[learnt])
        HERE.write_bytes(file_of(made, models.digest("minilm")))
    figures = measured(Heads(HERE.read_bytes()), rows, vectors)
    if options.check:
        same = figures == json.loads(FIGURES.read_text("utf-8"))
        sys.stdout.write(table(figures) + ("as on the card\n" if same else "NOT as on the card\n"))
        return 0 if same else 1
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    CARD.write_text(carded(CARD.read_text("utf-8"), figures), "utf-8")
    sys.stdout.write(table(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
