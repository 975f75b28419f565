"""`vivavoce serve`: everything (the lock, models, Redis, the roles, ready or not), or one role in this process."""

import argparse
import asyncio
import contextlib
import gc
import logging
import os
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import uvloop
from msgspec.structs import replace
from rich.console import Console

from moderation.names import entities
from streaming.config import FILE, Settings, load
from streaming.machine import home
from streaming.machine.catalog import ModelUnavailable
from streaming.machine.models import Shelf
from streaming.refusal import Usage, refusal_in
from streaming.service import listening, logs
from streaming.service.service import STOP_SIGNALS, Service
from streaming.service.terminal import PullView

log = logging.getLogger(__name__)


FLAGS = ("host", "port", "tls_cert", "tls_key")
"""Of the command line, which are settings of `server`."""


def run(options: argparse.Namespace) -> int:
    """Runs until it is told to stop; the exit code. Raises Refusal."""
    listening.open_doors()
    place = home.prepare()
    if options.config is not None and not options.config.is_file():
        raise Usage(f"There is no settings file {options.config}")
    flags = {key: value for key in FLAGS if (value := getattr(options, key)) is not None}
    settings = load(options.config or place / FILE, flags={"server": flags})
    if options.tls == "dev":
        settings = _develop(place, settings)
    listening.check_tls(settings.server)
    if options.role != "all":
        return _serve_role(options.role, settings)
    return _serve_all(place, settings, options.config)


def _develop(place: Path, settings: Settings) -> Settings:
    """TLS with a certificate of this machine's own, and how to have it trusted."""
    from streaming.machine.certificates import develop

    pair = develop(place, settings.server.host)
    Console(soft_wrap=True, stderr=True).print(
        f"TLS for trying: clients must trust {pair.authority}\n"
        f"  Python, curl:  export SSL_CERT_FILE={pair.authority}\n"
        f"  Node:          export NODE_EXTRA_CA_CERTS={pair.authority}\n"
        f"  browsers:      import it as an authority, for web sites (Chromium: chrome://certificate-manager)\n",
        highlight=False,
    )
    server = replace(settings.server, tls_cert=str(pair.cert), tls_key=str(pair.key))
    return replace(settings, server=server)


# ---- one role in this process ----------------------------------------------------------------------------------------


def _serve_role(role: str, settings: Settings) -> int:
    from streaming.app import run_role

    if role == "gateway":
        listening.check_keys(settings.server)
        listening.check_tokens(settings.twilio)
    url = settings.redis.url or os.environ.get("REDIS_URL", "")
    if not url:
        raise Usage("One role alone needs a Redis that the other roles use too: set REDIS_URL")
    logs.configure(role)
    try:
        # Of a message's cost at the gateway the loop is the largest part; a sixth of it is saved by this one.
        loop = uvloop.new_event_loop if role == "gateway" else None
        gc.collect()
        gc.freeze()  # what was imported stays: no later collection need walk through it
        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(_until_told(run_role(role, settings, url)))
    except Exception as wrong:  # the edge of the process: told without what it may quote
        if expected := refusal_in(wrong):
            raise expected from None
        log.error("the role failed", exc_info=wrong)
        return 1
    return 0


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    """Runs `work`; a stop signal cancels it, so that its own clean-up ends it."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    told = False

    def stop() -> None:
        nonlocal told
        if not told:  # a second signal must not cut off the clean-up that the first one began
            told = True
            task.cancel()

    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not told:
            raise


# ---- everything ------------------------------------------------------------------------------------------------------


def _serve_all(place: Path, settings: Settings, config: Path | None) -> int:
    began, console = time.monotonic(), Console(soft_wrap=True)
    where = listening.address(settings.server)
    lock = home.HomeLock(place)
    lock.acquire(where)
    try:
        listening.check_keys(settings.server)
        listening.check_tokens(settings.twilio)
        listening.check_port(settings.server)
        if settings.moderation.names:
            entities.check(settings.moderation.names_model)
        shelf = Shelf(place / "models")
        _pull(shelf, settings, console)
        return asyncio.run(Service(place, settings, config, console).run(began))
    finally:
        lock.release()


def _pull(shelf: Shelf, settings: Settings, console: Console) -> None:
    """What is missing of what is needed. Where it is, what is only useful is tried as well: once, not at each start."""
    ready = {listed.model.name for listed in shelf.listing() if listed.state == "ready"}
    names = [name for name in needed(settings) if name not in ready]
    for name in names:
        shelf.pull(name, watcher=PullView(console))
    if names and "smart-turn" not in ready:
        with contextlib.suppress(ModelUnavailable):  # a session that asks for it is told
            shelf.pull("smart-turn", watcher=PullView(console))


def needed(settings: Settings) -> list[str]:
    """The models without which the roles cannot start."""
    own = settings.llm.files()
    own += [] if settings.asr.remote.url else [settings.asr.model]
    own += [settings.asr.draft_model] if settings.asr.draft_model and not settings.asr.remote.url else []
    own += ["smart-turn"] if settings.asr.endpoint.semantic else []
    return ["silero-vad", *own]
