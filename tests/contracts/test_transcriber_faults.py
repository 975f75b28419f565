"""Whatever goes wrong at a transcription server: a partial is left out, a final waits, and it is said what is wrong."""

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from asr.hearing.sound import Float32
from asr.remote.engine import Closed, Remote
from asr.remote.policy import RemotePolicy
from asr.remote.written import read
from asr.whisper.passes import Answer, Question
from streaming.errors import ServiceFault
from tests.transcription_server import KEY, Asked, Reply, Told, TranscriptionServer, transcription_server

TEXT = Told(200, {"text": "Good morning.", "language": "english"})


def question(*, final: bool = False, seconds: float = 2.0) -> Question:
    view: Float32 = np.zeros(round(seconds * 16_000) + 240, np.float32)
    heard = round(seconds * 100)
    return Question(view, heard, heard, (), (), 0.2, 0.2, seconds - 0.2, None, "en", final)


def quick(url: str, **changes: Any) -> Remote:
    plain: dict[str, Any] = {"again_s": 0.02, "latest_s": 0.1, "timeout_s": 5.0}
    return Remote(RemotePolicy(url, KEY, **{**plain, **changes}))


@pytest.fixture
def server() -> Iterator[TranscriptionServer]:
    with transcription_server() as server:
        server.reply = lambda _: TEXT
        yield server


@pytest.fixture
def engine(server: TranscriptionServer) -> Iterator[Remote]:
    engine = quick(server.url)
    yield engine
    engine.close()


def after(faults: list[Told]) -> Reply:
    """Answers with these, one after the other, and then with the text."""
    left = iter(faults)
    return lambda _: next(left, TEXT)


def ask(engine: Remote, **changes: Any) -> Answer:
    return engine.run([question(**changes)])[0]


def test_a_request_is_what_openais_own_clients_send(engine: Remote, server: TranscriptionServer) -> None:
    assert read(ask(engine, final=True).tokens) == " Good morning."
    (asked,) = server.asked
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert asked.fields["model"] == ["whisper-1"]
    assert asked.fields["response_format"] == ["verbose_json"]
    assert asked.fields["timestamp_granularities[]"] == ["word", "segment"]
    assert "language" not in asked.fields
    assert asked.sound[:4] == b"RIFF"
    assert len(asked.sound) == 44 + 2 * (2 * 16_000 - 160)


def test_hot_words_are_a_prompt_and_a_translation_is_asked_for_as_one(
    engine: Remote, server: TranscriptionServer
) -> None:
    plain = question(final=True)
    hinted = replace(plain, context=engine.words.tokens("Vivavoce, Überlingen."), language="de-AT")
    _, english = engine.run([hinted, replace(hinted, translate=True, context=())])
    assert (english.language, english.told) == ("de-AT", False)
    said, translated = server.asked
    assert said.path == "/v1/audio/transcriptions"
    assert (said.fields["prompt"], said.fields["language"]) == (["Vivavoce, Überlingen."], ["de"])
    assert translated.path == "/v1/audio/translations"
    assert not {"prompt", "language"} & set(translated.fields)


def test_sound_that_is_too_short_for_a_server_gets_silence_behind_it(
    engine: Remote, server: TranscriptionServer
) -> None:
    ask(engine, final=True, seconds=0.3)
    assert len(server.asked[0].sound) == 44 + 2 * 16_000


