"""Five thousand malformed messages, to each dialect."""

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.barrage import Barrage
from tests.channel_barrage import CHANNELS, ChannelBarrage
from tests.chaos.service import RedisServer
from tests.chaos.stage import Figures
from tests.flood import Flood
from tests.impostors import DIALECTS


async def malformed_messages(short: bool) -> Figures:
    """Of every kind, before and in a session, by eight sockets at a time, beside a session that sends none."""
    with _redis() as url:
        flood = await Flood().run(url, _many(short))
    internal = flood.codes["internal"] + flood.closes[1011]
    wrong = (
        [*flood.crashes, *flood.leaked]
        + ["internal errors"] * bool(internal)
        + ["silence"] * bool(flood.silent)
    )
    return {
        "messages": flood.sent,
        "sockets": flood.sockets,
        "told": dict(flood.codes),
        "closed": {str(code): count for code, count in flood.closes.items()},
        "crashes": len(flood.crashes),
        "internal": internal,
        "leaked_tasks": len(flood.leaked),
        "faults": wrong,
    }


async def malformed_dialect(name: str, short: bool) -> Figures:
    """The same for the socket of another dialect."""
    kind = DIALECTS[name]
    with _redis() as url:
        one = await Barrage().run(url, kind, _many(short))
    closes = sorted(one.closes.keys() - kind.closes)
    wrong = [*one.crashes, *one.leaked, *one.left, *one.misshapen, *one.silent, *map(str, closes)]
    closed = {str(code): count for code, count in one.closes.items()}
    refused = {str(status): count for status, count in one.refused.items()}
    return {**_told(one), "sockets": one.sockets, "closed": closed, "refused": refused, "faults": wrong}


async def malformed_channel(name: str, short: bool) -> Figures:
    """The same for the data channels of WebRTC."""
    with _redis() as url:
        one = await ChannelBarrage().run(url, CHANNELS[name], _many(short))
    wrong = [*one.crashes, *one.leaked, *one.left, *one.silent]
    return {**_told(one), "connections": one.connections, "faults": wrong}


def _told(one: Barrage | ChannelBarrage) -> Figures:
    left = {"crashes": len(one.crashes), "leaked_tasks": len(one.leaked), "left": len(one.left)}
    return {"messages": one.sent, "told": dict(one.told), **left}


def _many(short: bool) -> int:
    return 300 if short else 5_000


@contextmanager
def _redis() -> Generator[str]:
    """A Redis of its own, by its URL."""
    folder = Path(tempfile.mkdtemp(prefix="vivavoce-chaos-"))
    redis = RedisServer(folder)
    try:
        yield redis.url
    finally:
        redis.kill()
        shutil.rmtree(folder, ignore_errors=True)
