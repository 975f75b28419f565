"""Who is there to work, by what each worker says of itself."""

import msgspec

from streaming import keys
from streaming.bus import Bus
from streaming.clock import now_ms
from streaming.roster import Present, present


async def test_what_another_version_says_of_itself_keeps_nobody_from_seeing_the_others(bus: Bus) -> None:
    here = Present("asr", "here", [], now_ms())
    for name, body in [("here", msgspec.json.encode(here)), ("odd", b'{"role":7}'), ("none", b"")]:
        await bus.call("HSET", keys.WORKERS, name, body)
    assert await present(bus) == [here]
