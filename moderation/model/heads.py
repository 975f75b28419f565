"""Heads on a sentence's vector: for each category the chance that a text is of it. Pure (numpy).

A head is a logistic regression; all of them are one matrix. The file is safetensors (the format's own specification:
8 bytes of length, JSON, then the tensors): `weight` (categories, 384), `bias` (categories,), float32, and as metadata
what they were trained for: categories, and the hash of the embedding model whose vectors they know.
"""

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from moderation.normalize import plain

Vectors = NDArray[np.float32]
HERE: Final = Path(__file__).parent / "heads.safetensors"
CHILD: Final = re.compile(
    r"\b(child(?:ren)?|kids?|minors?|underage|under age|preteens?|toddlers?|babies|infants?|school(?:girl|boy)s?|"
    r"little (?:girl|boy)s?|(?:[1-9]|1[0-7])[ -]?(?:year|yr|jahr|ans\b|anos\b)\w*|enfants?|mineure?s?|kinder\w*|"
    r"minderjahrig\w*|nin[oa]s?|menor(?:es)?)\b"
)
"""Who is a minor, in a text as it is embedded: no marks on letters. English, French, German, Spanish."""


FLAG: Final = 0.5
"""All heads are scaled so that about one harmless text in a hundred reaches this."""
BLOCK: Final = 0.8
"""And none that the heads were made from, when it was not learnt from, reached this."""


class HeadsBroken(ValueError):
    """The file of weights cannot be used: one line says why."""


class Heads:
    """Weights, ready. `ref` is what stands in `made_by`: `heads@` and 16 digits of the file's SHA-256."""

    def __init__(self, file: bytes) -> None:
        """Raises HeadsBroken."""
        tensors, told = opened(file)
        try:
            self.categories: Sequence[str] = json.loads(told["categories"])
            self.embedding: str = told["embedding"]
            self._weight, self._bias = tensors["weight"], tensors["bias"]
        except (KeyError, TypeError, ValueError) as wrong:
            raise HeadsBroken(f"the moderation heads lack {wrong}") from None
        if self._weight.shape != (len(self.categories), 384) or self._bias.shape != (len(self.categories),):
            raise HeadsBroken("the moderation heads are not one row of 384 weights for each category")
        self.hash = sha256(file).hexdigest()
        self.ref = f"heads@{self.hash[:16]}"

    @property
    def weights(self) -> tuple[Vectors, Vectors]:
        """(categories, 384) and (categories,)."""
        return self._weight, self._bias

    def scores(self, texts: Sequence[str], vectors: Vectors) -> list[dict[str, float]]:
        """The chance of each category, 0 to 1, for texts as they were embedded and their vectors (texts, 384)."""
        chances = 1 / (1 + np.exp(-(vectors @ self._weight.T + self._bias)))
        rows = cast(list[list[float]], np.round(chances, 4).tolist())
        return [
            with_minors(text, nested(dict(zip(self.categories, row, strict=True))))
            for text, row in zip(texts, rows, strict=True)
        ]


def nested(scores: dict[str, float]) -> dict[str, float]:
    """What is of "a/b" is of "a": no narrower category is likelier than the wider one."""
    return {name: min(score, scores.get(name.partition("/")[0], 1.0)) for name, score in scores.items()}


def with_minors(text: str, scores: dict[str, float]) -> dict[str, float]:
    """`sexual/minors` has no head, since nobody should write rows for it: it is `sexual` where a minor is named."""
    return scores | {"sexual/minors": scores.get("sexual", 0.0) if CHILD.search(text) else 0.0}


def read_as(text: str) -> str:
    """A text as it is embedded: what looks like a letter is that letter, and what cannot be seen is gone."""
    return plain(text, closed=True).chars


def load(path: Path = HERE) -> Heads:
    """The heads of a file. Raises HeadsBroken, OSError."""
    return Heads(path.read_bytes())


def opened(file: bytes) -> tuple[dict[str, Vectors], dict[str, str]]:
    """Float32 tensors and metadata of a safetensors file. Raises HeadsBroken."""
    try:
        size = int.from_bytes(file[:8], "little")
        header = cast(dict[str, Any], json.loads(file[8 : 8 + size]))
        told = cast(dict[str, str], header.pop("__metadata__", {}))
        tensors: dict[str, Vectors] = {}
        for name, entry in header.items():
            if entry["dtype"] != "F32":
                raise HeadsBroken(f"{name} is {entry['dtype']}, not F32")
            start, end = (8 + size + place for place in entry["data_offsets"])
            if end > len(file):
                raise HeadsBroken("the file is cut off")
            tensors[name] = np.frombuffer(file[start:end], "<f4").reshape(entry["shape"])
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise HeadsBroken(f"the moderation heads cannot be read: {wrong}") from None
    return tensors, told


def packed(tensors: Mapping[str, Vectors], told: Mapping[str, str]) -> bytes:
    """The safetensors file of these, the same bytes for the same values."""
    header: dict[str, Any] = {"__metadata__": dict(sorted(told.items()))}
    body = b""
    for name, tensor in sorted(tensors.items()):
        data = tensor.astype("<f4").tobytes()
        offsets = [len(body), len(body) + len(data)]
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": offsets}
        body += data
    head = json.dumps(header, separators=(",", ":"), ensure_ascii=True).encode()
    head += b" " * (-len(head) % 8)
    return len(head).to_bytes(8, "little") + head + body
