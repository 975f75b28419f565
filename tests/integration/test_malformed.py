"""What no client should send: it is told so, and nothing else happens."""

import contextlib

from streaming.errors import ClientFault
from streaming.wire import native as wire
from tests.flood import Flood
from tests.malformed import Junk


def test_five_thousand_malformed_frames_are_told_or_taken_and_never_a_crash() -> None:
    junk, refused = Junk(1), 0
    for _ in range(5_000):
        frame = junk.frame()
        if isinstance(frame, str):
            with contextlib.suppress(ClientFault):
                wire.decode(frame)
                continue
            refused += 1
    assert refused > 2_000


async def test_sockets_that_send_junk_are_told_so_and_leave_nothing_behind(redis_url: str) -> None:
    """`make chaos` sends 5,000."""
    flood = await Flood().run(redis_url, 400, seed=1)
    assert flood.crashes == []
    assert flood.leaked == []
    assert flood.silent == 0
    assert 1011 not in flood.closes
    assert "internal" not in flood.codes
    assert {"bad_message", "bad_json", "order", "odd_frame"} <= flood.codes.keys()
