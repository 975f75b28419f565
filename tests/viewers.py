"""Who watches a session, and a log to be watched."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect

from streaming import keys
from streaming.bus import Bus
from streaming.events import SessionEnded
from tests.gateway import Gateway

CHAT = '{"type":"session.start","mode":"chat"}'
ENDED = SessionEnded("client", [])


async def begun(
    gateway: Gateway, start: str = CHAT, *, key: str = ""
) -> tuple[ClientConnection, dict[str, Any]]:
    """A session with its owner's socket, and what the owner was told first."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    owner = await connect(gateway.url, additional_headers=headers)
    await owner.send(start)
    return owner, json.loads(await owner.recv())


async def watch(url: str, message: dict[str, Any], *, key: str = "", **how: Any) -> ClientConnection:
    """A viewer's socket."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    viewer = await connect(url, additional_headers=headers, **how)
    await viewer.send(json.dumps({"type": "session.watch", **message}))
    return viewer


def seen(started: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What its watch token opens."""
    return {"session_id": started["session_id"], "token": started["watch_token"], **more}


async def tell(bus: Bus, sid: str, *events: msgspec.Struct) -> list[str]:
    """Entries of a log, as its moderator writes them; their ids."""
    bodies = [msgspec.json.encode(one) for one in events]
    ids = await bus.together(*(("XADD", keys.events(sid), "*", "e", body) for body in bodies))
    return [name.decode() for name in ids]


def kinds(got: Sequence[dict[str, Any]]) -> list[str]:
    return [message["type"] for message in got]
