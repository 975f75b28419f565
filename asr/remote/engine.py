"""A transcription server as an engine: the shell of `asr.remote`.

The desk's threads wait for answers; the requests are made in a loop of the engine's own, where they can be given up.
While a server does not answer, nothing is lost: a partial is left out, and a final waits and is asked for again until
it is answered. What is wrong stands in `trouble`, and once in the log. Only sound that the server refuses time and
again is an error, or at which alone it fails, since nothing would ever become of it.
"""

import asyncio
import io
import logging
import threading
import time
import wave
from collections.abc import Sequence
from concurrent.futures import CancelledError
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import msgspec
import numpy as np

from asr.hearing.mel import REACH, Sees
from asr.hearing.sound import Float32
from asr.rates import RATE
from asr.remote import faults, matching, reply
from asr.remote.languages import code
from asr.remote.policy import RemotePolicy
from asr.remote.written import Written, read
from asr.whisper.passes import Answer, Question
from streaming.errors import ServiceFault

log = logging.getLogger(__name__)

CONNECT_S: Final = 5.0
LEAST_S: Final = 1.0
"""Servers refuse sound that is shorter than a tenth of a second, and models guess at what is hardly longer."""

TRIES: Final = 3
"""So often is sound offered that the server refuses."""

OWN: Final = 10
"""A server that fails so often at one sound, and answered others as often meanwhile, will always fail at it."""

MOST: Final = 4_000_000
"""Bytes of an answer that are read."""


class Closed(Exception):
    """The engine was closed while something was being waited for."""


