"""A telephone call over Twilio's protocol, with real speech on both sides, read by somebody who watches it."""

import asyncio

import httpx
import pytest

from streaming.client.watcher import Watcher
from streaming.events import Dtmf, SessionEnded, TranscriptFinal
from streaming.wire.messages import SessionWatch
from tests.media_stream import CALL, STOP, Sender, both, dtmf, start
from tests.speech import errors, join, plain, said
from tests.stack import Stack

CALLER, AGENT = "agent-pass", "conf-waitforleader"


async def found(url: str) -> str:
    """The session of the call, as a reader finds it."""
    async with httpx.AsyncClient(base_url=url) as web:
        for _ in range(100):
            listed = (await web.get("/v1/sessions", params={"live": 1, "metadata.callSid": CALL})).json()
            if listed["sessions"]:
                return listed["sessions"][0]["session_id"]
            await asyncio.sleep(0.1)
    raise AssertionError("the call is in no list")


@pytest.mark.models
@pytest.mark.parametrize("pace", [1.0, 4.0])
async def test_both_sides_of_a_call_are_written_by_channel(server: Stack, pace: float) -> None:
    sides = both(join(0.3, CALLER, 1.0), join(3.5, AGENT, 1.0))
    seen: list[object] = []
    async with Sender(server.url) as sender:
        await sender.say(start(language="en"))
        sid = await found(server.url)

        async def watch() -> None:
            watcher = Watcher(server.url, SessionWatch(session_id=sid))
            seen.extend([message.event async for message in watcher])

        watching = asyncio.create_task(watch())
        await sender.say(dtmf("1"))
        await sender.play(sides, pace)
        await sender.say(STOP)
        assert await sender.close_code() == 1000
        async with asyncio.timeout(20):
            await watching
    for channel, name in ((0, CALLER), (1, AGENT)):
        text = " ".join(
            one.text for one in seen if isinstance(one, TranscriptFinal) and one.channel == channel
        )
        assert errors(plain(said()[name]), plain(text)) <= 1, text
    assert [one.key for one in seen if isinstance(one, Dtmf)] == ["1"]
    last = seen[-1]
    assert isinstance(last, SessionEnded)
    for account in last.accounting:
        assert account.duration_ms == len(sides[0]) / 8
        assert account.duration_ms == account.transcribed_ms + account.silence_ms + sum(
            account.gap_ms.values()
        )
