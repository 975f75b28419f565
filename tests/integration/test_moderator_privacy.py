"""The moderator over a real Redis: what is masked is nowhere any more."""

import asyncio

from moderation.worker import Moderator
from streaming.bus import Bus
from streaming.events import ModerationVerdict, ReplyDone
from streaming.facts import EagerEndpoint, Resumed
from tests.integration.moderator_session import (
    CARD,
    DRAFT,
    END,
    HEARD,
    NO_MORE,
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
    until,
    wrote,
)


async def test_a_card_number_is_in_no_key_but_heard_and_draft_before_its_verdict_and_in_none_after_it(
    bus: Bus, moderator: Moderator
) -> None:
    await session(bus)
    task = await serving(bus, moderator)
    said = [
        partial(1, f"my card is {CARD[:9]}", 11),
        partial(1, f"my card is {CARD}", 11),
        final(1, f"my card is {CARD}."),
    ]
    draft = [started(1, 1), *wrote(1, "You said 41|11 1111| 1111 11|11")]
    for fact in [*said, endpoint(), typed(f"it is {CARD} ok"), *draft]:
        await put(bus, [fact])
        await asyncio.sleep(0.01)
        everything = await dump(bus, without=[HEARD, DRAFT])
        assert b"4111" not in everything
    assert b"1111" in await dump(bus)
    await put(bus, [*wrote(1, ", right|?"), finished(1, 1), END, NO_MORE])
    await asyncio.wait_for(task, 10)
    everything = await dump(bus)
    assert b"1111" not in everything
    assert everything.count(b"You said [card number], right?") == 1
    assert everything.count(b'"text":"my card is [card number]."') == 1


async def test_what_a_turn_says_that_ends_eagerly_is_masked_wherever_it_is_written(
    bus: Bus, moderator: Moderator
) -> None:
    await session(bus)
    task = await serving(bus, moderator)
    ends = [(HEARD, EagerEndpoint(0, "silence", text)) for text in (f"{CARD} or", f"{CARD}, is it blocked?")]
    facts = [ends[0], (HEARD, Resumed(0)), ends[1], started(1, 2), *wrote(1, f"So {CARD}"), finished(1, 2)]
    for fact in facts:
        await put(bus, [fact])
        await asyncio.sleep(0.01)
        assert b"1111" not in await dump(bus, without=[HEARD, DRAFT])
    await until(bus, 3)
    assert b"1111" not in await dump(bus, without=[DRAFT])
    await put(bus, [final(1, f"{CARD}, is it blocked?"), endpoint(), END, NO_MORE])
    await asyncio.wait_for(task, 10)
    everything = await dump(bus)
    assert b"1111" not in everything
    assert everything.count(b'"text":"[card number], is it blocked?"') == 2
    assert everything.count(b'"text":"So [card number]"') == 1


async def test_a_masked_number_is_gone_from_the_draft_while_the_reply_goes_on(
    bus: Bus, moderator: Moderator
) -> None:
    await session(bus)
    task = await serving(bus, moderator)
    await put(bus, [typed("hi"), started(1, 1), *wrote(1, f"It is |{CARD}|, or so |they say")])
    events = await until(bus, 6)
    await asyncio.sleep(0.2)
    assert b"1111" not in await dump(bus)
    assert any(
        isinstance(event, ModerationVerdict) and event.categories == ["pii/card"] for event in await log(bus)
    )
    assert not any(isinstance(event, ReplyDone) for event in events)
    task.cancel()
