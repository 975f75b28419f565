"""A small OpenAI-compatible transcription server: a real Whisper behind it, and the faults that a test tells it."""

import contextlib
import email.parser
import email.policy
import io
import json
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, NamedTuple

from faster_whisper import WhisperModel

from streaming.machine import models

KEY = "open-sesame"
Times = Literal["words", "nested", "segments", "none"]


class Asked(NamedTuple):
    """A request: its headers, its fields (a list each) and the sound file."""

    headers: dict[str, str]
    fields: dict[str, list[str]]
    sound: bytes
    path: str


class Told(NamedTuple):
    """An answer."""

    status: int
    body: Any
    headers: dict[str, str] = {}


Reply = Callable[[Asked], Told]


@cache
def whisper() -> WhisperModel:
    """The smallest model, loaded once."""
    return WhisperModel(str(models.path("tiny.en")), device="cpu", compute_type="int8", cpu_threads=1)


def transcribe(asked: Asked, times: Times = "words") -> Told:
    """As a real server answers that tells times of `times`: words beside or inside the segments, or only less."""
    segments, info = whisper().transcribe(
        io.BytesIO(asked.sound), beam_size=1, language="en", word_timestamps=times in ("words", "nested")
    )
    found = list(segments)
    body: dict[str, Any] = {"text": "".join(segment.text for segment in found).strip()}
    if times == "none":
        return Told(200, body)
    body |= {"task": "transcribe", "language": "english", "duration": info.duration, "segments": []}
    for segment in found:
        body["segments"].append({"start": segment.start, "end": segment.end, "text": segment.text})
        said = [
            {"word": word.word.strip(" .,?!"), "start": word.start, "end": word.end}
            for word in segment.words or []
        ]
        if times == "words":
            body["words"] = [*body.get("words", []), *said]
        elif times == "nested":
            body["segments"][-1]["words"] = said
    return Told(200, body)


class TranscriptionServer:
    """Answers by `reply`; `asked` are the requests so far. Its own key is KEY."""

    def __init__(self, port: int = 0) -> None:
        self.asked: list[Asked] = []
        self.reply: Reply = transcribe
        self._http = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self.port: int = self._http.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def _handler(server: TranscriptionServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            asked = _read(dict(self.headers), body)._replace(path=self.path)
            server.asked.append(asked)
            told = server.reply(asked)
            if self.path not in ("/v1/audio/transcriptions", "/v1/audio/translations"):
                told = Told(404, {"error": {"message": f"no such place: {self.path}"}})
            whole = told.body if isinstance(told.body, bytes) else json.dumps(told.body).encode()
            self.send_response(told.status)
            for name, value in {"content-length": str(len(whole)), **told.headers}.items():
                self.send_header(name, value)
            with contextlib.suppress(ConnectionError):  # who asked may have gone
                self.end_headers()
                self.wfile.write(whole)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler


def _read(headers: dict[str, str], body: bytes) -> Asked:
    kind = next(value for name, value in headers.items() if name.lower() == "content-type")
    whole = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(
        b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body
    )
    fields, sound = dict[str, list[str]](), b""
    for part in whole.iter_parts():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        if part.get_filename():
            sound = payload
        else:
            fields.setdefault(str(name), []).append(payload.decode())
    return Asked(headers, fields, sound, "")


@contextmanager
def transcription_server() -> Generator[TranscriptionServer]:
    """A server that runs."""
    server = TranscriptionServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()
