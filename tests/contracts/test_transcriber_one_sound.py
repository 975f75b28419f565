"""A transcription server that always fails at one sound and is well with all others."""

import threading
import time

from asr.remote.engine import Closed
from streaming.errors import ServiceFault
from tests.contracts.test_transcriber_faults import TEXT, question, quick
from tests.transcription_server import Told, transcription_server


def test_sound_at_which_alone_a_server_fails_is_an_error_and_one_that_fails_at_all_is_waited_for() -> None:
    wrong: list[Exception] = []
    with transcription_server() as server:
        server.reply = lambda asked: Told(500, {"error": "oops"}) if len(asked.sound) > 50_000 else TEXT
        engine = quick(server.url)

        def final() -> None:
            try:
                engine.run([question(final=True, seconds=2.0)])
            except (ServiceFault, Closed) as fault:
                wrong.append(fault)

        waiting = threading.Thread(target=final)
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
        ends = time.monotonic() + 10
        while waiting.is_alive() and time.monotonic() < ends:
            engine.run([question(seconds=0.5)])
        engine.close()
        waiting.join()
    assert [getattr(fault, "code", "") for fault in wrong] == ["asr_busy"]
