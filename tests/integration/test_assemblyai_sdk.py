"""AssemblyAI's own client, unmodified, with real speech through the whole service."""

import queue
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from assemblyai.streaming.v3 import (
    StreamingClient,
    StreamingClientOptions,
    StreamingEvents,
    StreamingParameters,
    StreamingSessionParameters,
)

from tests import speech
from tests.stack import Stack

pytestmark = [pytest.mark.models, pytest.mark.slow]

FIRST, SECOND = "conf-onlyone", "vm-goodbye"


class Listener:
    """A client and what it tells its user."""

    def __init__(self, url: str, **who: Any) -> None:
        options = StreamingClientOptions(api_host=url.replace("http", "ws", 1), terminate_timeout=30, **who)
        self.client: Any = StreamingClient(options)
        self.events: queue.Queue[Any] = queue.Queue()
        self.turns: list[Any] = []
        for kind in StreamingEvents:
            self.client.on(kind, lambda _, event: self._note(event))

    def _note(self, event: Any) -> None:
        if getattr(event, "type", "") == "Turn":
            self.turns.append(event)
        self.events.put(event)

    def next(self, kind: str, seconds: float = 30) -> Any:
        """The next event of a kind, `RealTimeError` or one of theirs."""
        deadline = time.monotonic() + seconds
        while True:
            event = self.events.get(timeout=max(0.01, deadline - time.monotonic()))
            if getattr(event, "type", type(event).__name__) == kind:
                return event

    def end(self) -> Any:
        """The end of a turn."""
        while not (turn := self.next("Turn")).end_of_turn:
            pass
        return turn

    def play(self, pcm: speech.Pcm, pause_s: float = 0.05) -> None:
        for at in range(0, len(pcm), 800):
            self.client.stream(pcm[at : at + 800].tobytes())
            time.sleep(pause_s)


@contextmanager
def listening(url: str, **asked: Any) -> Generator[Listener]:
    listener = Listener(url, api_key="any")
    listener.client.connect(StreamingParameters(sample_rate=16_000, **asked))
    try:
        yield listener
    finally:
        listener.client.disconnect()


def test_live_speech_is_told_turn_by_turn_as_it_grows(server: Stack) -> None:
    pcm = speech.join(0.5, FIRST, 1.6, SECOND, 0.3)
    with listening(server.url, speech_model="universal-streaming-english", format_turns=True) as heard:
        begun = heard.next("Begin")
        heard.play(pcm)
        heard.client.disconnect(terminate=True)
        terminated = heard.next("Termination")
    ended = [turn for turn in heard.turns if turn.end_of_turn]
    assert [turn.turn_order for turn in ended] == [0, 1]
    assert all(turn.turn_is_formatted for turn in ended)
    for name, turn in zip((FIRST, SECOND), ended, strict=True):
        assert speech.errors(speech.plain(speech.said()[name]), speech.plain(turn.transcript)) <= 1
    growing = [turn for turn in heard.turns if not turn.end_of_turn]
    assert any(not word.word_is_final for turn in growing for word in turn.words)
    assert ended[0].words[0].start >= 400
    assert ended[1].words[0].start > ended[0].words[-1].end
    assert abs(terminated.audio_duration_seconds - len(pcm) / 16_000) <= 1
    assert begun.id


def test_a_turn_ends_when_the_client_says_so(server: Stack) -> None:
    with listening(server.url, language_codes=["en"], max_turn_silence=5_000) as heard:
        heard.client.set_params(StreamingSessionParameters(keyterms_prompt=["conference"]))
        heard.play(speech.join(FIRST, 0.2), 0)  # all at once
        heard.client.keep_alive()
        heard.client.force_endpoint()
        turn = heard.end()
        assert speech.errors(speech.plain(speech.said()[FIRST]), speech.plain(turn.transcript)) <= 1
        heard.client.disconnect(terminate=True)
        assert heard.next("Termination").session_duration_seconds is not None
