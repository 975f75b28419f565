"""How well names are found: on sentences that were written for it (sentences.toml), each name in [brackets]. Pure."""

import re
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from moderation.finding import Finding
from moderation.names.names import Spans

HERE: Final = Path(__file__).parent / "sentences.toml"
BRACKETED: Final = re.compile(r"\[(.+?)\]")


class Sentence(Struct, frozen=True):
    """`text`, and where in it there are names."""

    text: str
    names: Spans


class Found(Struct, frozen=True):
    """Of `names` there are, `whole` were masked whole, `parted` in part. Of `masks`, `wrong` have nothing of a name."""

    names: int = 0
    whole: int = 0
    parted: int = 0
    masks: int = 0
    wrong: int = 0

    @property
    def told(self) -> dict[str, Any]:
        """All of it, with the share of names that were masked whole, and of masks that have something of a name."""
        out: dict[str, Any] = {name: getattr(self, name) for name in self.__struct_fields__}
        out["recall"] = round(self.whole / self.names, 3) if self.names else None
        out["precision"] = round(1 - self.wrong / self.masks, 3) if self.masks else None
        return out


def sentences(file: bytes) -> dict[str, list[Sentence]]:
    """The sentences of a file, by kind."""
    return {kind: [sentence(one) for one in some] for kind, some in tomllib.loads(file.decode()).items()}


def sentence(marked: str) -> Sentence:
    """A sentence without its brackets."""
    names: list[tuple[int, int]] = []
    for place, found in enumerate(BRACKETED.finditer(marked)):
        begin = found.start() - 2 * place
        names.append((begin, begin + len(found[1])))
    return Sentence(BRACKETED.sub(r"\1", marked), names)


def scored(rows: Sequence[Sentence], look: Callable[[str], Sequence[Finding]]) -> Found:
    """What `look` finds in the sentences, counted."""
    names = whole = parted = masks = wrong = 0
    for row in rows:
        found = [(one.start, one.end) for one in look(row.text)]
        for begin, end in row.names:
            inside = any(a <= begin and end <= b for a, b in found)
            whole += inside
            parted += not inside and any(a < end and begin < b for a, b in found)
        names += len(row.names)
        masks += len(found)
        wrong += sum(not any(a < end and begin < b for begin, end in row.names) for a, b in found)
    return Found(names, whole, parted, masks, wrong)
