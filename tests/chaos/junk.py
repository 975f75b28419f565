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


async def malformed_dialects(short: bool) -> Figures:
    """The same for the sockets of other dialects, and for the data channels of WebRTC."""
    figures: Figures = {"faults": []}
    for name, kind in DIALECTS.items():
        with _redis() as url:
            one = await Barrage().run(url, kind, _many(short))
        closes = sorted(one.closes.keys() - kind.closes)
        wrong = [*one.crashes, *one.leaked, *one.left, *one.misshapen, *one.silent, *closes]
        figures[name] = _told(one, closed=one.closes, refused=one.refused, sockets=one.sockets)
        figures["faults"] += [f"{name}: {what}" for what in wrong]
    for name, offered in CHANNELS.items():
        with _redis() as url:
            other = await ChannelBarrage().run(url, offered, _many(short))
        wrong = [*other.crashes, *other.leaked, *other.left, *other.silent]
        figures[f"{name}, data channel"] = _told(other, connections=other.connections)
        figures["faults"] += [f"{name}, data channel: {what}" for what in wrong]
    return figures


def _told(one: Barrage | ChannelBarrage, **more: object) -> Figures:
    left = {"crashes": len(one.crashes), "leaked_tasks": len(one.leaked), "left": len(one.left)}
    return {"messages": one.sent, "told": one.told, **more, **left}


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