@pytest.mark.parametrize(
    ("told", "trouble"),
    [
        (Told(401, {"error": {"message": f"wrong key {KEY}"}}), "answers 401: wrong key •••"),
        (Told(429, {"error": "slow down"}), "answers 429: slow down"),
        (Told(500, b"<html>oops</html>"), "answers 500: <html>oops</html>"),
        (Told(200, b"<html>a proxy</html>"), "is no transcription"),
        (Told(200, {"words": 3}), "is no transcription"),
        (Told(200, {"id": "x"}), "there is no text in it"),
        (Told(200, b'{"text": "\xff"}'), "is no transcription"),
    ],
)
def test_a_fault_costs_a_partial_and_a_final_is_asked_for_again(
    engine: Remote, server: TranscriptionServer, told: Told, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    server.reply = after([told, told, told])
    with caplog.at_level(logging.WARNING):
        assert ask(engine).missed
        assert trouble in engine.trouble
        assert read(ask(engine, final=True).tokens) == " Good morning."
    assert engine.trouble == ""
    assert len(server.asked) == 4
    assert [record.message.partition(";")[0] for record in caplog.records][1:] == [
        "the transcription server is well again"
    ]
    assert KEY not in caplog.text


def test_while_a_server_is_away_partials_do_not_even_try(server: TranscriptionServer) -> None:
    engine = quick(server.url, again_s=60.0, latest_s=60.0)
    server.reply = after([Told(503, {})])
    assert ask(engine).missed
    assert ask(engine).missed
    assert len(server.asked) == 1
    engine.close()


def test_a_server_is_left_alone_for_as_long_as_it_asks(server: TranscriptionServer) -> None:
    engine = quick(server.url, latest_s=5.0)
    server.reply = after([Told(429, {}, {"retry-after": "1"})])
    begun = time.monotonic()
    assert read(ask(engine, final=True).tokens) == " Good morning."
    assert time.monotonic() - begun >= 1
    engine.close()


def test_a_server_that_does_not_answer_in_time_has_failed(server: TranscriptionServer) -> None:
    engine, gate = quick(server.url, timeout_s=0.2), threading.Event()

    def slow(_: Asked) -> Told:
        gate.wait(5)
        return TEXT

    server.reply = slow
    assert ask(engine).missed
    assert engine.trouble == "the transcription server did not answer within 0.2 s"
    gate.set()
    assert read(ask(engine, final=True).tokens) == " Good morning."
    engine.close()


def test_a_final_waits_for_a_server_that_is_not_there_yet() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    engine = quick(f"http://127.0.0.1:{port}")
    assert ask(engine).missed
    assert engine.trouble.startswith(f"the transcription server at 127.0.0.1:{port} cannot be reached")
    server = TranscriptionServer(port)
    server.reply = lambda _: TEXT
    answers: list[Answer] = []
    waiting = threading.Thread(target=lambda: answers.append(ask(engine, final=True)))
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    server.start()
    waiting.join(5)
    assert [read(answer.tokens) for answer in answers] == [" Good morning."]
    server.stop()
    engine.close()


def test_a_server_that_sends_a_byte_now_and_then_has_failed_as_well() -> None:
    gone = threading.Event()

    def dribble(listener: socket.socket) -> None:
        with listener, listener.accept()[0] as peer, contextlib.suppress(OSError):
            peer.recv(1 << 20)
            peer.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n")
            while not gone.wait(0.05):
                peer.sendall(b" ")

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=dribble, args=(listener,))
    thread.start()
    engine = quick(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout_s=0.4)
    assert ask(engine).missed
    assert engine.trouble == "the transcription server did not answer within 0.4 s"
    gone.set()
    engine.close()
    thread.join(5)


@pytest.mark.parametrize("answers", [True, False])
def test_a_final_is_given_up_when_the_engine_is_closed(server: TranscriptionServer, answers: bool) -> None:
    engine = quick(server.url, again_s=60.0, latest_s=60.0, timeout_s=60.0)
    gate = threading.Event()
    server.reply = lambda _: Told(503, {}) if answers or gate.wait(20) else TEXT
    raised: list[Exception] = []

    def wait() -> None:
        try:
            ask(engine, final=True)
        except Closed as closed:
            raised.append(closed)

    waiting = threading.Thread(target=wait)
    waiting.start()
    while not server.asked:
        time.sleep(0.01)
    engine.close()
    waiting.join(5)
    assert len(raised) == 1
    gate.set()


def test_sound_that_a_server_refuses_again_and_again_is_an_error_and_holds_nobody_else_up(
    engine: Remote, server: TranscriptionServer
) -> None:
    refused = Told(400, {"error": {"message": "cannot decode"}})
    server.reply = lambda asked: refused if len(asked.sound) > 70_000 else TEXT
    with pytest.raises(ServiceFault, match="answers 400: cannot decode") as caught:
        ask(engine, final=True, seconds=3.0)
    assert caught.value.code == "asr_refused"
    assert len(server.asked) == 3
    assert ask(engine, seconds=3.0).missed
    assert read(ask(engine, final=False).tokens) == " Good morning."
