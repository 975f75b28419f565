"""Five thousand malformed messages."""

import shutil
import tempfile
from pathlib import Path

from tests.chaos.service import RedisServer
from tests.chaos.stage import Figures
from tests.flood import Flood


async def malformed_messages(short: bool) -> Figures:
    """Of every kind, before and in a session, by eight sockets at a time, beside a session that sends none."""
    folder = Path(tempfile.mkdtemp(prefix="vivavoce-chaos-"))
    redis = RedisServer(folder)
    try:
        flood = await Flood().run(redis.url, 300 if short else 5_000)
    finally:
        redis.kill()
        shutil.rmtree(folder, ignore_errors=True)
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
