"""All live sessions of a tenant in one answer that goes on: server-sent events. Who looked, and at what, is logged."""

import logging
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Final

import msgspec
from starlette.responses import Response

from streaming.ingress.overview import Update
from streaming.ingress.rest.answering import PRIVATE, streamed
from streaming.ingress.rest.queries import NoQuery
from streaming.ingress.rest.route import Call

log = logging.getLogger(__name__)

ALIVE: Final = b": still here\n\n"
"""Sent when nothing is new, so that either side notices when the other has gone."""


async def follow(call: Call[NoQuery, None]) -> Response:
    """An update an event, about once a second while anything changes. Raises Overloaded."""
    return await streamed(_told(call), "text/event-stream", {**PRIVATE, "x-accel-buffering": "no"})


async def _told(call: Call[NoQuery, None]) -> AsyncIterator[bytes]:
    gateway, reader = call.gateway, call.reader
    shown: set[str] = set()
    began = time.monotonic()
    last: Update | None = None
    with gateway.replayed():
        log.info("live sessions: %s of %s looks", reader.name or "somebody", reader.tenant)
        try:
            async with aclosing(gateway.overview.follow(reader.tenant)) as updates:
                async for update in updates:
                    if gateway.draining.is_set():
                        return
                    shown.update(one.session.session_id for one in update.sessions)
                    yield _frame(update, last)
                    last = update
        finally:
            seconds = time.monotonic() - began
            what = " ".join(sorted(shown)) or "none"
            log.info(
                "live sessions: %s of %s looked for %.0f s; saw %s",
                reader.name or "somebody",
                reader.tenant,
                seconds,
                what,
            )


def _frame(update: Update, last: Update | None) -> bytes:
    if last and not update.sessions and not update.gone and update.trouble == last.trouble:
        return ALIVE
    return b"data: " + msgspec.json.encode(update) + b"\n\n"
