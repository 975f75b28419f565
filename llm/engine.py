"""The engine: a client of any OpenAI-compatible server that streams chat completions. The embedded one is one of them.

A reply that is not wanted any more is cancelled by closing its iterator: that closes the request, and the server stops.
All that can go wrong is a ServiceFault with `close=None` (the session goes on), whose message is fit for the client:

    llm_unreachable   nobody answers at the address
    llm_refused       an HTTP error, or an error within the stream, with the server's own words
    llm_slow          no first token, or no further token, in time
    llm_malformed     what came is not a stream of chat completions
    llm_cut           the stream ended before the reply did
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from llm.asking import Ask
from llm.completions import Chunk, Models, base_of, request, words_of
from llm.making import Spoken
from llm.policy import LlmPolicy
from llm.sse import SseParser, SseTooLong
from streaming.errors import ServiceFault

T = TypeVar("T")

CONNECT_S: Final = 5.0
WORDS: Final = 300
"""Code points of a server's own error message that are passed on."""


def fault(code: str, message: str) -> ServiceFault:
    """A failure of the engine: the reply fails and the session goes on."""
    return ServiceFault(f"llm_{code}", message, close=None)


class Refused(ServiceFault):
    """`llm_refused`, an answer with an HTTP `status`: below 500, and not 429, the request is to blame."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__("llm_refused", message, close=None)
        self.status = status

    @property
    def by_request(self) -> bool:
        """Another request might have been answered."""
        return self.status < 500 and self.status not in (401, 403, 404, 429)


class Engine:
    """One server, any number of replies at the same time. `model` is what is asked for ("" leaves it to the server)."""

    def __init__(self, url: str, key: str, model: str, policy: LlmPolicy) -> None:
        self._base = base_of(url)
        self._key = key
        self._policy = policy
        self.model = model
        host = urlsplit(self._base).hostname or ""
        self.host = host
        self._http = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(None, connect=CONNECT_S),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=policy.slots),
            trust_env=host not in ("127.0.0.1", "::1", "localhost"),  # no proxy stands before our own machine
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def models(self) -> list[str]:
        """What the server says that it serves. Raises ServiceFault."""
        try:
            response = await self._http.get(self._base + "/models", timeout=CONNECT_S)
            if response.is_error:
                raise self._refused(response.status_code, response.content)
            return [model.id for model in msgspec.json.decode(response.content, type=Models).data]
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise self._malformed(error) from error

    async def choose(self) -> None:
        """Unless a model is set, ask for the first that the server lists from now on. Raises ServiceFault."""
        self.model = self.model or next(iter(await self.models()), "")

    async def stream(
        self, ask: Ask, model: str = "", lora: list[dict[str, Any]] | None = None
    ) -> AsyncGenerator[Spoken]:
        """Tokens as they come, then the usage if the server tells it. Close the iterator to cancel.

        `model` is asked for in place of the engine's own; `lora`: see `completions.request`.

        Raises:
            ServiceFault: see the top of this file.
        """
        patience = Patience(self._policy)
        if not (model or self.model):  # the server was away when it was asked, or it keeps no list
            await patience.wait(self._chosen())
        body = request(ask, model or self.model, self._policy.temperature, lora)
        response = await self._answer(body, patience)
        try:
            async with aclosing(self._chunks(response, patience)) as chunks:
                async for chunk in chunks:
                    for made in chunk.made():
                        yield made
        finally:
            await response.aclose()

    async def _chosen(self) -> None:
        """`choose`, for a server that may keep no list: it answers as it likes then."""
        try:
            await self.choose()
        except ServiceFault as why:
            if why.code == "llm_unreachable":
                raise

    async def _answer(self, body: bytes, patience: "Patience") -> httpx.Response:
        """The head of the server's answer, which says that a stream follows."""
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        asked = self._http.build_request(
            "POST", self._base + "/chat/completions", content=body, headers=headers
        )
        try:
            response = await patience.wait(self._http.send(asked, stream=True))
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        kind = response.headers.get("content-type", "")
        if response.is_success and kind.startswith("text/event-stream"):
            return response
        try:
            if response.is_success:
                raise self._malformed(f"its content type is {kind!r}")
            raise self._refused(response.status_code, await patience.wait(response.aread()))
        except httpx.HTTPError as error:
            raise self._refused(response.status_code, b"") from error
        finally:
            await response.aclose()

    async def _chunks(self, response: httpx.Response, patience: "Patience") -> AsyncGenerator[Chunk]:
        """Chunks until the server says that it is done."""
        parser, finished = SseParser(), False
        pieces = response.aiter_bytes()
        try:
            while (piece := await patience.wait(anext(pieces, None))) is not None:
                for payload in parser.feed(piece):
                    if payload == b"[DONE]":
                        return
                    chunk = self._checked(msgspec.json.decode(payload, type=Chunk))
                    if chunk.moves:
                        patience.renew()
                    finished = finished or chunk.finished
                    yield chunk
        except httpx.HTTPError as error:
            raise fault("cut", "the language model's server broke off in the middle of the reply") from error
        except (msgspec.MsgspecError, SseTooLong, UnicodeDecodeError) as error:
            raise self._malformed(error) from error
        if not finished:  # some servers leave `[DONE]` out, but none why it finished
            raise fault("cut", "the language model's server ended the stream before the reply was complete")

    def _checked(self, chunk: Chunk) -> Chunk:
        if chunk.trouble:
            raise fault("refused", f"the language model's server says: {self._words(chunk.trouble)}")
        return chunk

    def _refused(self, status: int, body: bytes) -> ServiceFault:
        return Refused(f"the language model's server answers {status}: {self._words(body)}", status)

    def _unreachable(self, error: Exception) -> ServiceFault:
        where = urlsplit(self._base).netloc.rpartition("@")[2]
        return fault("unreachable", f"the language model's server at {where} cannot be reached: {error!r}")

    def _malformed(self, why: object) -> ServiceFault:
        return fault("malformed", f"the language model's server sent what is no stream of a reply: {why}")

    def _words(self, body: bytes) -> str:
        """What the server says, without our key, which some servers repeat."""
        words = words_of(body) or "(no message)"
        return (words.replace(self._key, "•••") if self._key else words)[:WORDS]


class Patience:
    """How long may be waited: for the first token since the request, then for each since the one before.

    Only the waits themselves count, so a slow reader is never taken for a slow server.
    """

    def __init__(self, policy: LlmPolicy) -> None:
        self._policy = policy
        self._left = policy.first_token_s
        self._why = f"no first word of the reply within {policy.first_token_s:g} s"

    def renew(self) -> None:
        """A token came."""
        self._left = self._policy.between_tokens_s
        self._why = f"no further word of the reply within {self._left:g} s"

    async def wait(self, coming: Awaitable[T]) -> T:
        """What is coming. Raises ServiceFault when the patience is at its end."""
        clock = asyncio.get_running_loop().time
        since = clock()
        try:
            async with asyncio.timeout(self._left):
                return await coming
        except TimeoutError:
            raise fault("slow", self._why) from None
        finally:
            self._left = max(0.0, self._left - (clock() - since))
