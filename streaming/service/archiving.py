"""`vivavoce backup|restore|rekey`: the archive in the home folder, as a file, and under a new key."""

import argparse
import asyncio
from pathlib import Path

from rich.console import Console

from streaming.archive.backup import BackupError, backup, restore
from streaming.archive.opening import keys_folder, open_archive
from streaming.archive.policy import ArchivePolicy
from streaming.archive.rekeying import rekey
from streaming.config import FILE, load
from streaming.errors import Fault
from streaming.machine import home
from streaming.machine.home import HomeLock
from streaming.refusal import Refusal

ELSEWHERE = (
    "This archive is in Postgres or S3: back these up with their own tools (pg_dump, a copy of the bucket), and "
    "the folder of tenants' keys apart from them"
)


def run(options: argparse.Namespace) -> int:
    """Do one of the three; the exit code. Raises Refusal."""
    place = home.prepare()
    policy = load(options.config or place / FILE).archive
    console = Console(soft_wrap=True, highlight=False)
    match options.command:
        case "backup":
            _backup(place, policy, options, console)
        case "restore":
            _restore(place, policy, options.file, console)
        case _:
            _rekey(place, policy, options.tenant, console)
    return 0


def _backup(place: Path, policy: ArchivePolicy, options: argparse.Namespace, console: Console) -> None:
    if policy.url or policy.blobs:
        raise BackupError(ELSEWHERE)
    keys = keys_folder(policy, place)
    amount = backup(place / "archive", keys if options.with_keys else None, options.file)
    console.print(f"{amount.sessions} sessions in {amount.files} files: {options.file}")
    if options.with_keys:
        console.print("It has the tenants' keys: whoever has this file can read everything. Keep it safe.")
    else:
        console.print(f"Nobody can read it without the tenants' keys. Keep {keys} too, in another place.")


def _restore(place: Path, policy: ArchivePolicy, file: Path, console: Console) -> None:
    if policy.url or policy.blobs:
        raise BackupError(ELSEWHERE)
    lock = HomeLock(place)
    lock.acquire("vivavoce restore")
    try:
        amount = restore(place, keys_folder(policy, place), file)
    finally:
        lock.release()
    console.print(f"{amount.sessions} sessions in {amount.files} files are back in {place / 'archive'}")


def _rekey(place: Path, policy: ArchivePolicy, tenant: str, console: Console) -> None:
    async def work() -> int:
        archive = open_archive(policy, place)
        try:
            return await rekey(archive.vault, tenant)
        finally:
            await archive.close()

    try:
        done = asyncio.run(work())
    except Fault as fault:
        raise Refusal(fault.message) from None
    console.print(
        f"{done} sessions of {tenant} have a new key; the old one is gone, and opens nothing any more"
    )
