"""The moderator over a real Redis: what a restart changes, which is nothing."""

import asyncio
import random
from collections.abc import Sequence

import msgspec
import pytest

from moderation.worker import Moderator
from streaming.bus import Bus
from streaming.drafts import DraftDone
from streaming.events import (
    AudioEnded,
    Event,
    ModerationVerdict,
    ReplyDelta,
    ReplyDone,
    SessionEnded,
    SpeechStarted,
    TranscriptPartial,
)
from streaming.facts import SoundEnded, Typed
from tests.gateway import eventually
from tests.integration.moderator_session import (
    DRAFT,
    END,
    HEARD,
    NO_MORE,
    Fact,
    all_at_once,
    dump,
    endpoint,
    final,
    finished,
    log,
    partial,
    put,
    serving,
    session,
    started,
    typed,
    wrote,
)

STORY: list[Fact] = [
    partial(1, "my card", 3),
    final(1, "My card is 4111 1111"),
    partial(2, "1111 11", 4),
    final(2, "1111 1111, or double one four."),
    endpoint(),
    final(3, ""),
    started(1, 1),
    *wrote(1, "I |have noted |41|11 1111 |1111 1111| for you; write |to john.|smith@exam|ple.com or call"),
    *wrote(1, " two one two five |five five oh one two three|. You sh|it not |worry, I know h|ow to wait."),
    finished(1, 1),
    typed("and kill myself with a55hole 123-45-6789"),
    started(2, 2),
    *wrote(2, "Please call somebody: |+44 20 79|46 0958 now or| how to make| a bom|b or not"),
    finished(2, 2),
    (HEARD, SpeechStarted(0, 500)),
    final(4, "Thanks."),
    endpoint(),
    started(3, 3),
    *wrote(3, "You are |wel|come"),
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


async def told(bus: Bus, fact: Fact) -> None:
    """All before `fact` is through, where the log depends on it: what is heard overtakes drafts, and cuts them off."""
    match fact[1]:
        case Typed():
            await eventually(lambda: log(bus), lambda seen: sum(isinstance(e, ReplyDone) for e in seen) == 1)
        case SpeechStarted():
            await eventually(lambda: log(bus), lambda seen: sum(isinstance(e, ReplyDone) for e in seen) == 2)
        case SoundEnded():
            await eventually(
                lambda: log(bus), lambda seen: any(isinstance(e, ReplyDelta) and e.reply == 3 for e in seen)
            )
        case DraftDone(reply=3):
            await eventually(lambda: log(bus), lambda seen: any(isinstance(e, AudioEnded) for e in seen))
        case _:
            pass


@pytest.mark.parametrize("seed", range(6))
async def test_restarts_at_any_moment_leave_the_same_log(bus: Bus, moderator: Moderator, seed: int) -> None:
    await session(bus)
    task = await serving(bus, moderator)
    for fact in STORY:
        await told(bus, fact)
        await put(bus, [fact])
        await asyncio.sleep(0.004)
    await asyncio.wait_for(task, 10)
    expected = comparable(await log(bus))
    shown = msgspec.json.encode(await log(bus)).decode()
    assert shown.count("[card number]") == 9
    chance = random.Random(seed)
    await session(bus)
    task = await serving(bus, moderator)
    restarts = 0
    for fact in STORY:
        await told(bus, fact)
        await put(bus, [fact])
        await asyncio.sleep(chance.choice([0, 0.001, 0.004]))
        if chance.random() < 0.5:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert b"4111" not in await dump(bus, without=[HEARD, DRAFT])
            if chance.random() < 0.5:
                await asyncio.sleep(chance.choice([0, 0.002]))
            task = await serving(bus, moderator)
            restarts += 1
        await asyncio.sleep(0.003)
    await asyncio.wait_for(task, 10)
    assert restarts > 5
    assert comparable(await log(bus)) == expected
    assert b"4111" not in await dump(bus)


async def test_a_cancellation_in_the_middle_of_a_burst_loses_nothing(bus: Bus, moderator: Moderator) -> None:
    """Everything is there at once, and the moderator is cut down after a random time, again and again."""
    facts = [fact for fact in STORY if fact[0] == HEARD]
    expected = comparable(await all_at_once(bus, moderator, facts, "transcribe"))
    for seed in range(10):
        chance = random.Random(seed)
        await session(bus, "transcribe")
        await put(bus, facts)
        while True:
            task = await serving(bus, moderator)
            done, _ = await asyncio.wait([task], timeout=chance.random() * 0.004)
            if done:
                task.result()
                break
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            if any(isinstance(event, SessionEnded) for event in await log(bus)):
                break
        assert comparable(await log(bus)) == expected
