"""One role of the service in this process: what it is made of, and how it is started and stopped.

Here, and only here, the spine meets the models: each role's package is imported by the role that runs it.
"""

import asyncio
import contextlib
import functools
import logging
import os
import secrets
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import uvicorn
from starlette.applications import Starlette

from streaming import clock, roster
from streaming.archive.opening import open_archive
from streaming.archive.ports import Archive
from streaming.archive.retiring import retire_daily
from streaming.bus import Bus, BusDenied, BusDown
from streaming.calls import answering
from streaming.capacity import crowded
from streaming.config import Settings
from streaming.erasing import erase_live
from streaming.ingress.audience import Watching
from streaming.ingress.door import ServerPolicy
from streaming.ingress.gateway import Gateway
from streaming.ingress.http import application, background
from streaming.ingress.intake import Intake
from streaming.ingress.websocket import Protocol
from streaming.leases import LeasePolicy, Leases
from streaming.machine import home, models
from streaming.machine.catalog import ModelMissing
from streaming.recording.abandoned import abandoned
from streaming.recording.recorder import Recorder
from streaming.refusal import Refusal
from streaming.roster import Pulse
from streaming.session import SessionPolicy
from streaming.working import Asked, Candid, Measured, Worker

if TYPE_CHECKING:
    from llm.desk import Library

log = logging.getLogger(__name__)

DRAIN_S: Final = 2.0
"""How long a gateway that is told to stop waits for its sockets to be closed."""


async def run_role(role: str, settings: Settings, redis_url: str, serving: Worker | None = None) -> None:
    """Run `role` until it is cancelled, which is what a stop signal does. `serving`: a worker in place of its own."""
    bus = Bus(redis_url, settings.redis)
    try:
        await _see(bus, settings)
        if role == "gateway":
            await _gateway(bus, settings)
        elif role == "recorder":
            await _record(bus, settings)
        else:
            await _work(bus, role, serving or worker(role, settings), settings.lease)
    finally:
        await bus.close()


async def _see(bus: Bus, settings: Settings) -> None:
    """A Redis that refuses us is a matter for people; one that is away is waited for."""
    try:
        if told := await bus.check(settings.redis.durability):
            log.warning("%s", told)
    except BusDenied as denied:
        raise Refusal(denied.message) from None
    except BusDown as down:
        log.warning("%s", down.message)


def worker(role: str, settings: Settings) -> Worker:
    """The worker of a role, with its models' files. Raises Refusal when one is missing or corrupt."""
    match role:
        case "asr":
            from asr.worker import Recogniser

            policy, vad, turn = settings.asr, models.path("silero-vad"), _turn(settings)
            if policy.remote.url:
                return Recogniser(policy, None, "", vad=vad, turn=turn)
            model, digest = models.path(policy.model), models.digest(policy.model)
            return Recogniser(policy, model, digest, vad=vad, turn=turn)
        case "responder":
            from llm.flavours.opening import Weights
            from llm.worker import Responder

            names = settings.llm.files()
            weights = {name: Weights(models.path(name), models.digest(name)) for name in names}
            return Responder(settings.llm, weights=weights, library=_library(settings))
        case "moderator":
            from moderation.model.opening import namer, opened
            from moderation.worker import Moderator

            policy = settings.moderation
            found = (models.path("minilm"), models.digest("minilm")) if policy.heads else None
            return Moderator(policy, opened(found, policy.guard), namer(policy))
        case _:
            raise ValueError(role)


def _library(settings: Settings) -> "Library | None":
    """The indexes of this home or in a Redis, where any is answered from."""
    if not settings.llm.indexed:
        return None
    from llm.retrieval.embedding import MiniLm
    from llm.retrieval.lending import SharedLibrary
    from llm.retrieval.local import Library

    models.path("minilm")  # missing: say so now
    if settings.llm.index_redis:
        return SharedLibrary(settings.llm.index_redis, MiniLm)
    return Library(home.locate() / "indexes", MiniLm)


