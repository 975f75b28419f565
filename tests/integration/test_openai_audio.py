"""Files that are transcribed and translated, as OpenAI's own client sends them; Whisper hears them."""

import io
import json
import math
import re
import time
import wave
from typing import Any, cast

import av
import httpx
import openai
import pytest

from tests import speech
from tests.completing import openai_client, serving_api
from tests.contracts.fake_llm import fake_llm
from tests.stack import Stack

pytestmark = [
    pytest.mark.models,
    pytest.mark.filterwarnings(
        "ignore:deprecated:DeprecationWarning"
    ),  # the client says so of its translations
]
NAMES = ("auth-thankyou", "agent-loginok")


def wav(pcm: speech.Pcm) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, speech.RATE, 0, "NONE", ""))
        file.writeframes(pcm.tobytes())
    return out.getvalue()


def mp3(pcm: speech.Pcm) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp3") as container:
        stream: Any = container.add_stream("mp3", rate=speech.RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(pcm[None, :], "s16", "mono")
        frame.sample_rate = speech.RATE
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return out.getvalue()


def spoken() -> speech.Pcm:
    return speech.join(0.3, NAMES[0], 1.2, NAMES[1], 0.8)


def expected() -> list[str]:
    return [word for name in NAMES for word in speech.plain(speech.said()[name])]


async def test_a_file_is_transcribed_in_each_of_the_shapes_and_faster_than_it_plays(server: Stack) -> None:
    sound = spoken()
    async with openai_client(server.url) as client:
        ask = client.audio.transcriptions
        began = time.monotonic()
        made = await ask.create(file=("a.mp3", mp3(sound)), model="whisper-1", language="en", temperature=0.2)
        took = time.monotonic() - began
        assert speech.errors(expected(), speech.plain(made.text)) <= 2
        assert cast(Any, made.usage).seconds == pytest.approx(len(sound) / speech.RATE, abs=0.2)
        assert took < len(sound) / speech.RATE
        whole = await ask.create(
            file=("a.wav", wav(sound)), model="whisper-1", prompt="A call.", response_format="verbose_json",
            timestamp_granularities=["word", "segment"],
        )  # fmt: skip
        assert (whole.language, whole.text) == ("english", " ".join(one.text for one in whole.segments or []))
        assert [word for one in whole.words or [] for word in speech.plain(one.word)] == speech.plain(
            whole.text
        )
        assert all(0 <= one.start <= one.end <= whole.duration for one in whole.words or [])
        assert all(
            one.avg_logprob <= 0 and not math.isnan(one.compression_ratio) for one in whole.segments or []
        )
        srt = await ask.create(file=("a.wav", wav(sound)), model="x", response_format="srt")
        assert re.match(r"1\n00:00:0\d,\d{3} --> 00:00:0\d,\d{3}\n\S", srt)
        vtt = await ask.create(file=("a.wav", wav(sound)), model="x", response_format="vtt")
        assert vtt.startswith("WEBVTT\n\n1\n00:00:0")
        assert speech.errors(expected(), speech.plain(re.sub(r"[\d:.,>\n-]+|<[^>]*>|WEBVTT", " ", vtt))) <= 2


async def test_a_file_is_told_as_it_is_heard_and_translated_whole(server: Stack) -> None:
    async with openai_client(server.url) as client:
        stream = await client.audio.transcriptions.create(
            file=("a.wav", wav(spoken())), model="x", stream=True, language="en"
        )
        events = [event async for event in stream]
        assert [event.type for event in events][-1] == "transcript.text.done"
        deltas = [event.delta for event in events if event.type == "transcript.text.delta"]
        assert "".join(deltas) == cast(Any, events[-1]).text
        assert len(deltas) >= 2
        made = await client.audio.translations.create(  # pyright: ignore[reportDeprecated]
            file=("a.wav", wav(spoken())), model="x", response_format="verbose_json"
        )
        assert (made.language, speech.errors(expected(), speech.plain(made.text)) <= 2) == ("english", True)


async def test_what_is_no_sound_or_asks_for_what_is_not_done_is_told_in_the_clients_own_terms(
    server: Stack,
) -> None:
    sound = wav(speech.join(0.2))
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n"
    wrong: list[tuple[bytes, dict[str, Any], str]] = [
        (b"no sound at all", {}, "file"),
        (playlist, {}, "file"),
        (sound[:44], {}, "file"),
        (sound, {"language": "klingon"}, "language"),
        (sound, {"response_format": "diarized_json"}, "response_format"),
        (sound, {"include": ["logprobs"]}, "include"),
        (sound, {"timestamp_granularities": cast(Any, ["syllable"])}, "timestamp_granularities"),
    ]
    async with openai_client(server.url) as client:
        for content, more, param in wrong[:2] + wrong[3:]:
            with pytest.raises(openai.BadRequestError) as refused:
                await client.audio.transcriptions.create(file=("a.bin", content), model="x", **more)
            assert refused.value.param == param, refused.value.body
            assert "/tmp" not in refused.value.message
        empty = await client.audio.transcriptions.create(file=("a.wav", sound), model="x")
        assert empty.text == ""
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as web:
        for content, headers in ((b"{}", {"content-type": "application/json"}), (b"x", {})):
            answer = await web.post("/v1/audio/transcriptions", content=content, headers=headers)
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_content_type")
        form = {"content-type": "multipart/form-data; boundary=b"}
        answer = await web.post("/v1/audio/transcriptions", content=b"--b\r\nnonsense", headers=form)
        assert answer.status_code == 400
        answer = await web.post("/v1/audio/transcriptions", files={"other": b"x"}, data={"model": "x"})
        assert answer.json()["error"]["param"] == "file"
        assert json.loads(answer.text)["error"]["type"] == "invalid_request_error"


async def test_a_file_that_is_too_large_is_refused_before_it_is_all_here(redis_url: str) -> None:
    async with fake_llm() as llm, serving_api(redis_url, llm, "gateway", upload_bytes=10_000) as url:
        async with openai_client(url) as client:
            with pytest.raises(openai.APIStatusError) as refused:
                await client.audio.transcriptions.create(file=("a.wav", bytes(20_000)), model="x")
        assert (refused.value.status_code, refused.value.param) == (413, "file")
        async with httpx.AsyncClient(base_url=url) as web:
            members = {"model": "x", "prompt": "y" * 70_000}
            answer = await web.post("/v1/audio/transcriptions", files={"file": b"x"}, data=members)
            assert (answer.status_code, answer.json()["error"]["param"]) == (413, "prompt")
