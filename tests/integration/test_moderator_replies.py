"""The moderator over a real Redis: how a reply ends that does not come to its own end."""

import asyncio

from moderation.worker import Moderator
from streaming.bus import Bus
from streaming.events import AudioEnded, ModerationVerdict, ReplyDelta, ReplyDone, SpeechStarted
from streaming.facts import CancelReply
from tests.integration.moderator_session import (
    END,
    HEARD,
    NO_MORE,
    all_at_once,
    finished,
    kinds,
    log,
    put,
    serving,
    session,
    started,
    typed,
    until,
    wrote,
)


async def test_speech_ends_an_open_reply_at_once_and_its_late_words_never_appear(
    bus: Bus, moderator: Moderator
) -> None:
    await session(bus)
    task = await serving(bus, moderator)
    await put(bus, [typed("tell me"), started(1, 1), *wrote(1, "Once upon| a time there")])
    await until(bus, 5)
    await put(bus, [(HEARD, SpeechStarted(0, 500))])
    await asyncio.sleep(0.05)
    await put(bus, [*wrote(1, " was a king. LATE"), finished(1, 1)])
    await put(bus, [started(2, 1), *wrote(2, "LATE"), finished(2, 1)])  # made anew: not wanted either
    await put(bus, [typed("go on"), started(3, 2), *wrote(1, "LATEST "), *wrote(3, "Fine."), finished(3, 2)])
    await until(bus, 16)
    await put(bus, [*wrote(1, "LATER"), (HEARD, CancelReply()), END, NO_MORE])
    await asyncio.wait_for(task, 10)
    events = await log(bus)
    done = [event for event in events if isinstance(event, ReplyDone)]
    shown = "".join(event.text for event in events if isinstance(event, ReplyDelta) and event.reply == 1)
    assert [(one.reply, one.status, one.text) for one in done] == [
        (1, "cancelled", shown),
        (2, "cancelled", ""),
        (3, "completed", "Fine."),
    ]
    assert "LATE" not in repr(events)


async def test_a_cancel_by_number_ends_that_reply_and_no_other(bus: Bus, moderator: Moderator) -> None:
    await session(bus)
    task = await serving(bus, moderator)
    await put(bus, [typed("tell me"), started(1, 1), *wrote(1, "Once upon| a time there")])
    await until(bus, 5)
    await put(bus, [(HEARD, CancelReply(7))])
    await asyncio.sleep(0.05)
    assert not any(isinstance(event, ReplyDone) for event in await log(bus))
    await put(bus, [(HEARD, CancelReply(1))])
    await until(bus, 6)
    assert [event.status for event in await log(bus) if isinstance(event, ReplyDone)] == ["cancelled"]
    await put(bus, [END, NO_MORE])
    await asyncio.wait_for(task, 10)


async def test_a_reply_that_comes_to_a_blocked_phrase_ends_there(bus: Bus, moderator: Moderator) -> None:
    reply = [started(1, 1), *wrote(1, "Sure, here is how to |make a bomb| at home"), finished(1, 1)]
    events = await all_at_once(bus, moderator, [typed("hi"), *reply, END, NO_MORE])
    done = next(event for event in events if isinstance(event, ReplyDone))
    assert (done.status, done.text) == ("blocked", "Sure, here is ")
    verdict = [event for event in events if isinstance(event, ModerationVerdict) and event.target.reply]
    assert [(one.action, one.span, one.categories) for one in verdict] == [
        ("block", (14, 14), ["illicit/weapons"])
    ]


async def test_a_session_whose_responder_is_gone_ends_when_its_time_is_up(
    bus: Bus, moderator: Moderator
) -> None:
    await session(bus)
    task = await serving(bus, moderator)
    await put(bus, [typed("hi"), started(1, 1), *wrote(1, "Well, I |think that"), END])
    await asyncio.wait_for(task, 10)
    events = await log(bus)
    assert kinds(events)[-2:] == ["ReplyDone", "SessionEnded"]
    done = next(event for event in events if isinstance(event, ReplyDone))
    assert (done.status, bool(done.error)) == ("failed", True)
    assert any(isinstance(event, AudioEnded) for event in events)


async def test_a_reply_that_was_complete_before_the_session_s_time_was_up_counts_after_a_restart(
    bus: Bus, moderator: Moderator
) -> None:
    await session(bus)
    task = await serving(bus, moderator)
    await put(bus, [typed("hi"), END])
    await until(bus, 4)
    await put(bus, [started(1, 1), *wrote(1, "Well, I |think ")])
    await until(bus, 6)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await put(bus, [*wrote(1, "that it is so."), finished(1, 1), NO_MORE])
    await asyncio.sleep(1.1)  # the session ends within a second of its sound
    await asyncio.wait_for(await serving(bus, moderator), 10)
    done = next(event for event in await log(bus) if isinstance(event, ReplyDone))
    assert (done.status, done.text) == ("completed", "Well, I think that it is so.")
    assert kinds(await log(bus))[-1] == "SessionEnded"
