"""The main job through the real service: real speech, Whisper, language model and Redis, each role a process."""

import asyncio
import hashlib
from pathlib import Path

import numpy as np
import pytest

from streaming.errors import Fault
from streaming.events import (
    AudioGap,
    ModerationVerdict,
    ReplyDelta,
    ReplyDone,
    ReplyStarted,
    SessionEnded,
    SessionStarted,
    SpeechStopped,
    TranscriptFinal,
    TranscriptPartial,
    TurnEnded,
)
from streaming.machine import models
from streaming.wire.messages import EndpointingAsked, SessionUpdate
from tests import speech
from tests.conversation import Conversation
from tests.stack import Stack

pytestmark = [pytest.mark.models, pytest.mark.slow]

FIRST, SECOND = "conf-onlyone", "vm-goodbye"
DIALOGUE = speech.join(0.5, FIRST, 1.2, SECOND, 1.2)
WORDS = speech.plain(f"{speech.said()[FIRST]} {speech.said()[SECOND]}")


def balanced(ended: SessionEnded) -> None:
    """Every millisecond is in one term, and none is left over."""
    [account] = ended.accounting
    assert account.duration_ms == account.transcribed_ms + account.silence_ms + sum(account.gap_ms.values())


async def test_words_appear_while_they_are_spoken_and_every_sample_is_accounted_for(server: Stack) -> None:
    async with Conversation(server.url, language="en") as talk:
        await talk.play(DIALOGUE)
        finals = await talk.until(TranscriptFinal, 2)
        partial = next(a for a in talk.arrivals if isinstance(a.message.event, TranscriptPartial))
        talk.client.end()
        [ended] = await talk.until(SessionEnded)

    assert speech.errors(WORDS, speech.plain(talk.text())) <= 1
    first_word = finals[0].words[0]
    assert partial.at <= first_word.end_ms / 1000 + 2.0
    assert sum(p.segment == 1 for p in talk.all(TranscriptPartial)) >= 2
    balanced(ended)
    assert ended.accounting[0].duration_ms == len(DIALOGUE) / 16
    assert ended.accounting[0].transcribed_ms > 0 < ended.accounting[0].silence_ms
    check_times(finals)


def check_times(finals: list[TranscriptFinal]) -> None:
    """Words in order, inside their final, at their offset, where the sound has them."""
    assert [f.segment for f in finals] == [1, 2]
    # where each prompt's sound begins and ends in DIALOGUE, give or take what Whisper's times are worth
    ends = np.cumsum([500, len(speech.prompt(FIRST)) / 16, 1_200, len(speech.prompt(SECOND)) / 16])
    for final, (begin, end) in zip(finals, ((ends[0], ends[1]), (ends[2], ends[3])), strict=True):
        times = [time for word in final.words for time in (word.start_ms, word.end_ms)]
        assert times == sorted(times)
        assert begin - 400 <= times[0] <= begin + 900
        assert end - 900 <= times[-1] <= end + 400
        assert [final.text[w.offset :][: len(w.text)] for w in final.words] == [w.text for w in final.words]
        assert all(0 < word.confidence <= 1 for word in final.words)


async def test_what_is_shown_as_stable_begins_all_that_follows(server: Stack) -> None:
    async with Conversation(server.url, language="en") as talk:
        await talk.play(DIALOGUE)
        talk.client.end()
        await talk.until(SessionEnded)
    stable: dict[int, str] = {}
    for arrival in talk.arrivals:
        match arrival.message.event:
            case TranscriptPartial(segment=segment, text=text, stable=count):
                assert text.startswith(stable.get(segment, ""))
                stable[segment] = text[:count]
            case TranscriptFinal(segment=segment, text=text):
                assert text.startswith(stable.get(segment, ""))
            case _:
                pass
    assert any(stable.values())


async def test_a_reply_is_made_by_the_model_file_on_disk(server: Stack) -> None:
    async with Conversation(server.url, "chat", channels=0) as talk:
        talk.client.text("What is two and two?")
        [done] = await talk.until(ReplyDone)
        talk.client.end()
        await talk.until(SessionEnded)
    name, _, ref = done.made_by.split()[0].partition("@")
    file = next(path for path in Path(models.path(name)).parent.rglob("*.gguf"))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert (done.status, ref) == ("completed", digest[:16])
    [started] = talk.all(SessionStarted)
    assert digest in {served.hash for served in started.serves}
    assert "".join(delta.text for delta in talk.all(ReplyDelta)) == done.text


async def test_finalize_commits_what_is_pending_and_the_session_goes_on(server: Stack) -> None:
    cut = len(speech.prompt(FIRST)) - 4_000
    async with Conversation(server.url, language="en") as talk:
        await talk.play(speech.prompt(FIRST)[:cut])
        talk.client.finalize()
        await talk.until(TurnEnded)
        await talk.play(speech.join(0.5, SECOND, 0.3))
        talk.client.end()
        [ended] = await talk.until(SessionEnded)
    assert talk.all(TurnEnded)[0].reason == "finalize"
    assert "good" in talk.text().lower()
    balanced(ended)


