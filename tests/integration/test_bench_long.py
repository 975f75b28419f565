"""The long measurements, in short: whole corpora, hours of speech, hours of silence."""

import argparse
from pathlib import Path

import pytest

from streaming.bench.speech import clips
from tests.bench import corpus, hours
from tests.bench.served import through_redis

pytestmark = pytest.mark.models


def test_digital_silence_is_no_word_and_next_to_no_work() -> None:
    watch = hours.on_a_virtual_clock(hours.silence(75), "tiny.en")
    told = watch.report()
    assert (told["words"], told["facts"], told["unaccounted_ms"]) == (0, 1, 0)
    assert watch.ended
    assert watch.ended.accounting[0].silence_ms == 75_000
    assert told["rss_mb"][-1] - told["rss_mb"][0] < 5


async def test_a_long_session_leaves_no_more_in_redis_than_its_last_seconds() -> None:
    watch, most = await through_redis(hours.speech(26), "tiny.en", 12)
    told = watch.report()
    assert told["words"] > 20
    assert told["unaccounted_ms"] == 0
    assert 0 < most["sound_entries"] <= 170
    assert 0 < most["state_bytes"] < 60_000


def test_a_corpus_is_streamed_and_passed_over_offline_and_what_is_kept_is_not_done_again(
    tmp_path: Path,
) -> None:
    options = argparse.Namespace(model="tiny.en", language="en", detect=False)
    [task] = corpus.tasks(clips()[:3], 60, options)[:1]
    found = corpus.done(task, tmp_path)
    [kept] = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes().replace(b'"kind":"sentences"', b'"kind":"kept"'))
    assert corpus.done(task, tmp_path).kind == "kept"
    figures = corpus.figures([found], "en")["sentences"]
    assert figures["streamed"]["wer"] < 25
    assert figures["offline"]["wer"] < 25
    assert figures["streamed"]["words"] == figures["offline"]["words"] > 10
