"""Deepgram's own client, unmodified, with real speech through the whole service."""

import asyncio
import time
from typing import Any

import numpy as np
import pytest
from deepgram import AsyncDeepgramClient, DeepgramClientEnvironment
from deepgram.core.events import EventType
from deepgram.listen.v1.types import ListenV1Configure

from tests import speech
from tests.stack import Stack

pytestmark = [pytest.mark.models, pytest.mark.slow]

FIRST, SECOND = "conf-onlyone", "vm-goodbye"
WORDS = speech.plain(f"{speech.said()[FIRST]} {speech.said()[SECOND]}")


def client(url: str, key: str = "any") -> AsyncDeepgramClient:
    """As its users point it at another server."""
    web = url.replace("http", "ws", 1)
    where = DeepgramClientEnvironment(base=url, production=web, agent=web, agent_rest=url)
    return AsyncDeepgramClient(api_key=key, environment=where)


class Listener:
    """What comes, by its kind."""

    def __init__(self, connection: Any) -> None:
        self.messages: list[Any] = []
        self.errors: list[Any] = []
        self.connection = connection
        self._changed = asyncio.Condition()
        connection.on(EventType.MESSAGE, self._note)
        connection.on(EventType.ERROR, self.errors.append)
        self.task = asyncio.create_task(connection.start_listening())

    async def _note(self, message: Any) -> None:
        async with self._changed:
            self.messages.append(message)
            self._changed.notify_all()

    def of(self, kind: str) -> list[Any]:
        return [one for one in self.messages if one.type == kind]

    async def until(self, kind: str, holds: Any = bool, seconds: float = 30) -> list[Any]:
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: any(holds(one) for one in self.of(kind)))
        return self.of(kind)

    def finals(self, channel: int = 0) -> list[Any]:
        return [one for one in self.of("Results") if one.is_final and one.channel_index[0] == channel]

    def words(self, channel: int = 0) -> list[str]:
        return speech.plain(" ".join(one.channel.alternatives[0].transcript for one in self.finals(channel)))

    async def play(self, sound: bytes, step: int, pause_s: float) -> None:
        begin = time.monotonic()
        for n, at in enumerate(range(0, len(sound), step), start=1):
            await self.connection.send_media(sound[at : at + step])
            await asyncio.sleep(max(0.0, begin + n * pause_s - time.monotonic()))


async def test_live_speech_has_interim_results_pauses_and_everything_it_was_asked_for(server: Stack) -> None:
    pcm = speech.join(0.5, FIRST, 1.6, SECOND, 1.2)
    connecting = client(server.url).listen.v1.connect(
        model="nova-3", encoding="linear16", sample_rate=16_000, interim_results=True, vad_events=True,
        utterance_end_ms=1000, endpointing=300, language="en-US", smart_format=True, extra="ticket:7",
    )  # fmt: skip
    async with connecting as connection:
        heard = Listener(connection)
        await heard.play(pcm.tobytes(), 3_203, 0.1)  # cut anywhere, as real senders do
        await connection.send_close_stream()
        [metadata] = await heard.until("Metadata")
        await heard.task
    assert heard.errors == []
    assert speech.errors(WORDS, heard.words()) <= 1
    interim = [one for one in heard.of("Results") if not one.is_final]
    assert len(interim) >= 2
    assert all(one.channel.alternatives[0].words for one in interim)
    ended = [one for one in heard.finals() if one.speech_final]
    assert len(ended) == 2
    assert [len(ended[0].channel.alternatives[0].words) > 0, ended[0].channel_index] == [True, [0, 1]]
    assert len(heard.of("SpeechStarted")) == 2
    assert heard.of("UtteranceEnd")[0].last_word_end == ended[0].channel.alternatives[0].words[-1].end
    assert metadata.duration == pytest.approx(len(pcm) / 16_000, abs=0.01)
    assert (metadata.request_id, metadata.extra) == (ended[0].metadata.request_id, {"ticket": "7"})
    assert ended[0].metadata.model_info.name in ("base", "tiny.en")


async def test_a_call_of_two_channels_is_two_transcripts_and_mixed_it_is_one(server: Stack) -> None:
    first, second = speech.prompt(FIRST), speech.join(1.0, SECOND)
    call = np.zeros((max(len(first), len(second)) + 16_000, 2), np.int16)
    call[: len(first), 0], call[: len(second), 1] = first, second
    options: dict[str, Any] = {
        "model": "nova-3",
        "encoding": "linear16",
        "sample_rate": 16_000,
        "channels": 2,
    }
    async with client(server.url).listen.v1.connect(
        **options, multichannel=True, language="en"
    ) as connection:
        heard = Listener(connection)
        await heard.play(call.tobytes(), 64_000, 0)
        await connection.send_close_stream()
        [metadata] = await heard.until("Metadata")
    assert speech.errors(speech.plain(speech.said()[FIRST]), heard.words(0)) <= 1
    assert speech.errors(speech.plain(speech.said()[SECOND]), heard.words(1)) <= 1
    assert metadata.channels == 2
    apart = np.zeros((len(first) + len(second), 2), np.int16)
    apart[: len(first), 0], apart[len(first) :, 1] = first, second
    async with client(server.url).listen.v1.connect(**options, language="en") as connection:
        heard = Listener(connection)
        await heard.play(apart.tobytes(), 63_999, 0)
        await connection.send_close_stream()
        await heard.until("Metadata")
    assert speech.errors(WORDS, heard.words()) <= 1
    assert {tuple(one.channel_index) for one in heard.of("Results")} == {(0, 1)}


async def test_finalize_gives_what_is_pending_at_once_and_is_answered_also_when_nothing_is(
    server: Stack,
) -> None:
    options: dict[str, Any] = {"model": "nova-3", "encoding": "linear16", "sample_rate": 16_000}
    async with client(server.url).listen.v1.connect(**options, language="en") as connection:
        heard = Listener(connection)
        await heard.play(speech.prompt(FIRST).tobytes(), 3_200, 0.1)
        await connection.send_finalize()
        await heard.until("Results", lambda one: one.from_finalize)
        assert speech.errors(speech.plain(speech.said()[FIRST]), heard.words()) <= 1
        assert heard.finals()[-1].speech_final
        count = len(heard.finals())
        await connection.send_configure(ListenV1Configure(keyterms=["Asterisk"]))
        [configured] = await heard.until("ConfigureSuccess")
        assert configured.keyterms == ["Asterisk"]
        await connection.send_finalize()
        await connection.send_keep_alive()
        await heard.until("Results", lambda _: len(heard.finals()) > count)
        assert heard.finals()[-1].from_finalize
        assert heard.finals()[-1].channel.alternatives[0].transcript == ""
        await connection.send_close_stream()
        await heard.until("Metadata")
