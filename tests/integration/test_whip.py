"""WHIP with aiortc as an unmodified client: real speech in, words out, and how a connection ends."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from streaming.client.watcher import Watcher
from streaming.events import SessionEnded, TranscriptFinal
from streaming.wire.messages import SessionWatch
from tests.speech import errors, join, plain, said
from tests.stack import Stack
from tests.webrtc import Caller, Voice

NAMES = ("auth-thankyou", "conf-getpin")
SPEECH = join(0.3, NAMES[0], 1.0, NAMES[1], 1.0)
WORDS = plain(" ".join(said()[name] for name in NAMES))


@pytest.fixture
async def caller(server: Stack) -> AsyncIterator[Caller]:
    one = Caller(f"http://127.0.0.1:{server.port}")
    yield one
    await one.close()


def adds_up(ended: dict[str, Any]) -> dict[str, Any]:
    [account] = ended["accounting"]
    gaps = account["gap_ms"]
    assert account["duration_ms"] == account["transcribed_ms"] + account["silence_ms"] + sum(gaps.values())
    return account


async def test_real_speech_becomes_words_on_the_data_channel_and_the_account_adds_up(caller: Caller) -> None:
    voice = Voice(SPEECH)
    answer = await caller.call(voice, "?mode=transcribe&language=en&metadata.desk=4")
    assert answer.status_code == 201, answer.text
    assert "useinbandfec=1" in answer.text
    await voice.over.wait()
    caller.say(type="session.end")
    ended = await caller.until("session.ended")
    assert errors(WORDS, plain(caller.text())) <= 1
    assert ended["reason"] == "client"
    account = adds_up(ended)
    assert account["duration_ms"] >= len(SPEECH) / 16 - 100
    assert not account["gap_ms"]
    assert caller.events[0]["type"] == "session.started"


async def test_a_client_without_a_channel_is_watched_and_a_delete_ends_its_session(caller: Caller) -> None:
    voice = Voice(SPEECH)
    answer = await caller.call(voice, "?language=en", channel=False)
    told = answer.headers
    asked = SessionWatch(told["vivavoce-session-id"], token=told["vivavoce-watch-token"])
    await voice.over.wait()
    assert (await caller.http.delete(caller.where)).status_code == 200
    events = [message.event async for message in Watcher(caller.url, asked)]
    finals = [event.text for event in events if isinstance(event, TranscriptFinal)]
    assert errors(WORDS, plain(" ".join(finals))) <= 1
    assert isinstance(events[-1], SessionEnded)
    assert events[-1].reason == "client"


async def test_a_turn_typed_on_the_channel_is_answered(caller: Caller) -> None:
    await caller.call(Voice(SPEECH[:0]), "?mode=chat&language=en")
    await caller.until("session.started")
    caller.say(type="text", text="Say hello.", ref="1")
    done = await caller.until("reply.done")
    assert done["status"] == "completed"
    caller.say(type="audio.skip", samples=5, ref="2")
    caller.say(type="nonsense")
    assert (await caller.until("error"))["code"] == "bad_message"
    caller.say(type="session.end")
    adds_up(await caller.until("session.ended"))


async def test_the_last_word_comes_also_when_the_network_lost_it(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    await caller.call(Voice(SPEECH[:0]), "?mode=transcribe&language=en")
    await caller.until("session.started")
    sctp: Any = caller.pc.sctp
    receive, lost = sctp._receive_chunk, []

    async def losing(chunk: Any) -> None:
        if b"session.ended" in getattr(chunk, "user_data", b"") and len(lost) < 2:
            lost.append(chunk)
        else:
            await receive(chunk)

    monkeypatch.setattr(sctp, "_receive_chunk", losing)
    caller.say(type="session.end")
    await caller.until("session.ended", 20)
    assert len(lost) == 2
