"""The moderator over a real Redis: what was said becomes events, in order, masked where it must be."""

import asyncio

from moderation.worker import Moderator
from streaming.bus import Bus
from streaming.events import (
    ModerationVerdict,
    ReplyDelta,
    ReplyDone,
    ReplyStarted,
    SessionEnded,
    TranscriptFinal,
    TranscriptPartial,
    TurnEnded,
)
from tests.integration.moderator_session import (
    ACCOUNT,
    CARD,
    END,
    NO_MORE,
    all_at_once,
    endpoint,
    final,
    finished,
    kinds,
    log,
    partial,
    put,
    serving,
    session,
    started,
    until,
    wrote,
)


async def test_a_turn_and_its_reply_become_events_in_order(bus: Bus, moderator: Moderator) -> None:
    await session(bus)
    task = await serving(bus, moderator)
    await put(bus, [final(1, "Hello there."), endpoint()])
    await until(bus, 3)
    await put(bus, [started(1, 1), *wrote(1, "Good |day."), finished(1, 1), END, NO_MORE])
    await asyncio.wait_for(task, 10)
    events = await log(bus)
    told = [kind for kind in kinds(events) if kind not in ("ReplyDelta", "AudioEnded")]
    turn, reply = "TranscriptFinal ModerationVerdict TurnEnded", "ReplyStarted ModerationVerdict ReplyDone"
    assert told == [*turn.split(), *reply.split(), "SessionEnded"]
    # The sound's end comes from another stream than the reply: it may be told before the reply is done.
    assert kinds(events).count("AudioEnded") == 1
    assert kinds(events)[-3:] in (
        ["ReplyDone", "AudioEnded", "SessionEnded"],
        ["ModerationVerdict", "ReplyDone", "SessionEnded"],
    )
    assert "".join(event.text for event in events if isinstance(event, ReplyDelta)) == "Good day."
    done = next(event for event in events if isinstance(event, ReplyDone))
    assert (done.status, done.text, done.answers) == ("completed", "Good day.", 1)
    assert all(event.time.endswith("Z") and len(event.time) == 24 for event in events)
    passed = [event for event in events if isinstance(event, ModerationVerdict)]
    assert [(one.action, one.span) for one in passed] == [("pass", (0, 12)), ("pass", (0, 9))]
    ended = events[-1]
    assert isinstance(ended, SessionEnded)
    assert ended.accounting == ACCOUNT


async def test_the_words_of_a_masked_number_are_one_word_with_its_replacement(
    bus: Bus, moderator: Moderator
) -> None:
    facts = [final(1, f"it is {CARD}, thanks"), endpoint(), END]
    events = await all_at_once(bus, moderator, facts, "transcribe")
    said = next(event for event in events if isinstance(event, TranscriptFinal))
    assert said.text == "it is [card number], thanks"
    assert [word.text for word in said.words] == ["it", "is", "[card number]", "thanks"]
    assert all(said.text[word.offset :].startswith(word.text) for word in said.words)
    assert (said.words[2].start_ms, said.words[2].end_ms) == (2000, 5900)


async def test_a_number_that_goes_on_in_the_next_final_of_the_turn_is_masked_in_both(
    bus: Bus, moderator: Moderator
) -> None:
    first, second = final(1, "my card is 4111 1111"), final(2, "1111 1111 thanks")
    facts = [first, partial(2, "1111 11"), second, endpoint(), END]
    events = await all_at_once(bus, moderator, facts, "transcribe")
    texts = [event.text for event in events if isinstance(event, TranscriptFinal)]
    assert texts == ["my card is [card number]", "[card number] thanks"]
    assert [event.segments for event in events if isinstance(event, TurnEnded)] == [[1, 2]]


async def test_partials_grow_as_bullets_where_a_number_may_come(bus: Bus, moderator: Moderator) -> None:
    await session(bus, "transcribe")
    task = await serving(bus, moderator)
    for revision, text in enumerate(
        ["my card is", "my card is 4111 11", f"my card is {CARD} thank", f"my card is {CARD} thanks"]
    ):
        await put(bus, [partial(1, text, min(len(text), 15), revision)])
        await until(bus, revision + 1)
    await put(bus, [final(1, f"my card is {CARD} thanks"), endpoint(), END])
    await asyncio.wait_for(task, 10)
    events = await log(bus)
    partials = [event for event in events if isinstance(event, TranscriptPartial)]
    assert [one.text for one in partials] == [
        "my card is",
        "my card is •••••••",
        "my card is [card number] thank",
        "my card is [card number] thanks",
    ]
    assert {one.segment for one in partials} == {1}
    said = next(event for event in events if isinstance(event, TranscriptFinal))
    assert all(said.text.startswith(one.text[: one.stable]) for one in partials)
    assert not any(isinstance(event, ReplyStarted) for event in events)
