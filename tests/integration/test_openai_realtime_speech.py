"""OpenAI Realtime over WebSocket with real speech: Whisper hears it, and OpenAI's own client reads what was said."""

import asyncio
import base64
from typing import Any

import numpy as np
import pytest

from streaming.audio import G711
from tests import speech
from tests.completing import openai_client
from tests.stack import Stack

pytestmark = [pytest.mark.models]
THANKS = "auth-thankyou"
DELTA = "conversation.item.input_audio_transcription.delta"
COMPLETED = "conversation.item.input_audio_transcription.completed"


def at(pcm: speech.Pcm, rate: int) -> speech.Pcm:
    """The sound at another rate, by straight lines between samples: good enough for speech."""
    places = np.arange(0, len(pcm) - 1, speech.RATE / rate)
    return np.interp(places, np.arange(len(pcm)), pcm).astype(np.int16)


def mulaw(pcm: speech.Pcm) -> bytes:
    """The nearest of the 256 values of G.711."""
    order = np.argsort(G711["mulaw"], kind="stable")
    values = G711["mulaw"][order].astype(np.int32)
    near = np.clip(np.searchsorted(values, pcm.astype(np.int32)), 1, 255)
    lower = pcm - values[near - 1] < values[near] - pcm
    return order[near - lower].astype(np.uint8).tobytes()


async def speak(talk: Any, sound: bytes, piece: int) -> None:
    for begin in range(0, len(sound), piece):
        await talk.input_audio_buffer.append(audio=base64.b64encode(sound[begin : begin + piece]).decode())
        await asyncio.sleep(0.02)


async def heard(talk: Any, count: int) -> list[Any]:
    """Events, up to the transcript of that number."""
    got: list[Any] = []
    async with asyncio.timeout(60):
        async for event in talk:
            assert event.type != "error", event
            got.append(event)
            count -= event.type == COMPLETED
            if not count:
                return got
    raise AssertionError([event.type for event in got])


async def test_turns_that_are_spoken_are_transcribed_by_deltas_that_are_never_taken_back(
    server: Stack,
) -> None:
    sound = at(speech.join(0.3, THANKS, 1.2, "agent-loginok", 1.5), 24_000).tobytes()
    async with (
        openai_client(server.url) as client,
        client.realtime.connect(extra_query={"intent": "transcription"}) as talk,
    ):
        await talk.session.update(
            session={"type": "transcription", "audio": {"input": {"transcription": {"language": "en"}}}}
        )
        _, told = await asyncio.gather(speak(talk, sound, 4_800), heard(talk, 2))
    finals = [one for one in told if one.type == COMPLETED]
    for final, name in zip(finals, (THANKS, "agent-loginok"), strict=True):
        mine = [one for one in told if getattr(one, "item_id", "") == final.item_id]
        assert "".join(one.delta for one in mine if one.type == DELTA) == final.transcript
        kinds = [one.type for one in mine if one.type != DELTA]
        assert kinds == [
            "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed", COMPLETED,
        ]  # fmt: skip
        assert speech.errors(speech.plain(speech.said()[name]), speech.plain(final.transcript)) <= 1
        assert 0 < final.usage.seconds < 5


async def test_what_is_committed_is_transcribed_though_no_more_sound_comes(server: Stack) -> None:
    sound = mulaw(at(speech.join(0.3, THANKS, 0.1), 8_000))
    async with (
        openai_client(server.url) as client,
        client.realtime.connect(model="whatever", extra_query={"intent": "transcription"}) as talk,
    ):
        input_: Any = {"format": {"type": "audio/pcmu"}, "turn_detection": None}
        await talk.session.update(session={"type": "transcription", "audio": {"input": input_}})
        await speak(talk, sound, 800)
        await talk.input_audio_buffer.commit()
        told = await heard(talk, 1)
        await talk.input_audio_buffer.append(audio=base64.b64encode(bytes([255]) * 4_000).decode())
        await talk.input_audio_buffer.commit()
        nothing = (await heard(talk, 1))[-1]
    assert speech.errors(speech.plain(speech.said()[THANKS]), speech.plain(told[-1].transcript)) <= 1
    assert "input_audio_buffer.speech_started" not in {one.type for one in told}
    assert nothing.transcript == ""


async def test_who_speaks_is_answered_in_writing_and_whoever_speaks_again_breaks_it_off(
    server: Stack,
) -> None:
    sound = at(speech.join(0.3, THANKS, 1.2), 24_000).tobytes()
    again = at(speech.join("agent-loginok", 1.5), 24_000).tobytes()
    async with openai_client(server.url) as client, client.realtime.connect(model="smollm2-135m") as talk:
        await talk.session.update(
            session={"type": "realtime", "instructions": "Count from one to five hundred, in words."}
        )
        got: list[Any] = []
        speaking = asyncio.create_task(speak(talk, sound, 4_800))
        async with asyncio.timeout(90):
            async for event in talk:
                assert event.type != "error", event
                got.append(event)
                if event.type == "response.output_text.delta" and speaking.done():
                    speaking = asyncio.create_task(speak(talk, again, 4_800))
                if event.type == "response.done" and event.response.status != "completed":
                    break  # one that was over before anybody spoke is followed by the next turn's
        await speaking
    done = got[-1].response
    deltas = [one for one in got if one.type == "response.output_text.delta"]
    text = "".join(one.delta for one in deltas if one.response_id == done.id)
    assert done.output[0].content[0].text == text
    assert (done.status, done.status_details.reason) == ("cancelled", "turn_detected")