async def test_sound_that_was_lost_is_told_and_the_clock_goes_on(server: Stack) -> None:
    async with Conversation(server.url, language="en") as talk:
        await talk.play(speech.join(0.5, FIRST, 1.0))
        talk.client.skip(32_000)
        await talk.play(speech.join(0.5, SECOND, 1.0))
        talk.client.end()
        [ended] = await talk.until(SessionEnded)
    [gap] = talk.all(AudioGap)
    before = (len(speech.prompt(FIRST)) + 24_000) / 16
    assert (gap.from_ms, gap.to_ms, gap.reason) == (before, before + 2_000, "lost")
    assert ended.accounting[0].gap_ms == {"lost": 2_000}
    balanced(ended)
    assert talk.all(TranscriptFinal)[-1].start_ms > before + 2_000


async def test_a_file_is_read_as_fast_as_the_recogniser_gets_on_and_nothing_is_lost(server: Stack) -> None:
    sound = speech.join(*[part for _ in range(12) for part in (FIRST, 0.8, SECOND, 0.8)])
    async with Conversation(server.url, language="en") as talk:
        await talk.play(sound, pace=100)
        talk.client.end()
        [ended] = await talk.until(SessionEnded, 1, 90)
    balanced(ended)
    assert ended.accounting[0].duration_ms == len(sound) / 16
    assert speech.errors(WORDS * 12, speech.plain(talk.text())) <= len(WORDS)


async def test_silence_and_noise_are_answered_with_nothing(server: Stack) -> None:
    noise = np.random.default_rng(5).normal(0, 600, 4 * speech.RATE).astype(np.int16)
    async with Conversation(server.url, language="en") as talk:
        await talk.play(speech.join(2.0, noise, 1.0), pace=4)
        talk.client.end()
        [ended] = await talk.until(SessionEnded)
    assert talk.all(TranscriptFinal) == talk.all(TranscriptPartial) == []
    assert ended.accounting[0].silence_ms == ended.accounting[0].duration_ms == 7_000


async def test_two_channels_are_two_speakers(server: Stack) -> None:
    left, right = speech.join(0.3, FIRST, 1.5), speech.join(1.5, SECOND, 0.8)
    size = max(len(left), len(right))
    both = np.zeros((size, 2), np.int16)
    both[: len(left), 0], both[: len(right), 1] = left, right
    async with Conversation(server.url, channels=2, language="en") as talk:
        await talk.play(both, pace=4)
        talk.client.end()
        [ended] = await talk.until(SessionEnded)
    heard = [" ".join(f.text for f in talk.all(TranscriptFinal) if f.channel == n) for n in (0, 1)]
    assert speech.errors(speech.plain(speech.said()[FIRST]), speech.plain(heard[0])) <= 1
    assert speech.errors(speech.plain(speech.said()[SECOND]), speech.plain(heard[1])) <= 1
    assert [account.duration_ms for account in ended.accounting] == [size / 16] * 2


async def test_a_connection_cut_in_the_middle_of_a_sentence_loses_no_word(server: Stack) -> None:
    async with Conversation(server.url, language="en") as talk:
        playing = asyncio.create_task(talk.play(DIALOGUE))
        for _ in range(3):
            await asyncio.sleep(1.3)
            assert server.cut() >= 1
        await playing
        talk.client.end()
        [ended] = await talk.until(SessionEnded)
    assert talk.client.resumes >= 3
    assert speech.errors(WORDS, speech.plain(talk.text())) <= 1
    balanced(ended)
    ids = [arrival.message.id for arrival in talk.arrivals if arrival.message.id]
    assert len(ids) == len(set(ids))


async def test_an_update_in_the_middle_changes_the_endpointing(server: Stack) -> None:
    async with Conversation(server.url, language="en") as talk:
        await talk.play(speech.join(0.3, FIRST, 0.6))
        talk.client.update(SessionUpdate(endpointing=EndpointingAsked(silence_ms=3_000)))
        await talk.play(speech.join(1.5, SECOND, 1.5))
        talk.client.end()
        await talk.until(SessionEnded)
    stopped = talk.all(SpeechStopped)
    assert len(stopped) >= 1
    assert len(talk.all(TurnEnded)) <= 2
    assert "good" in talk.text().lower()


async def test_a_session_that_is_over_takes_nothing_more(server: Stack) -> None:
    async with Conversation(server.url, "chat", channels=0) as talk:
        talk.client.end()
        await talk.until(SessionEnded)
        await asyncio.sleep(0.1)
        with pytest.raises(Fault):
            talk.client.text("too late")
    assert talk.all(ReplyStarted) == talk.all(ModerationVerdict) == []
