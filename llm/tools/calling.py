"""Calls a tool over HTTP: to hosts that are allowed, at addresses that are allowed, within its time and its size.

The name is looked up here and the connection goes to the very address that was checked, so that a name which is looked
up again cannot lead elsewhere. No proxy is used and no cookie is kept.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

import httpx
import msgspec

from llm.tools.address import public
from llm.tools.policy import ToolPolicy

Resolve: TypeAlias = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host. Raises OSError."""

REDIRECTS: Final = 3


class ToolFailed(Exception):
    """Why nothing came of a call, in words for the model."""


async def resolve(host: str, port: int) -> list[str]:
    """By the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class Caller:
    """Calls tools; one HTTP client for all of them."""

    def __init__(self, resolve: Resolve = resolve) -> None:
        self._resolve = resolve
        # A connection is never used again: it was made to an address, and the next name there may be another's.
        self._http = httpx.AsyncClient(
            trust_env=False,
            timeout=None,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def call(self, tool: ToolPolicy, arguments: dict[str, Any], number: str) -> str:
        """What the tool says. `number` names the call (`Idempotency-Key`), the same when it is made again.

        Raises:
            ToolFailed: it did not answer in time, not well, too much, or from where it must not be.
        """
        try:
            async with asyncio.timeout(tool.timeout_s):
                return await self._follow(tool, arguments, number)
        except TimeoutError:
            raise ToolFailed(f"it did not answer within {tool.timeout_s:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as why:
            raise ToolFailed(f"it cannot be reached ({type(why).__name__})") from None

    async def _follow(self, tool: ToolPolicy, arguments: dict[str, Any], number: str) -> str:
        url, method, own = httpx.URL(tool.url), tool.method, httpx.URL(tool.url)
        for _ in range(REDIRECTS + 1):
            secret = dict(tool.headers) if _same(url, own) else {}
            headers = secret | {"Idempotency-Key": number, "Accept-Encoding": "identity"}
            request = await self._request(tool, method, url, headers, arguments)
            response = await self._http.send(request, stream=True)
            try:
                if not response.has_redirect_location:
                    return await self._read(response, tool)
                url = url.join(response.headers["location"])
                if response.status_code in (301, 302, 303):
                    method, arguments = "GET", {}
            finally:
                await response.aclose()
        raise ToolFailed(f"it redirects more than {REDIRECTS} times")

    async def _request(
        self,
        tool: ToolPolicy,
        method: str,
        url: httpx.URL,
        headers: dict[str, str],
        arguments: dict[str, Any],
    ) -> httpx.Request:
        """A request to the checked address of `url`, which is asked for by its name."""
        if url.scheme not in ("http", "https") or url.host not in (httpx.URL(tool.url).host, *tool.hosts):
            raise ToolFailed(f"it redirects to {url.scheme}://{url.host}, which is not allowed")
        found = await self._resolve(url.host, url.port or (443 if url.scheme == "https" else 80))
        if not found or not (url.host in tool.private or all(public(address) for address in found)):
            raise ToolFailed(f"{url.host} is at an address that is not public")
        headers = headers | {"Host": url.netloc.decode()}
        sent: dict[str, Any] = {"extensions": {"sni_hostname": url.host}, "headers": headers}
        if method == "POST":
            sent |= {"content": msgspec.json.encode(arguments)}
            headers["Content-Type"] = "application/json"
        elif arguments:
            url = url.copy_merge_params({name: _plain(value) for name, value in arguments.items()})
        return self._http.build_request(method, url.copy_with(host=found[0]), **sent)

    async def _read(self, response: httpx.Response, tool: ToolPolicy) -> str:
        if not response.is_success:
            raise ToolFailed(f"it answers {response.status_code}")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise ToolFailed("its answer is compressed, which was not asked for")
        body = b""
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > tool.most_bytes:
                raise ToolFailed(f"its answer is longer than {tool.most_bytes} bytes")
        return body.decode(errors="replace")


def _same(url: httpx.URL, own: httpx.URL) -> bool:
    """Whether it may be told what `own` may: another host or port is told no secret, nor a line without TLS after one
    with it."""
    with_tls = (own.scheme, own.port, url.scheme, url.port) == ("http", None, "https", None)
    return url.host == own.host and (with_tls or (url.scheme, url.port) == (own.scheme, own.port))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
