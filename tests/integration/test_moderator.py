"""The moderator over a real Redis: what is written, what is gone, and what a restart changes (nothing)."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence

import msgspec
import pytest

from moderation.policy import ModerationPolicy
from moderation.worker import Moderator
from streaming import keys
from streaming.bus import Bus
from streaming.events import (
    AudioEnded,
    ChannelAccount,
    Event,
    ModerationVerdict,
    ReplyDelta,
    ReplyDone,
    ReplyStarted,
    SessionEnded,
    SpeechStarted,
    TranscriptFinal,
    TranscriptPartial,
    TurnEnded,
    Word,
)
from streaming.facts import (
    CancelReply,
    Draft,
    DraftDelta,
    DraftDone,
    DraftStarted,
    Endpoint,
    Heard,
    HeardFinal,
    HeardPartial,
    RepliesEnded,
    SessionConfig,
    SoundEnded,
    Typed,
)
from streaming.lease import Lease

SID = "s1"
CARD = "4111 1111 1111 1111"
ACCOUNT = [ChannelAccount(0, 1000.0, 800.0, 200.0, {})]
Fact = tuple[str, Heard | Draft]
HEARD, DRAFT, EVENTS = keys.heard(SID), keys.draft(SID), keys.events(SID)


def final(utterance: int, text: str, channel: int = 0) -> Fact:
    """A final of one word a second."""
    words, place = list[Word](), 0
    for number, word in enumerate(text.split()):
        place = text.index(word, place)
        words.append(Word(word, place, 1000 * number, 1000 * number + 900, 0.9))
        place += len(word)
    at = 10_000 * utterance
    return HEARD, HeardFinal(utterance, channel, text, at, at + 9_000, words, "en", 0.9, "asr@0")


def partial(utterance: int, text: str, stable: int = 0, revision: int = 1) -> Fact:
    return HEARD, HeardPartial(utterance, 0, revision, text, stable)


def started(reply: int, answers: int) -> Fact:
    return DRAFT, DraftStarted(reply, answers, "llm@0")


def wrote(reply: int, *texts: str) -> list[Fact]:
    return [(DRAFT, DraftDelta(reply, text)) for text in texts]


def finished(reply: int, answers: int) -> Fact:
    return DRAFT, DraftDone(reply, answers, "completed", "llm@0")


def endpoint(channel: int = 0) -> Fact:
    return HEARD, Endpoint(channel, "silence")


END: Fact = (HEARD, SoundEnded(ACCOUNT))
NO_MORE: Fact = (DRAFT, RepliesEnded())


@pytest.fixture
async def worker() -> AsyncIterator[Moderator]:
    """A started worker."""
    worker = Moderator(ModerationPolicy(end_timeout_s=1.0))
    served = await worker.start()
    assert [one.ref for one in served] == [f"rules@{served[0].hash[:16]}"]
    yield worker
    await worker.stop()


async def session(bus: Bus, mode: str = "chat") -> None:
    """A session that exists."""
    await bus.call("FLUSHALL")
    config = msgspec.json.encode(SessionConfig(session_id=SID, mode=mode))  # type: ignore[arg-type]
    await bus.call("HSET", keys.session(SID), "config", config, "socket", "1")


async def serving(bus: Bus, worker: Moderator) -> asyncio.Task[None]:
    lease = await Lease.claim(bus, "moderator", SID, "w")
    assert lease is not None
    return asyncio.create_task(worker.serve(lease, bus))


async def put(bus: Bus, facts: Sequence[Fact]) -> None:
    for key, fact in facts:
        await bus.append(key, msgspec.json.encode(fact), ttl_ms=60_000)


async def log(bus: Bus) -> list[Event]:
    return [msgspec.json.decode(entry.body, type=Event) for entry in await bus.read(EVENTS)]


async def until(bus: Bus, count: int) -> list[Event]:
    """The log, once it has `count` events."""
    feed = bus.open({EVENTS: "0-0"})
    events: list[Event] = []
    async with asyncio.timeout(10):
        while len(events) < count:
            events += [msgspec.json.decode(entry.body, type=Event) for entry in await feed.get()]
    feed.close()
    return events


async def all_at_once(bus: Bus, worker: Moderator, facts: Sequence[Fact], mode: str = "chat") -> list[Event]:
    """The log of a session that has these facts."""
    await session(bus, mode)
    await put(bus, facts)
    await asyncio.wait_for(await serving(bus, worker), 10)
    return await log(bus)


async def dump(bus: Bus, *, without: Sequence[str] = ()) -> bytes:
    """Everything that Redis has, but the keys of `without`."""
    out = b""
    for key in await bus.call("KEYS", "*"):
        if key.decode() in without:
            continue
        kind = await bus.call("TYPE", key)
        if kind == b"stream":
            out += repr(await bus.call("XRANGE", key, "-", "+")).encode()
        elif kind == b"hash":
            out += repr(await bus.call("HGETALL", key)).encode()
        else:
            out += repr(await bus.call("DUMP", key)).encode()
    return out


def kinds(events: Sequence[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


async def test_a_turn_and_its_reply_become_events_in_order(bus: Bus, worker: Moderator) -> None:
    facts = [
        final(1, "Hello there."),
        endpoint(),
        started(1, 1),
        *wrote(1, "Good ", "day."),
        finished(1, 1),
        END,
        NO_MORE,
    ]
    await session(bus)
    task = await serving(bus, worker)
    await put(bus, facts[:2])
    await until(bus, 3)
    await put(bus, facts[2:])
    await asyncio.wait_for(task, 10)
    events = await log(bus)
    assert [kind for kind in kinds(events) if kind != "ReplyDelta"] == [
        "TranscriptFinal",
        "ModerationVerdict",
        "TurnEnded",
        "ReplyStarted",
        "ModerationVerdict",
        "ReplyDone",
        "AudioEnded",
        "SessionEnded",
    ] or kinds(events)[-3:] == ["ModerationVerdict", "ReplyDone", "SessionEnded"]
    assert "".join(event.text for event in events if isinstance(event, ReplyDelta)) == "Good day."
    done = next(event for event in events if isinstance(event, ReplyDone))
    assert (done.status, done.text, done.answers) == ("completed", "Good day.", 1)
    assert all(event.time.endswith("Z") and len(event.time) == 24 for event in events)
    passed = [event for event in events if isinstance(event, ModerationVerdict)]
    assert [(one.action, one.span) for one in passed] == [("pass", (0, 12)), ("pass", (0, 9))]
    assert events[-1].accounting == ACCOUNT if isinstance(events[-1], SessionEnded) else False


async def test_a_card_number_is_in_no_key_but_heard_and_draft_before_its_verdict_and_in_none_after_it(
    bus: Bus, worker: Moderator
) -> None:
    await session(bus)
    task = await serving(bus, worker)
    said = [
        partial(1, f"my card is {CARD[:9]}", 11),
        partial(1, f"my card is {CARD}", 11),
        final(1, f"my card is {CARD}."),
    ]
    draft = [started(1, 1), *wrote(1, "You said 41", "11 1111", " 1111 11", "11")]
    for fact in [*said, endpoint(), (HEARD, Typed(f"it is {CARD} ok")), *draft]:
        await put(bus, [fact])
        await asyncio.sleep(0.01)
        everything = await dump(bus, without=[HEARD, DRAFT])
        assert b"4111" not in everything
    assert b"1111" in await dump(bus)
    await put(bus, [*wrote(1, ", right", "?"), finished(1, 1), END, NO_MORE])
    await asyncio.wait_for(task, 10)
    everything = await dump(bus)
    assert b"1111" not in everything
    assert everything.count(b"You said [card number], right?") == 1
    assert everything.count(b'"text":"my card is [card number]."') == 1


async def test_a_masked_number_is_gone_from_the_draft_while_the_reply_goes_on(
    bus: Bus, worker: Moderator
) -> None:
    await session(bus)
    task = await serving(bus, worker)
    await put(bus, [(HEARD, Typed("hi")), started(1, 1), *wrote(1, "It is ", CARD, ", or so ", "they say")])
    events = await until(bus, 6)
    await asyncio.sleep(0.2)
    assert b"1111" not in await dump(bus)
    assert any(
        isinstance(event, ModerationVerdict) and event.categories == ["pii/card"] for event in await log(bus)
    )
    assert not any(isinstance(event, ReplyDone) for event in events)
    task.cancel()


async def test_the_words_of_a_masked_number_are_one_word_with_its_replacement(
    bus: Bus, worker: Moderator
) -> None:
    events = await all_at_once(
        bus, worker, [final(1, f"it is {CARD}, thanks"), endpoint(), END], "transcribe"
    )
    said = next(event for event in events if isinstance(event, TranscriptFinal))
    assert said.text == "it is [card number], thanks"
    assert [word.text for word in said.words] == ["it", "is", "[card number]", "thanks"]
    assert all(said.text[word.offset :].startswith(word.text) for word in said.words)
    assert (said.words[2].start_ms, said.words[2].end_ms) == (2000, 5900)


async def test_a_number_that_goes_on_in_the_next_final_of_the_turn_is_masked_in_both(
    bus: Bus, worker: Moderator
) -> None:
    facts = [
        final(1, "my card is 4111 1111"),
        partial(2, "1111 11"),
        final(2, "1111 1111 thanks"),
        endpoint(),
        END,
    ]
    events = await all_at_once(bus, worker, facts, "transcribe")
    texts = [event.text for event in events if isinstance(event, TranscriptFinal)]
    assert texts == ["my card is [card number]", "[card number] thanks"]
    assert [event.segments for event in events if isinstance(event, TurnEnded)] == [[1, 2]]


async def test_speech_ends_an_open_reply_at_once_and_its_late_words_never_appear(
    bus: Bus, worker: Moderator
) -> None:
    await session(bus)
    task = await serving(bus, worker)
    await put(bus, [(HEARD, Typed("tell me")), started(1, 1), *wrote(1, "Once upon", " a time there")])
    await until(bus, 5)
    await put(bus, [(HEARD, SpeechStarted(0, 500))])
    await asyncio.sleep(0.05)
    await put(
        bus,
        [
            *wrote(1, " was a king. LATE"),
            finished(1, 1),
            started(2, 1),
            *wrote(1, "LATEST "),
            *wrote(2, "Fine."),
            finished(2, 1),
        ],
    )
    await put(bus, [*wrote(1, "LATER"), (HEARD, CancelReply()), END, NO_MORE])
    await asyncio.wait_for(task, 10)
    events = await log(bus)
    done = [event for event in events if isinstance(event, ReplyDone)]
    shown = "".join(event.text for event in events if isinstance(event, ReplyDelta) and event.reply == 1)
    assert [(one.reply, one.status, one.text) for one in done] == [
        (1, "cancelled", shown),
        (2, "completed", "Fine."),
    ]
    assert "LATE" not in repr(events)


async def test_a_cancel_by_number_ends_that_reply_and_no_other(bus: Bus, worker: Moderator) -> None:
    await session(bus)
    task = await serving(bus, worker)
    await put(bus, [(HEARD, Typed("tell me")), started(1, 1), *wrote(1, "Once upon", " a time there")])
    await until(bus, 5)
    await put(bus, [(HEARD, CancelReply(7))])
    await asyncio.sleep(0.05)
    assert not any(isinstance(event, ReplyDone) for event in await log(bus))
    await put(bus, [(HEARD, CancelReply(1))])
    await until(bus, 6)
    assert [event.status for event in await log(bus) if isinstance(event, ReplyDone)] == ["cancelled"]
    await put(bus, [END, NO_MORE])
    await asyncio.wait_for(task, 10)


async def test_a_reply_that_comes_to_a_blocked_phrase_ends_there(bus: Bus, worker: Moderator) -> None:
    facts = [
        (HEARD, Typed("hi")),
        started(1, 1),
        *wrote(1, "Sure, here is how to ", "make a bomb", " at home"),
        finished(1, 1),
    ]
    events = await all_at_once(bus, worker, [*facts, END, NO_MORE])
    done = next(event for event in events if isinstance(event, ReplyDone))
    assert (done.status, done.text) == ("blocked", "Sure, here is ")
    verdict = [event for event in events if isinstance(event, ModerationVerdict) and event.target.reply]
    assert [(one.action, one.span, one.categories) for one in verdict] == [
        ("block", (14, 14), ["illicit/weapons"])
    ]


async def test_a_session_whose_responder_is_gone_ends_when_its_time_is_up(
    bus: Bus, worker: Moderator
) -> None:
    await session(bus)
    task = await serving(bus, worker)
    await put(bus, [(HEARD, Typed("hi")), started(1, 1), *wrote(1, "Well, I ", "think that"), END])
    await asyncio.wait_for(task, 10)
    events = await log(bus)
    assert kinds(events)[-2:] == ["ReplyDone", "SessionEnded"]
    done = next(event for event in events if isinstance(event, ReplyDone))
    assert (done.status, bool(done.error)) == ("failed", True)
    assert any(isinstance(event, AudioEnded) for event in events)


STORY: list[Fact] = [
    partial(1, "my card", 3),
    final(1, "My card is 4111 1111"),
    partial(2, "1111 11", 4),
    final(2, "1111 1111, or double one four."),
    endpoint(),
    final(3, ""),
    started(1, 1),
    *wrote(
        1,
        "I ",
        "have noted ",
        "41",
        "11 1111 ",
        "1111 1111",
        " for you; write ",
        "to john.",
        "smith@exam",
        "ple.com or call",
    ),
    *wrote(
        1,
        " two one two five ",
        "five five oh one two three",
        ". You sh",
        "it not ",
        "worry, I know h",
        "ow to wait.",
    ),
    finished(1, 1),
    (HEARD, Typed("and kill myself with a55hole 123-45-6789")),
    started(2, 2),
    *wrote(2, "Please call somebody: ", "+44 20 79", "46 0958 now or", " how to make", " a bom", "b or not"),
    finished(2, 2),
    (HEARD, SpeechStarted(0, 500)),
    final(4, "Thanks."),
    endpoint(),
    started(3, 3),
    *wrote(3, "You are ", "wel", "come"),
    END,
    finished(3, 3),
    NO_MORE,
]


def comparable(events: Sequence[Event]) -> list[object]:
    """The log without what depends on the moment: times, partials, and where a reply was cut into deltas."""
    out: list[object] = []
    for event in events:
        match event:
            case TranscriptPartial():
                continue
            case ReplyDelta(reply=reply, text=text, offset=offset):
                last = out[-1] if out else None
                if isinstance(last, list) and last[0] == reply:
                    assert offset == last[1] + len(last[2])
                    last[2] += text
                else:
                    out.append([reply, offset, text])
            case ModerationVerdict():
                out.append(msgspec.structs.replace(event, time="", latency_ms=0.0))
            case _:
                out.append(msgspec.structs.replace(event, time=""))
    return out


@pytest.mark.parametrize("seed", range(6))
async def test_restarts_at_any_moment_leave_the_same_log(bus: Bus, worker: Moderator, seed: int) -> None:
    await session(bus)
    task = await serving(bus, worker)
    for fact in STORY:
        await put(bus, [fact])
        await asyncio.sleep(0.004)
    await asyncio.wait_for(task, 10)
    expected = comparable(await log(bus))
    shown = msgspec.json.encode(await log(bus)).decode()
    assert shown.count("[card number]") == 9
    chance = random.Random(seed)
    await session(bus)
    task = await serving(bus, worker)
    restarts = 0
    for fact in STORY:
        await put(bus, [fact])
        await asyncio.sleep(chance.choice([0, 0.001, 0.004]))
        if chance.random() < 0.5:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert b"4111" not in await dump(bus, without=[HEARD, DRAFT])
            if chance.random() < 0.5:
                continue_after = chance.choice([0, 0.002])
                await asyncio.sleep(continue_after)
            task = await serving(bus, worker)
            restarts += 1
        await asyncio.sleep(0.003)
    await asyncio.wait_for(task, 10)
    assert restarts > 5
    assert comparable(await log(bus)) == expected
    assert b"4111" not in await dump(bus)


async def test_a_cancellation_in_the_middle_of_a_burst_loses_nothing(bus: Bus, worker: Moderator) -> None:
    """Everything is there at once, and the worker is cut down after a random time, again and again."""
    facts = [fact for fact in STORY if fact[0] == HEARD]
    expected = comparable(await all_at_once(bus, worker, facts, "transcribe"))
    for seed in range(10):
        chance = random.Random(seed)
        await session(bus, "transcribe")
        await put(bus, facts)
        while True:
            task = await serving(bus, worker)
            done, _ = await asyncio.wait([task], timeout=chance.random() * 0.004)
            if done:
                task.result()
                break
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            if any(isinstance(event, SessionEnded) for event in await log(bus)):
                break
        assert comparable(await log(bus)) == expected


async def test_partials_grow_as_bullets_where_a_number_may_come(bus: Bus, worker: Moderator) -> None:
    await session(bus, "transcribe")
    task = await serving(bus, worker)
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
    assert any(isinstance(event, ReplyStarted) for event in events) is False
