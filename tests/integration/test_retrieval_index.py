"""Versions of an index: built, kept, changed, gone back to, and never half there."""

import gc
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from llm.retrieval import building, cabinet
from llm.retrieval.building import NothingRead
from llm.retrieval.cabinet import KEPT, Cabinet, NoIndex
from llm.retrieval.local import Library
from llm.retrieval.manifest import Manifest
from streaming.errors import ServiceFault
from streaming.machine import models
from streaming.refusal import Usage
from tests.indexes import NOTES, Hashed, documents, made


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return documents(tmp_path / "docs")


@pytest.fixture
def kept(tmp_path: Path) -> Cabinet:
    return Cabinet(tmp_path / "indexes")


def test_the_same_documents_make_the_same_version_anywhere(docs: Path, kept: Cabinet, tmp_path: Path) -> None:
    first = made(kept, docs)
    again = made(kept, docs)
    assert (again.manifest, again.unchanged, again.fresh) == (first.manifest, True, 0)
    elsewhere = made(Cabinet(tmp_path / "other"), docs)
    assert elsewhere.manifest.hash == first.manifest.hash
    names = [one.name for one in first.manifest.documents]
    assert names == ["more/hours.html", "notes.txt", "returns.md"]


def test_only_what_changed_is_embedded_again(docs: Path, kept: Cabinet) -> None:
    assert made(kept, docs).fresh == 4
    (docs / "notes.txt").write_text(NOTES.replace("Mondays", "Fridays"))
    (docs / "returns.md").write_text((docs / "returns.md").read_text().replace("ten days", "five days"))
    by = Hashed()
    built = made(kept, docs, by=by)
    assert sorted(text.split("\n", 1)[1].split()[0] for text in by.embedded) == ["Parcels", "Refunds"]
    assert built.manifest.passages == 4


async def test_what_was_taken_over_is_found_as_what_is_new(docs: Path, kept: Cabinet, tmp_path: Path) -> None:
    made(kept, docs)
    (docs / "notes.txt").write_text("Quite another text.")
    built = made(kept, docs)
    fresh = made(Cabinet(tmp_path / "fresh"), docs)
    assert built.manifest == fresh.manifest
    for folder in (kept.folder, tmp_path / "fresh"):
        library = Library(folder, Hashed)
        index = await library.open("default", "handbook")
        assert [one.passage.text for one in await index.find("lamps unused", 1)] == [
            "Lamps come back within thirty days, unused."
        ]
        library.close()


def test_a_bad_file_is_named_and_left_out_and_nothing_is_built_of_bad_files_alone(
    docs: Path, kept: Cabinet, tmp_path: Path
) -> None:
    (docs / "broken.pdf").write_bytes(b"nonsense")
    (docs / "a\nb.md").write_text("Text.")
    (docs / ".hidden.md").write_text("Text.")
    os.symlink(docs, docs / "loop")
    built = made(kept, docs, tmp_path / "absent.md")
    assert sorted(name for name, _ in built.left_out) == sorted(
        ["a�b.md", "broken.pdf", str(tmp_path / "absent.md")]
    )
    assert len(built.manifest.documents) == 3
    with pytest.raises(NothingRead, match="No document could be read"):
        made(kept, docs / "broken.pdf")
    assert kept.current("default", "handbook") == built.manifest.version


def test_two_documents_of_one_name_are_not_mixed_up(docs: Path, kept: Cabinet, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "notes.txt").write_text("Other notes.")
    built = made(kept, docs, other, docs / "notes.txt")
    assert built.left_out == (
        (str(other / "notes.txt"), "another document is called 'notes.txt' already: rename one"),
    )


async def test_a_session_keeps_the_version_that_it_began_with(docs: Path, kept: Cabinet) -> None:
    made(kept, docs)
    library = Library(kept.folder, Hashed)
    began = await library.open("default", "handbook")
    assert await library.open("default", "handbook") is began
    newest = None
    for n in range(KEPT + 1):  # until the first one is no longer on the disk
        (docs / "notes.txt").write_text(f"The lamp number {n} is new.")
        newest = made(kept, docs).manifest
    assert began.ref.partition("@")[2] not in kept.versions("default", "handbook")
    assert (await began.find("e42", 1))[0].passage.text.startswith("Parcels")
    later = await library.open("default", "handbook")
    assert newest
    assert later.ref == newest.ref
    assert await later.document("notes.txt") == f"The lamp number {KEPT} is new."
    assert len(kept.versions("default", "handbook")) == KEPT
    del began
    gc.collect()
    assert len(library._open) == 1  # what nobody holds is let go of
    library.close()


