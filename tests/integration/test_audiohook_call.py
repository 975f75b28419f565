"""A call over AudioHook with real speech on both sides: what was said comes back as entities."""

import pytest

from streaming.wire.twilio.tracks import interleaved
from tests.audiohook import Hooked, opening
from tests.media_stream import both
from tests.speech import errors, join, plain, said
from tests.stack import Stack

CUSTOMER, AGENT = "agent-pass", "conf-waitforleader"


@pytest.mark.models
async def test_what_both_sides_say_comes_back_by_channel(server: Stack) -> None:
    sides = both(join(0.3, CUSTOMER, 1.0), join(3.5, AGENT, 1.0))
    async with Hooked(server.port, {}) as hook:
        await hook.say("open", **opening(language="en-US"))
        await hook.told("opened")
        await hook.play(interleaved(sides, 1), pace=3)
        await hook.say("close", reason="end")
        await hook.told("closed")
    assert all(one["type"] == "transcript" for one in hook.events)
    finals = [one["data"] for one in hook.events if one["data"]["isFinal"]]
    assert len(finals) < len(hook.events)  # partials are told too
    for channel, name in ((0, CUSTOMER), (1, AGENT)):
        texts = [
            one["alternatives"][0]["interpretations"][0]["transcript"]
            for one in finals
            if one["channelId"] == channel
        ]
        assert errors(plain(said()[name]), plain(" ".join(texts))) <= 1, texts
