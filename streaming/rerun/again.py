"""`vivavoce replay SESSION --again`: the recorded sound through today's recogniser and moderator, and what has changed.

It goes through the running service as any client's sound does: as fast as the recogniser gets on, behind whoever
speaks. `--model` starts a service of its own with that model, in a home that is thrown away after; nothing of it is
kept but the comparison. Replies are not made again, and hot words and prompt of the session are not known any more.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator

import msgspec
from rich.console import Console

from streaming.archive.kept import Kept
from streaming.client.arrivals import Message
from streaming.client.client import Client
from streaming.client.finishing import finished
from streaming.errors import Overloaded
from streaming.events import AudioFormat, SessionEnded
from streaming.refusal import Refusal, Usage
from streaming.rerun.comparing import Difference, Latency, difference
from streaming.rerun.shelf import FRAME_S, Shelf
from streaming.rerun.where import Where, where
from streaming.wire.messages import SessionStart


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks; the exit code. Raises Refusal."""
    if options.record and options.model:
        raise Usage("--record keeps the new session in this server's archive; the one of --model has none")
    to = where(options)
    shelf = Shelf(to.url, to.reader_key)
    session, old = shelf.session(options.session), shelf.log(options.session)
    if not session.channels:
        raise Refusal(f"{options.session} has no sound: it was typed")
    new = _elsewhere(options, shelf, session) if options.model else _here(options, shelf, session, to)
    found = difference(old, new, paced=options.realtime)
    if options.json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    else:
        show(found, Console(highlight=False, soft_wrap=True))
    return 0


def _elsewhere(options: argparse.Namespace, shelf: Shelf, session: Kept) -> list[Message]:
    from streaming.bench.serving import serving

    with serving(options.model) as own:
        return _here(options, shelf, session, Where(own.url, None, None))


def _here(options: argparse.Namespace, shelf: Shelf, session: Kept, to: Where) -> list[Message]:
    return finished(_heard(options, shelf, session, to))


async def _heard(options: argparse.Namespace, shelf: Shelf, session: Kept, to: Where) -> list[Message]:
    """The log of the sound, run again."""
    one = session.languages[0] if len(session.languages) == 1 else None
    start = SessionStart(
        mode="transcribe",
        audio=AudioFormat(channels=session.channels),
        language=options.language or one,
        record=options.record,
        origin="again",
        parent=session.session_id,
        metadata=dict(session.metadata),
    )
    while True:
        try:
            return await _sent(Client(to.url, start=start, key=to.key), options, shelf)
        except Overloaded as full:  # at the door: nothing was sent
            await asyncio.sleep(full.retry_after or 1.0)


async def _sent(client: Client, options: argparse.Namespace, shelf: Shelf) -> list[Message]:
    async with client, asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(_read(client))
        began, count = asyncio.get_running_loop().time(), 0
        async for frame in _frames(shelf, options.session):
            await client.send(frame)
            count += 1
            if options.realtime:
                await asyncio.sleep(began + count * FRAME_S - asyncio.get_running_loop().time())
        client.end()
    return reading.result()


async def _frames(shelf: Shelf, session_id: str) -> AsyncIterator[bytes]:
    frames = shelf.sound(session_id)
    while frame := await asyncio.to_thread(next, frames, b""):
        yield frame


async def _read(client: Client) -> list[Message]:
    log = [message async for message in client if message.id]
    last = log[-1].event if log else None
    if not isinstance(last, SessionEnded) or last.reason != "client":
        raise Refusal(f"session {client.session_id} did not come to its end")
    return log


def show(found: Difference, out: Console) -> None:
    """The comparison, for people."""
    out.print(f"{found.session} ({', '.join(found.old_made_by)}), again as {found.again}", markup=False)
    out.print(f"  by {', '.join(found.new_made_by)}", markup=False)
    for change in found.changes:
        at = f"{change.at_ms // 60_000}:{change.at_ms // 1000 % 60:02}"
        out.print(f"  {at} [{change.channel}]  - {change.old or '(nothing)'}", style="red", markup=False)
        out.print(f"  {' ' * len(at)}      + {change.new or '(nothing)'}", style="green", markup=False)
    out.print(f"words: {found.words}, changed: {found.edits} ({found.wer:g} % of the old ones)")
    out.print(f"first seen, s:  {_told(found.old_latency.first)} -> {_told(found.new_latency.first)}")
    out.print(f"final, s:       {_told(found.old_latency.commit)} -> {_told(found.new_latency.commit)}")
    if Latency(None, None) in (found.old_latency, found.new_latency):
        out.print(
            "  (-: its sound came faster than it is spoken; --realtime tells the new ones)", style="dim"
        )
    for name, (old, new) in found.verdicts.items():
        out.print(f"moderation, {name}: {old} -> {new}", markup=False)


def _told(latency: tuple[float, float] | None) -> str:
    return "-" if latency is None else f"p50 {latency[0]:.2f} p95 {latency[1]:.2f}"