def test_one_can_go_back(docs: Path, kept: Cabinet) -> None:
    first = made(kept, docs).manifest.version
    (docs / "notes.txt").write_text("New.")
    second = made(kept, docs).manifest.version
    kept.use("default", "handbook", first)
    assert kept.current("default", "handbook") == first
    assert set(kept.versions("default", "handbook")) == {first, second}
    with pytest.raises(NoIndex, match="there are: "):
        kept.use("default", "handbook", "0" * 16)
    kept.remove("default", "handbook")
    with pytest.raises(NoIndex, match="vivavoce index build handbook PATH"):
        kept.current("default", "handbook")


def test_a_build_that_breaks_off_changes_nothing(
    docs: Path, kept: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = made(kept, docs).manifest.version
    (docs / "notes.txt").write_text("New.")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(cabinet, "synced", killed)  # as late as can be: all is written
        with pytest.raises(KeyboardInterrupt):
            made(kept, docs)
    assert kept.current("default", "handbook") == before
    assert kept.versions("default", "handbook") == [before]
    assert made(kept, docs).manifest.version != before


async def test_a_file_of_an_index_that_was_changed_is_noticed(docs: Path, kept: Cabinet) -> None:
    version = made(kept, docs).manifest.version
    place = kept.place("default", "handbook") / version
    whole = (place / "vectors.npy").read_bytes()
    (place / "vectors.npy").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    library = Library(kept.folder, Hashed)
    with pytest.raises(ServiceFault, match=r"not as it was built.*vivavoce index build handbook"):
        await library.open("default", "handbook")
    library.close()
    assert made(kept, docs).manifest.version == version
    assert isinstance(kept.manifest("default", "handbook", version), Manifest)


async def test_a_tenant_reaches_no_index_of_another(docs: Path, kept: Cabinet) -> None:
    version = made(kept, docs, tenant="acme").manifest.version
    library = Library(kept.folder, Hashed)
    for asked in ("", version):
        with pytest.raises(ServiceFault, match=r"There is no .*'handbook'"):
            await library.open("other", "handbook", asked)
    assert kept.indexes("other") == []
    for tenant, name in (("../acme", "handbook"), ("other", "../acme/handbook"), ("..", "x"), ("", "x")):
        with pytest.raises(Usage):
            kept.place(tenant, name)
        with pytest.raises(ServiceFault):
            await library.open(tenant, name)
    # Nor by a folder that was moved: the manifest says whose it is.
    (kept.folder / "other").mkdir()
    (kept.folder / "acme" / "handbook").rename(kept.folder / "other" / "handbook")
    with pytest.raises(ServiceFault, match="not as it was built"):
        await library.open("other", "handbook")
    library.close()


async def test_an_index_of_another_embedding_model_is_refused(docs: Path, kept: Cabinet) -> None:
    class Other(Hashed):
        model = "other@" + "1" * 64

    made(kept, docs)
    library = Library(kept.folder, Other)
    with pytest.raises(ServiceFault, match="another embedding model"):
        await library.open("default", "handbook")
    library.close()
    assert made(kept, docs, by=Other()).fresh == 4


def test_every_file_larger_than_what_is_read_is_left_out(
    docs: Path, kept: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building.file, "LARGEST", 90)
    assert [name for name, _ in made(kept, docs).left_out] == ["returns.md"]


@pytest.mark.models
def test_the_command_builds_lists_finds_and_removes(docs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "home" / "models" / "minilm"
    folder.mkdir(parents=True)
    for file in models.shelf().pull("minilm").iterdir():
        (folder / file.name).symlink_to(file)
    (docs / "broken.pdf").write_bytes(b"nonsense")
    ours = os.environ | {"VIVAVOCE_HOME": str(tmp_path / "home")}

    def told(*words: str) -> tuple[int, str, str]:
        asked = [sys.executable, "-m", "vivavoce", "index", *words]
        done = subprocess.run(asked, env=ours, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    code, out, err = told("build", "handbook", str(docs), "--json")
    built = json.loads(out)
    assert (code, built["documents"], built["embedded"]) == (0, 3, 4)
    assert "left out: broken.pdf: it is no PDF" in err
    code, out, _ = told("search", "handbook", "When can I get my money back?", "-k", "1")
    assert "Refunds take ten days." in out
    assert built["version"] in told("list")[1]
    assert told("search", "handbook", "money", "--tenant", "acme") == (
        1,
        "",
        "vivavoce: There is no index 'handbook' of 'acme' (there are: none). "
        "Build it: vivavoce index build handbook PATH\n",
    )
    assert told("remove", "handbook")[0] == 0
    assert Cabinet(tmp_path / "home" / "indexes").indexes() == []