async def _record(bus: Bus, settings: Settings) -> None:
    """The recorder, and beside it the archive's daily work."""
    archive = _archive(bus, settings)
    async with asyncio.TaskGroup() as tasks:
        gone = functools.partial(abandoned, bus)
        daily = retire_daily(archive, settings.archive, clock.now_ms, gone)
        beside = tasks.create_task(daily, name="retention")
        await _work(bus, "recorder", Recorder(lambda: archive, settings.recorder), settings.lease)
        beside.cancel()


def _archive(bus: Bus, settings: Settings) -> Archive:
    return open_archive(settings.archive, home.locate(), functools.partial(erase_live, bus))


def _turn(settings: Settings) -> Path | None:
    """The model that judges the ends of turns, if it is there. Raises ModelMissing where all sessions want it."""
    try:
        return models.path("smart-turn")
    except ModelMissing:
        if settings.asr.endpoint.semantic:
            raise
        return None


async def _work(bus: Bus, role: str, worker: Worker, policy: LeasePolicy) -> None:
    serves = await worker.start()
    leases = Leases(bus, role, f"{role}-{os.getpid()}-{secrets.token_hex(3)}", policy)
    try:
        async with asyncio.TaskGroup() as tasks:
            told = Pulse(lambda: leases.held)
            if isinstance(worker, Measured):
                told = told._replace(load=worker.load)
            if isinstance(worker, Candid):
                told = told._replace(trouble=worker.trouble)

            def busy() -> bool:
                load = told.load()
                return load is not None and crowded(load)

            tasks.create_task(roster.announce(bus, role, serves, told), name="roster")
            if isinstance(worker, Asked):
                tasks.create_task(answering(bus, role, worker.answer), name="calls")
            tasks.create_task(leases.run(lambda lease: worker.serve(lease, bus), busy), name="leases")
    finally:
        await asyncio.shield(worker.stop())


class _Server(uvicorn.Server):
    """Signals are the supervisor's matter, not uvicorn's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


async def _gateway(bus: Bus, settings: Settings) -> None:
    archive = _archive(bus, settings)
    gateway = Gateway(
        *(bus, Intake(bus), Watching(bus), settings.server, settings.session),
        archive=archive,
        api=settings.api,
        twilio=settings.twilio,
        webrtc=settings.webrtc,
        audiohook=settings.audiohook,
        blocked_from=lambda tenant, category: settings.moderation.levels(tenant).of(category).block,
    )
    try:
        await _beside(gateway, settings)
    finally:
        await archive.close()


async def _beside(gateway: Gateway, settings: Settings) -> None:
    async with asyncio.TaskGroup() as tasks:
        beside = [tasks.create_task(work, name=name) for name, work in background(gateway).items()]
        await _serve(gateway, settings)
        for task in beside:
            task.cancel()


def configured(
    application: Starlette, policy: ServerPolicy, frame_bytes: int = SessionPolicy().frame_bytes
) -> uvicorn.Config:
    """How uvicorn speaks HTTP and WebSockets for us. `frame_bytes`: the largest message that is taken."""
    return uvicorn.Config(
        application,
        host=policy.host,
        port=policy.port,
        ws=Protocol,
        ws_per_message_deflate=False,
        ws_max_size=2 * frame_bytes,  # so that our own words come first
        ws_ping_interval=None,  # an idle timer of ours finds the silent peer
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=3,
        ssl_certfile=policy.tls_cert or None,
        ssl_keyfile=policy.tls_key or None,
    )


async def _serve(gateway: Gateway, settings: Settings) -> None:
    """The HTTP port, until cancelled: then nobody new comes in, and clients are told to resume elsewhere (1012)."""
    server = _Server(configured(application(gateway), settings.server, settings.session.frame_bytes))
    serving = asyncio.ensure_future(server.serve())
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        gateway.draining.set()
        for listening in getattr(server, "servers", []):
            listening.close()  # the port is free for whoever takes our place
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                while gateway.sessions:  # noqa: ASYNC110 - each ends by itself
                    await asyncio.sleep(0.02)
        server.should_exit = True
        await serving
        raise
