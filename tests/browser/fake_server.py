"""A server of the native protocol for the page's tests: it does what a test tells it, and fails when it is told to.

It says what the real one says (`streaming.wire`, `streaming.events`), keeps sound by its place, and sends an event that
was seen already after each resume: the page must not show it twice.
"""

import asyncio
import contextlib
import json
import mimetypes
import threading
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from streaming import events as ev
from streaming.errors import Close
from streaming.wire import messages as said
from streaming.wire import native as wire

PAGE = Path(__file__).parents[2] / "web" / "dist"
LIMITS = ev.Limits(20.0, 262_144, 60.0, 600.0)
SERVED = [
    ev.Served("asr", "fake-ear", "ab" * 32, "fake-ear@" + "ab" * 8),
    ev.Served("responder", "fake-mouth", "cd" * 32, "fake-mouth@" + "cd" * 8),
]
MADE_BY = "fake@0000000000000000"
TIME = "2026-01-01T00:00:00.000Z"


class FakeSession:
    """A session's log, the sound that is safe, and whoever is connected."""

    def __init__(self, number: int, start: said.SessionStart) -> None:
        self.id = f"session-{number}"
        self.start = start
        self.log: list[tuple[str, bytes]] = []
        self.refs: set[str] = set()
        self.notes: list[said.ClientMessage] = []
        self.sound = bytearray()
        self.skipped = 0
        self.socket: ServerConnection | None = None
        self.viewers: list[ServerConnection] = []
        self.resumes = 0

    @property
    def have(self) -> int:
        return len(self.sound) // 2 + self.skipped


class FakeServer:
    """Runs in a thread of its own. `url`: the page. Use from one test thread."""

    def __init__(self) -> None:
        self.sessions: list[FakeSession] = []
        self.overloaded = False
        self.refusing = False
        self.acking = True
        self.key = ""
        self.paths: list[str] = []
        self.answer: Callable[[FakeServer, FakeSession, str], Coroutine[Any, Any, None]] | None = None
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._ids = 0
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._thread.start()
        assert self._ready.wait(5)

    def close(self) -> None:
        assert self._stop
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._loop.close()

    @property
    def session(self) -> FakeSession:
        """The newest session."""
        return self.sessions[-1]

    def emit(self, *happened: ev.Event) -> None:
        """Append to the newest session's log; whoever is connected sees it."""
        self._call(self.append(self.session, *happened))

    def cut(self, *, lose: int = 0) -> None:
        """Break the connection without a word; the last `lose` samples that came had not become safe."""

        async def cutting() -> None:
            session = self.session
            if lose:
                del session.sound[-2 * lose :]
            for socket in [session.socket, *session.viewers]:
                if socket:
                    socket.transport.abort()
            session.viewers.clear()

        self._call(cutting())

    def _call(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(5)

    # ---- in the loop -------------------------------------------------------------------------------------------------

    async def append(self, session: FakeSession, *happened: ev.Event) -> None:
        for event in happened:
            self._ids += 1
            session.log.append((f"{1_700_000_000_000 + self._ids}-0", msgspec.json.encode(event)))
            for socket in [session.socket, *session.viewers]:
                if socket:
                    with contextlib.suppress(ConnectionClosed):  # it was cut, and comes back
                        await socket.send(wire.joined(*session.log[-1]))

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        async with serve(
            self._connected,
            "127.0.0.1",
            0,
            process_request=self._page,
            select_subprotocol=lambda _, offered: next(
                (one for one in offered if one == wire.SUBPROTOCOL), None
            ),
            compression=None,
        ) as server:
            self.url = f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/"
            self._ready.set()
            await self._stop.wait()

    def _page(self, connection: ServerConnection, request: Request) -> Response | None:
        self.paths.append(request.path)
        path = request.path.partition("?")[0]
        if path == "/v1/stream":
            if self.refusing:
                connection.transport.abort()
            return None
        file = PAGE / (path.strip("/") or "index.html")
        if not file.is_file():
            return connection.respond(HTTPStatus.NOT_FOUND, "not here\n")
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        body = file.read_bytes()
        headers = Headers({"Content-Type": kind, "Content-Length": str(len(body))})
        return Response(200, "OK", headers, body)

    async def _connected(self, socket: ServerConnection) -> None:
        offered = socket.request.headers.get("Sec-WebSocket-Protocol", "") if socket.request else ""
        try:
            first = wire.decode(str(await socket.recv()))
            if self.key and f"{wire.KEY_PREFIX}{self.key}" not in offered:
                return await self._refuse(socket, "unauthorized", "a key is needed", Close.POLICY)
            if self.overloaded:
                return await self._refuse(
                    socket, "overloaded", "all places are taken", Close.OVERLOAD, retry_after=1
                )
            if isinstance(first, said.SessionWatch):
                await self._watched(socket, first)
                return None
            session = await self._open(socket, first)
            async for frame in socket:
                await self._heard(session, frame)
        except ConnectionClosed:
            pass

    async def _refuse(
        self, socket: ServerConnection, code: str, message: str, close: int, **more: Any
    ) -> None:
        await socket.send(wire.encode(said.ErrorTold(code, message, fatal=True, **more)))
        await socket.close(close)

    async def _open(self, socket: ServerConnection, first: said.ClientMessage) -> FakeSession:
        if isinstance(first, said.SessionStart):
            session = FakeSession(len(self.sessions) + 1, first)
            self.sessions.append(session)
            assert first.mode != "assist"
            await self.append(
                session, ev.SessionStarted(session.id, first.mode, SERVED, LIMITS, TIME, first.audio)
            )
            session.socket = socket
            await socket.send(wire.joined(*session.log[0], [("resume_token", "r"), ("watch_token", "w")]))
            return session
        assert isinstance(first, said.SessionResume)
        session = next(one for one in self.sessions if one.id == first.session_id)
        session.resumes += 1
        await socket.send(wire.encode(said.SessionResumed(session.id, session.have, LIMITS)))
        seen = [entry for entry in session.log if entry[0] <= first.last_event_id]
        for entry in [*seen[-1:], *session.log[len(seen) :]]:
            await socket.send(wire.joined(*entry))
        session.socket = socket
        return session

    async def _watched(self, socket: ServerConnection, first: said.SessionWatch) -> None:
        session = next(one for one in self.sessions if one.id == first.session_id)
        if first.token != "w" and not self.key:
            await self._refuse(socket, "unknown_session", "it is not for you", Close.POLICY)
            return
        await socket.send(wire.encode(said.SessionWatching(session.id)))
        for entry in [entry for entry in session.log if entry[0] >= first.after]:
            await socket.send(wire.joined(*entry))
        session.viewers.append(socket)
        async for frame in socket:
            raise AssertionError(f"a viewer said {frame!r}")

    async def _heard(self, session: FakeSession, frame: str | bytes) -> None:
        if isinstance(frame, bytes):
            session.sound += frame
        else:
            message = wire.decode(frame)
            await self._noted(session, message)
        if self.acking and session.socket:
            await session.socket.send(json.dumps({"type": "audio.ack", "samples": session.have}))

    async def _noted(self, session: FakeSession, message: said.ClientMessage) -> None:
        if isinstance(message, said.AudioSkip):
            session.skipped += message.samples
            return
        if message.ref in session.refs:
            return
        session.refs.add(message.ref or "")
        session.notes.append(message)
        if isinstance(message, said.Text) and self.answer:
            await self.answer(self, session, message.text)
        if isinstance(message, said.SessionEnd):
            await self.append(session, ev.SessionEnded("client", [], TIME))
            assert session.socket
            await session.socket.close(1000)
