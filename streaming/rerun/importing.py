"""`vivavoce sessions import FILE|DIR`: recordings made elsewhere become recorded sessions, the way that speech goes.

They are sent as fast as the recogniser gets on, some at a time. A file is known by the hash of its content: what is in
the archive already is left out. One that fails is named, and the others go on.
"""

import argparse
import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

from streaming.archive.kept import Kept
from streaming.client.client import Client
from streaming.errors import Fault, Overloaded, first_of
from streaming.events import SessionEnded
from streaming.refusal import Refusal, Usage
from streaming.rerun.outcomes import Outcome, View
from streaming.rerun.shelf import Shelf
from streaming.rerun.where import Where, where
from streaming.soundfile import SoundError, SoundFile
from streaming.wire.messages import SessionStart

KEPT_S: Final = 10.0
LOOK_S: Final = 0.25
SOUNDS: Final = frozenset(
    {".aac", ".aif", ".aiff", ".amr", ".au", ".caf", ".flac", ".m4a", ".mka", ".mkv", ".mov", ".mp3", ".mp4"}
    | {".oga", ".ogg", ".opus", ".wav", ".webm", ".wma"}
)
"""What is taken for a recording in a folder; a file that is named is tried whatever it is called."""


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks; the exit code: 1 when a file failed. Raises Refusal."""
    if options.jobs < 1:
        raise Usage(f"--jobs must be 1 or more, not {options.jobs}")
    files, given = list(found(options.sources)), metadata(options.metadata)
    if not files:
        raise Refusal(f"There is no sound file in {' '.join(map(str, options.sources))}")
    view = View(json=options.json)
    with view:
        outcomes = asyncio.run(_all(options, files, given, view))
    view.sum(outcomes)
    return 1 if any(one.failed for one in outcomes) else 0


def found(sources: list[Path]) -> Iterator[Path]:
    """The files that are meant, each once, folders searched to their depth. Raises Refusal for what is not there."""
    seen: set[Path] = set()
    for source in sources:
        if not source.exists():
            raise Refusal(f"There is no file or folder {source}")
        inside = sorted(source.rglob("*")) if source.is_dir() else [source]
        for path in inside:
            wanted = path.is_file() and (path is source or path.suffix.lower() in SOUNDS)
            if wanted and path.resolve() not in seen:
                seen.add(path.resolve())
                yield path


def metadata(pairs: list[str]) -> dict[str, str]:
    """What `--metadata k=v` says. Raises Usage."""
    out: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise Usage(f"--metadata {pair}: give it as name=value")
        out[name] = value
    return out


async def _all(
    options: argparse.Namespace, files: list[Path], given: dict[str, str], view: View
) -> list[Outcome]:
    """Every file, `--jobs` at a time."""
    waiting, outcomes = iter(files), list[Outcome]()
    importer = Importer(options, given, where(options), view)

    async def work() -> None:
        for file in waiting:
            outcome = await importer.bring(file)
            outcomes.append(outcome)
            view.told(outcome)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(min(options.jobs, len(files))):
            tasks.create_task(work())
    await importer.kept()
    return outcomes


class Importer:
    """Brings files in, one call each; several at once."""

    def __init__(self, options: argparse.Namespace, given: dict[str, str], to: Where, view: View) -> None:
        self._options = options
        self._given = given
        self._to = to
        self._view = view
        self._shelf = Shelf(to.url, to.reader_key)
        self._under_way: dict[str, asyncio.Lock] = {}
        self._brought: dict[str, Outcome] = {}  # the recorder may still be keeping these

    async def bring(self, file: Path) -> Outcome:
        """One file; whatever is wrong with it is in the outcome."""
        try:
            digest = await asyncio.to_thread(_hash, file)
            async with self._under_way.setdefault(digest, asyncio.Lock()):
                if (done := self._brought.get(digest)) and not self._options.anyway:
                    return Outcome(str(file), done.session, done.seconds, known=True)
                outcome = await self._once(file, digest)
                if not outcome.failed:
                    self._brought[digest] = outcome
                return outcome
        except (Fault, Refusal, OSError, ExceptionGroup) as error:
            match first_of(error):
                case Fault(message=told):
                    return Outcome(str(file), failed=told)
                case Refusal() | OSError() as wrong:
                    return Outcome(str(file), failed=str(wrong))
                case _:
                    raise

    async def _once(self, file: Path, digest: str) -> Outcome:
        with SoundFile(str(file), split=self._options.split) as sound:
            before = [] if self._options.anyway else await self._known(digest)
            for kept in before:
                if whole(kept, sound.seconds):
                    return Outcome(str(file), kept.session_id, kept.duration_ms / 1000, known=True)
            while True:
                try:
                    return await self._send(file, sound, digest)
                except Overloaded as full:  # at the door: nothing of it was sent
                    await asyncio.sleep(full.retry_after or 1.0)

    async def kept(self) -> None:
        """Wait until the recorder has what was brought, so that another import right after this one knows it; not for
        long: it may be away, and then has it later."""
        with contextlib.suppress(TimeoutError, Refusal):
            async with asyncio.timeout(KEPT_S):
                for digest, outcome in self._brought.items():
                    while not await self._whole(digest, outcome.session):  # noqa: ASYNC110 - another process keeps it
                        await asyncio.sleep(LOOK_S)

    async def _whole(self, digest: str, session_id: str) -> bool:
        found = {kept.session_id: kept.state for kept in await self._known(digest)}
        return found.get(session_id, "open") != "open"

    async def _known(self, digest: str) -> list[Kept]:
        return await asyncio.to_thread(self._shelf.with_metadata, "sha256", digest)

    async def _send(self, file: Path, sound: SoundFile, digest: str) -> Outcome:
        start = SessionStart(
            mode="transcribe",
            audio=sound.format,
            language=self._options.language,
            record=True,
            origin="import",
            metadata={**self._given, "file": file.name, "sha256": digest},
        )
        client = Client(self._to.url, start=start, key=self._to.key)
        async with client, asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(_read(client))
            seconds, broken = 0.0, ""
            with self._view.bar(file.name, sound.seconds) as bar:
                try:
                    async for frame in _frames(sound):
                        await client.send(frame)
                        seconds += len(frame) / 2 / sound.format.channels / sound.format.sample_rate
                        bar.moved(seconds)
                except SoundError as error:  # what came before it is kept, and ends as it should
                    broken = str(error)
                client.end()
                await reading
        if broken:
            told = f"{broken} (the {seconds:.0f} s before are session {client.session_id})"
            return Outcome(str(file), failed=told)
        return Outcome(str(file), client.session_id, round(seconds, 2))


def whole(kept: Kept, seconds: float | None) -> bool:
    """Whether a session has all of a file that takes so many seconds, and not only what came before it failed."""
    return seconds is None or kept.duration_ms / 1000 >= seconds * 0.98 - 1


def _hash(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


async def _frames(sound: SoundFile) -> AsyncIterator[bytes]:
    frames = sound.frames()
    while frame := await asyncio.to_thread(next, frames, b""):
        yield frame


async def _read(client: Client) -> None:
    """To the session's end. Raises Fault when it was lost."""
    async for message in client:
        if isinstance(message.event, SessionEnded) and message.event.reason != "client":
            raise Refusal(f"the session ended: {message.event.reason}")