class Remote:
    """A Transcriber that sees samples. `host` is the server's name."""

    sees: Sees = "sound"
    bands = 0

    def __init__(self, policy: RemotePolicy) -> None:
        self._policy = policy
        self._url = _base(policy.url) + "/audio/"
        self.words = Written()
        self.host = urlsplit(self._url).hostname or ""
        self.trouble = ""
        self._failures = self._well = 0
        self._not_before = 0.0
        self._closed = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="transcription", daemon=True)
        self._thread.start()
        self._http = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {policy.key}"} if policy.key else {},
            timeout=httpx.Timeout(policy.timeout_s, connect=min(CONNECT_S, policy.timeout_s)),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=policy.at_once),
            trust_env=self.host not in ("127.0.0.1", "::1", "localhost"),  # no proxy before our own machine
        )

    @property
    def made_by(self) -> str:
        """As finals name it."""
        return f"{self._policy.model}@{self.host}"

    def run(self, batch: Sequence[Question]) -> list[Answer]:
        """See Transcriber. Raises ServiceFault for sound that the server will not take (`asr_refused`) or at which it
        alone fails, and Closed."""
        return [self._final(question) if question.final else self._partial(question) for question in batch]

    def close(self) -> None:
        """See Transcriber."""
        if not self._closed.is_set():
            self._closed.set()
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _end(self) -> None:
        requests = asyncio.all_tasks() - {asyncio.current_task()}
        for request in requests:
            request.cancel()
        await asyncio.gather(*requests, return_exceptions=True)
        await self._http.aclose()

    def _partial(self, question: Question) -> Answer:
        if time.monotonic() < self._not_before:
            return matching.missed(question)
        try:
            return self._ask(question)
        except ServiceFault:
            return matching.missed(question)

    def _final(self, question: Question) -> Answer:
        refusals, failures, well = 0, 0, self._well
        while True:
            if self._closed.wait(max(0.0, self._not_before - time.monotonic())):
                raise Closed
            try:
                return self._ask(question)
            except ServiceFault as wrong:
                refusals += wrong.code == "asr_refused"
                failures += 1
                if refusals >= TRIES or min(failures, self._well - well) >= OWN:
                    raise
                if wrong.code == "asr_refused" and self._closed.wait(self._policy.again_s):
                    raise Closed from None

    def _ask(self, question: Question) -> Answer:
        try:
            found = self._found(self._send(question))
        except ServiceFault as wrong:
            self._failed(wrong)
            raise
        self._went_well()
        told = None if question.translate else code(found.language)  # of a translation it names English
        language = question.language or told or question.fallback
        length_s = question.heard / 100
        voice = (min(question.begin_s, length_s), min(max(question.begin_s, question.voice_s), length_s))
        heard = reply.words(found, "en" if question.translate else language, voice, length_s)
        return matching.answer(question, heard, language, told=question.language is None and told is not None)

    def _send(self, question: Question) -> bytes:
        fields: dict[str, str | list[str]] = {
            "model": self._policy.model,
            "response_format": "verbose_json",
            "timestamp_granularities[]": ["word", "segment"],
            "timestamp_granularities": ["word", "segment"],  # what some servers call it
            "temperature": "0",
        }
        if question.context:
            fields["prompt"] = read(question.context).strip()
        if question.language and not question.translate:  # translations are asked for without it
            fields["language"] = question.language.split("-")[0].lower()
        sound = {"file": ("sound.wav", _wav(question.view), "audio/wav")}
        task = "translations" if question.translate else "transcriptions"
        if self._closed.is_set():
            raise Closed
        coming = asyncio.run_coroutine_threadsafe(self._post(task, fields, sound), self._loop)
        try:
            response, body = coming.result()
        except CancelledError:
            raise Closed from None
        except (httpx.TimeoutException, TimeoutError):
            told = f"the transcription server did not answer within {self._policy.timeout_s:g} s"
            raise faults.fault("slow", told) from None
        except httpx.HTTPError as wrong:
            where = urlsplit(self._url).netloc.rpartition("@")[2]
            told = f"the transcription server at {where} cannot be reached: {type(wrong).__name__}"
            raise faults.fault("unreachable", told) from None
        if not response.is_success:
            refusal = faults.refused(response.status_code, body, self._policy.key)
            refusal.retry_after = faults.retry_after(response.headers, datetime.now(UTC))
            raise refusal
        return body

    async def _post(
        self, task: str, fields: dict[str, Any], sound: dict[str, Any]
    ) -> tuple[httpx.Response, bytes]:
        """In the engine's own loop, where it can be timed as a whole and be given up."""
        async with (
            asyncio.timeout(self._policy.timeout_s),
            self._http.stream("POST", self._url + task, data=fields, files=sound) as response,
        ):
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > MOST:
                    raise faults.fault("malformed", f"the server's answer is longer than {MOST} bytes")
            return response, bytes(body)

    def _found(self, body: bytes) -> reply.Reply:
        try:
            found = msgspec.json.decode(body, type=reply.Reply, strict=False)
        except (msgspec.MsgspecError, UnicodeDecodeError) as wrong:
            raise faults.fault("malformed", f"what the server sent is no transcription: {wrong}") from None
        if found.text is None and found.segments is None:
            raise faults.fault(
                "malformed", "what the server sent is no transcription: there is no text in it"
            )
        return found

    def _failed(self, wrong: ServiceFault) -> None:
        policy = self._policy
        if wrong.code != "asr_refused":  # that is about the sound of one session, and nobody else need wait
            self._failures += 1
            wait = faults.pause(self._failures, wrong.retry_after, policy.again_s, policy.latest_s)
            self._not_before = time.monotonic() + wait
        if self.trouble != wrong.message:
            log.warning("%s; what is said waits until it is well again", wrong.message)
        self.trouble = wrong.message

    def _went_well(self) -> None:
        if self.trouble:
            log.warning("the transcription server is well again")
        self._failures, self._not_before, self.trouble = 0, 0.0, ""
        self._well += 1


def _base(url: str) -> str:
    parts = urlsplit(url if "//" in url else f"http://{url}")
    return parts._replace(path=parts.path.rstrip("/") or "/v1").geturl()


def _wav(view: Float32) -> bytes:
    """A question's samples as a WAV file, without the margins of its view and at least a second long."""
    sound = view[REACH:-REACH]
    pcm = np.zeros(max(len(sound), round(LEAST_S * RATE)), "<i2")
    pcm[: len(sound)] = np.round(sound * 32_768).clip(-32_768, 32_767)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(pcm.tobytes())
    return file.getvalue()
