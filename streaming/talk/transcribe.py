"""`vivavoce transcribe`: files, the microphone, or a pipe; to the terminal, or into files."""

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from streaming.client.client import Client
from streaming.client.finishing import finished
from streaming.events import AudioFormat
from streaming.refusal import Refusal, Usage
from streaming.soundfile import SoundFile
from streaming.talk.reach import Shows, client, listened, played, shown, view
from streaming.talk.written import KINDS, Written

LIVE = ("mic", "-")


class Job(NamedTuple):
    """A source, what is to be made of it ("": what a person reads as it comes), and where that goes (None: here)."""

    source: str
    kind: str = ""
    out: Path | None = None


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks; the exit code: 1 when one of several files failed. Raises Refusal."""
    work = jobs(options)
    if len(work) == 1:
        finished(_done(options, work[0]))
        return 0
    console, failed = Console(stderr=True, highlight=False, soft_wrap=True), 0
    for job in work:
        if job.out is None:
            sys.stdout.write(f"== {job.source} ==\n")
            sys.stdout.flush()
        try:
            finished(_done(options, job))
        except Refusal as why:
            failed += 1
            told = str(why) if job.source in str(why) else f"{job.source}: {why}"
            console.print(f"vivavoce: {told}", markup=False)
    if failed:
        console.print(f"vivavoce: {failed} of {len(work)} files were not written down", markup=False)
    return 1 if failed else 0


def jobs(options: argparse.Namespace) -> list[Job]:
    """What is asked for. Raises Usage when it cannot be meant."""
    sources: Sequence[str] = options.source
    kind = next((one for one in KINDS if getattr(options, one)), "")
    out: Path | None = options.out
    if len(sources) > 1 and (odd := [one for one in sources if one in LIVE]):
        raise Usage(f"{odd[0]!r} is heard alone: name it without other sources")
    if out is None:
        if len(sources) > 1 and kind:
            raise Usage(f"Several files make several {kind} files: say into which folder (-o FOLDER)")
        return [Job(one, kind) for one in sources]
    if len(sources) == 1 and not out.is_dir():
        suffix = out.suffix.lower().removeprefix(".")
        return [Job(sources[0], kind or (suffix if suffix in KINDS else "txt"), out)]
    if out.exists() and not out.is_dir():
        raise Usage(f"{out} is a file: several transcripts need a folder")
    kind = kind or "txt"
    stems = Counter(Path(one).stem for one in sources)
    names = [Path(one).stem if stems[Path(one).stem] == 1 else Path(one).name for one in sources]
    if double := [name for name, count in Counter(names).items() if count > 1]:
        raise Usage(f"Two files are called {double[0]}: their transcripts would be one")
    return [Job(one, kind, out / f"{name}.{kind}") for one, name in zip(sources, names, strict=True)]


async def _done(options: argparse.Namespace, job: Job) -> None:
    """Raises Refusal, Fault."""
    if job.kind == "json" and job.out is None:
        job = job._replace(kind="")  # a line for each event as it comes
    if job.source == "mic":
        await _heard(options, job, AudioFormat())
        return
    with SoundFile(job.source, split=options.split) as sound:
        await _heard(options, job, sound.format, sound)


async def _heard(
    options: argparse.Namespace, job: Job, format: AudioFormat, sound: SoundFile | None = None
) -> None:
    written = Written(job.kind, format.channels) if job.kind else None
    seen: Shows = written or view(options, format.channels)
    async with client(options, "transcribe", format) as talk, asyncio.TaskGroup() as tasks:
        tasks.create_task(shown(talk, seen))
        if sound is None:
            await listened(talk)
        else:
            await _sent(talk, sound, job, realtime=options.realtime)
        talk.end()
    if written:
        _write(written, job)


async def _sent(talk: Client, sound: SoundFile, job: Job, *, realtime: bool) -> None:
    """How far it is stands on a terminal's error output, where nothing else is to be seen."""
    console = Console(stderr=True)
    with Status(escape(f"{job.source} …"), console=console) as status:
        if not (job.kind and console.is_terminal):
            status.stop()
        whole = f" of {sound.seconds:.0f}" if sound.seconds else ""
        async for seconds in played(talk, sound, realtime=realtime):
            status.update(escape(f"{job.source}: {seconds:.0f}{whole} s"))


def _write(written: Written, job: Job) -> None:
    """Raises Refusal: it cannot be written, or is not all that was sent."""
    text = written.text()
    if job.out is None:
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        try:
            job.out.parent.mkdir(parents=True, exist_ok=True)
            job.out.write_text(text, "utf-8")
        except OSError as wrong:
            raise Refusal(f"{job.out} cannot be written: {wrong.strerror}") from None
    if written.broken:
        raise Refusal(f"{job.source}: {written.broken}: what was heard until then was kept")
