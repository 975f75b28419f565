"""The wheel: it installs one name, and works beside PyPI's `llm`, whose name our folder has too."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment that has the wheel, its light dependencies and PyPI's `llm`."""
    place = tmp_path_factory.mktemp("beside")
    venv.create(place, with_pip=True)
    python = place / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--quiet", "--disable-pip-version-check"]
    # `llm` goes second: an overlap would overwrite our files.
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    subprocess.run([*pip, "--no-deps", "llm"], check=True, capture_output=True)
    return python


def said(python: Path, *arguments: str) -> str:
    # In an empty folder and isolated, so that the checkout cannot be what is imported.
    command = [str(python), "-I", *arguments]
    done = subprocess.run(command, cwd=python.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_has_one_top_level_name_and_the_data_that_the_code_reads(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"vivavoce"}
    expected = {
        "vivavoce/streaming/machine/catalog.toml",
        "vivavoce/streaming/scripts/commit.lua",
        "vivavoce/__main__.py",
        "vivavoce/streaming/demo/call.flac",
        "vivavoce/streaming/demo/LICENCE.md",
        "vivavoce/streaming/demo/documents/conferences.md",
    }
    assert expected - set(names) == set()
    assert not (ROOT / "web/dist/index.html").exists() or "vivavoce/web/dist/index.html" in names
    assert len(names) == len(set(names))


def test_no_import_in_the_wheel_reaches_for_a_name_that_is_not_ours(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            lines = archive.read(name).decode().splitlines() if name.endswith(".py") else []
            for line in lines:
                words = line.split()
                if words[:1] in (["from"], ["import"]) and len(words) > 1:
                    assert words[1].split(".")[0] not in ("streaming", "asr", "llm", "moderation"), (
                        f"{name}: {line}"
                    )


@pytest.mark.slow
def test_the_wheel_works_beside_the_package_called_llm(python: Path) -> None:
    script = python.parent / "vivavoce"
    assert (
        "transcribe" in subprocess.run([script, "--help"], capture_output=True, text=True, check=True).stdout
    )
    assert "transcribe" in said(python, "-m", "vivavoce", "--help")
    assert (
        said(python, "-c", "import vivavoce; print(vivavoce.Client.__module__)")
        == "vivavoce.streaming.client.client\n"
    )
    where = "import importlib.util as u; print(u.find_spec('llm').origin)"
    assert "site-packages/llm/__init__.py" in said(python, "-c", where)
    kept = (
        "import importlib.metadata as m; "
        "print([f for d in ('llm', 'vivavoce') for f in m.files(d) if not f.locate().exists()])"
    )
    assert said(python, "-c", kept) == "[]\n"


@pytest.mark.slow
def test_the_light_install_says_how_to_get_what_it_lacks(python: Path, tmp_path: Path) -> None:
    command = [str(python), "-I", "-m", "vivavoce", "serve"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={"VIVAVOCE_HOME": str(tmp_path)},
        cwd=tmp_path,
    )
    assert (done.returncode, "pip install 'vivavoce[server]'" in done.stderr) == (1, True), done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", ["watch", "demo", "chat", "replay x", "sessions list", "review list"])
def test_the_wheels_commands_find_their_own_parts(python: Path, command: str) -> None:
    asked = [str(python), "-I", "-m", "vivavoce", *command.split(), "--url", "http://127.0.0.1:9"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, cwd=python.parent)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert "127.0.0.1:9" in done.stderr
