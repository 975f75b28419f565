"""Tools over real HTTP: where they may be, and what becomes of those that fail."""

from collections.abc import AsyncIterator

import msgspec
import pytest
from msgspec.structs import replace

from llm.tools.calling import Caller, ToolFailed
from llm.tools.policy import ToolPolicy
from tests.tool_server import ToolServer, tool_server


async def everything_is_here(host: str, port: int) -> list[str]:
    """A resolver for which every name is this machine."""
    return ["127.0.0.1"]


@pytest.fixture
async def server() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        yield server


@pytest.fixture
async def other() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        yield server


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    caller = Caller(everything_is_here)
    yield caller
    await caller.close()


def tool(server: ToolServer) -> ToolPolicy:
    return ToolPolicy(
        url=f"http://crm.example:{server.port}/order",
        description="State of an order.",
        headers={"Authorization": "Bearer sesame"},
        private=("crm.example",),
        timeout_s=0.5,
        most_bytes=100,
    )


async def failed(caller: Caller, tool: ToolPolicy) -> str:
    with pytest.raises(ToolFailed) as why:
        await caller.call(tool, {"number": "7"}, "s-1-1")
    return str(why.value)


async def test_a_call_has_its_arguments_its_headers_the_hosts_name_and_its_number(
    server: ToolServer, caller: Caller
) -> None:
    assert await caller.call(tool(server), {"number": "7"}, "s-1-1") == '{"state": "on its way"}'
    await caller.call(replace(tool(server), method="GET"), {"number": "7 a", "n": 2}, "s-2-1")
    posted, got = server.asked
    assert posted.line == "POST /order HTTP/1.1"
    assert msgspec.json.decode(posted.body) == {"number": "7"}
    assert posted.headers["authorization"] == "Bearer sesame"
    assert posted.headers["idempotency-key"] == "s-1-1"
    assert posted.headers["host"] == f"crm.example:{server.port}"
    assert got.line == "GET /order?number=7+a&n=2 HTTP/1.1"
    assert (got.headers["idempotency-key"], got.body) == ("s-2-1", b"")


async def test_a_name_that_leads_to_this_machine_is_not_called_unless_it_may_be_private(
    server: ToolServer, caller: Caller
) -> None:
    open_ = replace(tool(server), private=())
    assert await failed(caller, open_) == "crm.example is at an address that is not public"
    assert "not public" in await failed(caller, replace(open_, url=f"http://127.0.0.1:{server.port}/"))
    assert server.asked == []


async def test_a_redirect_leads_only_to_hosts_that_are_listed_and_takes_no_secret_along(
    server: ToolServer, other: ToolServer, caller: Caller
) -> None:
    server.status = "307 Temporary Redirect"
    server.headers = f"Location: http://else.example:{other.port}/there\r\n"
    assert "redirects to http://else.example, which is not allowed" in await failed(caller, tool(server))
    listed = replace(tool(server), hosts=("else.example",))
    assert "else.example is at an address that is not public" in await failed(caller, listed)
    assert other.asked == []
    private = replace(listed, private=("crm.example", "else.example"))
    assert await caller.call(private, {"number": "7"}, "s-1-1") == '{"state": "on its way"}'
    assert other.asked[0].line == "POST /there HTTP/1.1"
    assert "authorization" not in other.asked[0].headers
    server.headers = f"Location: http://crm.example:{other.port}/there\r\n"
    await caller.call(tool(server), {"number": "7"}, "s-2-1")
    assert "authorization" not in other.asked[1].headers  # another port is another's, also on the same host
    server.headers = f"Location: http://crm.example:{server.port}/round\r\n"
    assert await failed(caller, tool(server)) == "it redirects more than 3 times"


async def test_what_is_slow_long_wrong_or_away_has_failed_in_so_many_words(
    server: ToolServer, caller: Caller
) -> None:
    plain = tool(server)
    server.wait.clear()
    assert await failed(caller, plain) == "it did not answer within 0.5 s"
    server.wait.set()
    server.body = b"x" * 101
    assert await failed(caller, plain) == "its answer is longer than 100 bytes"
    server.body, server.headers = b"x", "Content-Encoding: gzip\r\n"
    assert "compressed" in await failed(caller, plain)
    server.headers, server.status = "", "500 Internal Server Error"
    assert await failed(caller, plain) == "it answers 500"
    away = replace(plain, url="http://crm.example:1/")
    assert await failed(caller, away) == "it cannot be reached (ConnectError)"
