"""The list of sessions that go on."""

from msgspec.structs import replace

from streaming import keys
from streaming.bus import Bus
from streaming.client.client import Client
from streaming.clock import now_ms
from streaming.events import AudioFormat, SessionStarted
from streaming.facts import SessionConfig
from streaming.ingress import records
from streaming.ingress.live import live_sessions
from streaming.session import SessionPolicy
from streaming.wire.messages import SessionStart
from tests.gateway import Gateway, eventually


async def test_a_tenant_sees_its_own_live_sessions_and_what_can_be_told_of_each(
    redis_url: str, bus: Bus
) -> None:
    gateway = await Gateway(redis_url, keys=("shop:sesame", "bank:vault")).up()
    talk = SessionStart(audio=AudioFormat("mulaw", 8_000, 2), language="de", metadata={"desk": "7"})
    try:
        async with (
            Client(gateway.url, start=talk, key="sesame") as first,
            Client(gateway.url, start=SessionStart(mode="chat"), key="sesame") as second,
            Client(gateway.url, key="vault") as other,
        ):
            await first.send(bytes(32_000))
            await bus.call("HSET", keys.stage(first.session_id, "asr"), "at", 24_000)
            now = now_ms()
            said = ("a@1", f"3:{now}", "token@2", f"2:{now - 10_000}", "a@3", f"7:{now - 60_000}")
            await bus.call("HSET", keys.viewers(first.session_id), *said)
            shown = await eventually(
                lambda: live_sessions(bus, "shop"), lambda found: found[-1].duration_ms == 2_000
            )
            assert [one.session_id for one in shown] == [second.session_id, first.session_id]
            typed, spoken = shown
            assert (typed.mode, typed.channels, typed.viewers) == ("chat", 0, 0)
            told = (spoken.channels, spoken.language, spoken.metadata, spoken.viewers, spoken.lag_ms)
            assert told == (2, "de", {"desk": "7"}, 5, 500)
            assert abs(spoken.started_at - now) < 60_000
            assert [one.session_id for one in await live_sessions(bus, "bank")] == [other.session_id]
            assert [one.session_id for one in await live_sessions(bus, "shop", 1)] == [second.session_id]
    finally:
        await gateway.down()


async def test_more_live_sessions_than_fit_a_page_are_all_found(bus: Bus) -> None:
    config, limits = SessionConfig(session_id="", mode="chat"), SessionPolicy().limits()
    for n in range(230):
        one = replace(config, session_id=f"s{n}", tenant="mine" if n % 2 else "default")
        await records.begin(bus, one, SessionStarted(one.session_id, "chat", [], limits, ""))
    await bus.call("DEL", keys.session("s1"))
    assert len(await live_sessions(bus, "mine")) == 114
    assert len(await live_sessions(bus, "mine", 100)) == 100
