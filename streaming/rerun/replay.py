"""`vivavoce replay SESSION`: a recorded session in the terminal, in its own time."""

import argparse
import contextlib
from collections.abc import AsyncGenerator
from typing import Any, Final

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from streaming.client.arrivals import Arrivals, Message
from streaming.client.dial import absent, address
from streaming.client.finishing import finished
from streaming.client.link import ABNORMAL, fault_of
from streaming.client.outbox import encode
from streaming.errors import Close, ServiceFault
from streaming.events import SessionStarted
from streaming.refusal import Usage
from streaming.rerun.where import where
from streaming.view import JsonView, View
from streaming.wire import messages as said
from streaming.wire.native import KEY_PREFIX, SUBPROTOCOL

LEAST, MOST = 0.5, 16.0
OPEN_S: Final = 5.0


async def replayed(url: str, key: str | None, asked: said.SessionReplay) -> AsyncGenerator[Message]:
    """The messages of a replay, as its time comes, to the end of what is kept.

    Raises:
        ServiceFault: no server there, or the connection broke (the last id says where to go on).
        ClientFault: the server refused, and says why.
    """
    seen, wrong = Arrivals(), None
    seen.last_event_id = asked.after
    names: Any = [SUBPROTOCOL] + ([KEY_PREFIX + key] if key else [])
    where = address(url)
    try:
        socket = await connect(
            where, subprotocols=names, compression=None, max_size=2**22, open_timeout=OPEN_S
        )
    except (OSError, WebSocketException, TimeoutError) as error:
        told = absent(where, error)
        raise ServiceFault("no_server", told, close=None) from None
    async with socket:
        with contextlib.suppress(ConnectionClosed):
            await socket.send(encode(asked))
            async for raw in socket:
                message = seen.decoded(str(raw))
                if message and isinstance(message.event, said.ErrorTold):
                    wrong = message.event
                elif message:
                    yield message
    code = socket.close_code or ABNORMAL
    if code != Close.NORMAL:
        told = f"the connection broke: go on with --after {seen.last_event_id}"
        raise fault_of(wrong or said.ErrorTold("lost", told), code if wrong else ABNORMAL)


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks; the exit code. Raises Refusal."""
    if not LEAST <= options.speed <= MOST:
        raise Usage(f"--speed must be {LEAST:g} to {MOST:g}, not {options.speed:g}")
    finished(_show(options))
    return 0


async def _show(options: argparse.Namespace) -> None:
    to = where(options)
    asked = said.SessionReplay(session_id=options.session, speed=options.speed, after=options.after)
    heard = replayed(to.url, to.reader_key, asked)
    async with contextlib.aclosing(heard):
        first = await anext(heard, None)
        if first is None:
            return
        # How many channels it has is told first; behind a place in the middle, they are taken to be several.
        audio = first.event.audio if isinstance(first.event, SessionStarted) else None
        channels = audio.channels if audio else 2
        with JsonView() if options.json else View(channels) as view:
            view.show(first)
            async for message in heard:
                view.show(message)
