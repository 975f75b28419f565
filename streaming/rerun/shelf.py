"""What a server has of recorded sessions, over its REST routes. Blocking: call it in a thread."""

import json
import urllib.error
import urllib.request
import wave
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import msgspec
from msgspec import Struct

from streaming.archive.kept import Kept
from streaming.client.arrivals import Arrivals, Message
from streaming.client.dial import absent
from streaming.refusal import Refusal

SECONDS: Final = 30
FRAME_S: Final = 0.1


class _Page(Struct):
    sessions: list[Kept]


class _Shown(Struct):
    session: Kept


class Shelf:
    """Recorded sessions at `url` (of the server, or of its socket), for the reader whose key this is."""

    def __init__(self, url: str, key: str | None) -> None:
        parts = urlsplit(url if "//" in url else f"http://{url}")
        scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
        path = parts.path.rstrip("/").removesuffix("/v1/stream")
        self.url = urlunsplit((scheme, parts.netloc, path, "", ""))
        self._key = key

    def session(self, session_id: str) -> Kept:
        """One session. Raises Refusal, as all of these."""
        with self.ask(f"/v1/sessions/{quote(session_id, safe='')}") as answer:
            return msgspec.json.decode(answer.read(), type=_Shown).session

    def with_metadata(self, name: str, value: str) -> list[Kept]:
        """The newest sessions that have this."""
        with self.ask("/v1/sessions", {f"metadata.{name}": value, "limit": "10"}) as answer:
            return msgspec.json.decode(answer.read(), type=_Page).sessions

    def log(self, session_id: str) -> list[Message]:
        """Its whole log."""
        seen = Arrivals()
        with self.ask(f"/v1/sessions/{quote(session_id, safe='')}/events") as answer:
            lines = (seen.decoded(line.decode()) for line in answer if line.strip())
            return [message for message in lines if message]

    def sound(self, session_id: str) -> Iterator[bytes]:
        """Its sound, interleaved 16 kHz PCM16 of all channels, 100 ms at a time."""
        with (
            self.ask(f"/v1/sessions/{quote(session_id, safe='')}/audio", {"format": "wav"}) as answer,
            wave.open(answer, "rb") as sound,
        ):
            while frame := sound.readframes(round(FRAME_S * sound.getframerate())):
                yield frame

    @contextmanager
    def ask(
        self,
        path: str,
        query: dict[str, str] | list[tuple[str, str]] | None = None,
        method: str = "GET",
        body: object = None,
    ) -> Generator[Any]:
        """The answer of a route; `body` is sent as JSON. Raises Refusal, also when it breaks off while it is read."""
        address = f"{self.url}{path}" + (f"?{urlencode(query)}" if query else "")
        sent = None if body is None else msgspec.json.encode(body)
        request = urllib.request.Request(address, sent, method=method)
        if sent is not None:
            request.add_header("content-type", "application/json")
        if self._key:
            request.add_header("authorization", f"Bearer {self._key}")
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                yield answer
        except urllib.error.HTTPError as error:
            with error:
                raise Refusal(f"{self.url}: {_told(error)}") from None
        except urllib.error.URLError as error:
            raise Refusal(absent(self.url, error)) from None
        except (OSError, HTTPException, wave.Error, msgspec.MsgspecError) as error:
            raise Refusal(f"{address} cannot be read: {error}") from None


def _told(error: urllib.error.HTTPError) -> str:
    """What the server says was wrong."""
    try:
        return str(json.load(error)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"it answered {error.code}"
