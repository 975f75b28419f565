"""Sound that several roles read is kept until the last of them is through with it."""

import msgspec
import pytest

from streaming import keys
from streaming.bus import Bus
from streaming.events import AudioFormat, SessionStarted
from streaming.facts import SessionConfig
from streaming.ingress import records
from streaming.lease import Lease
from streaming.session import SessionPolicy

SID = "f1"
HOUR = 3600 * 16_000


async def begun(bus: Bus, *, record: bool) -> None:
    config = SessionConfig(SID, audio=AudioFormat(), record=record)
    started = SessionStarted(SID, "transcribe", [], SessionPolicy().limits(), "")
    await records.begin(bus, config, started)


async def claimed(bus: Bus, role: str) -> Lease:
    lease = await Lease.claim(bus, role, SID, "w")
    assert lease
    return lease


async def heard(bus: Bus, *ends: int) -> None:
    for end in ends:
        await bus.call("XADD", keys.audio(SID), f"{end}-0", "pcm", b"", "t", 1)


async def left(bus: Bus) -> list[int]:
    return [int(entry.id.split("-")[0]) for entry in await bus.read(keys.audio(SID))]


async def trim(lease: Lease, lowest: int) -> None:
    await lease.commit(b"", trims=[(keys.audio(SID), f"{lowest}-0")])


@pytest.mark.parametrize("first", ["asr", "recorder"])
async def test_sound_is_trimmed_to_where_the_last_of_its_readers_stands(bus: Bus, first: str) -> None:
    await begun(bus, record=True)
    second = "recorder" if first == "asr" else "asr"
    ahead, behind = await claimed(bus, first), await claimed(bus, second)
    await heard(bus, 100, 200, 300)
    await trim(ahead, 300)
    assert await left(bus) == [100, 200, 300]
    await trim(behind, 200)
    assert await left(bus) == [200, 300]
    await trim(behind, 301)
    assert await left(bus) == [300]


async def test_without_a_recording_the_recogniser_alone_says_what_is_needed(bus: Bus) -> None:
    await begun(bus, record=False)
    await heard(bus, 100, 200)
    await trim(await claimed(bus, "asr"), 200)
    assert await left(bus) == [200]


async def test_a_recorder_that_is_away_keeps_an_hour_of_sound_that_is_transcribed_and_none_that_is_not(
    bus: Bus,
) -> None:
    await begun(bus, record=True)
    asr = await claimed(bus, "asr")
    await heard(bus, 100, HOUR, HOUR + 200, 2 * HOUR)
    await trim(asr, HOUR + 150)
    assert await left(bus) == [HOUR, HOUR + 200, 2 * HOUR]
    recorder = await claimed(bus, "recorder")
    await trim(recorder, 3 * HOUR)
    assert await left(bus) == [HOUR + 200, 2 * HOUR], "what is not transcribed waits for the recogniser"


async def test_keys_wait_a_day_for_the_recorder_and_a_quarter_of_an_hour_without_one(bus: Bus) -> None:
    for record, most in ((False, keys.KEPT_MS), (True, keys.RECORDED_MS)):
        await bus.call("FLUSHALL")
        await begun(bus, record=record)
        await heard(bus, 100)
        asr = await claimed(bus, "asr")
        await asr.commit(b"", appends=[(keys.events(SID), b"{}"), (keys.heard(SID), b"{}")])
        await records.touch(bus, SID)
        for name in (keys.session(SID), keys.events(SID), keys.audio(SID), keys.stage(SID, "asr")):
            assert most - 60_000 < await bus.call("PTTL", name) <= most, (record, name)
        assert await bus.call("PTTL", keys.heard(SID)) <= keys.HELD_MS
    assert 0 < await bus.call("PTTL", keys.floors(SID)) <= keys.RECORDED_MS


async def test_the_recorder_is_given_sessions_that_are_to_be_recorded(bus: Bus) -> None:
    await begun(bus, record=False)
    assert await bus.call("XLEN", keys.jobs("recorder", SID)) == 0
    await begun(bus, record=True)
    assert await bus.call("XLEN", keys.jobs("recorder", SID)) == 1
    config = msgspec.json.decode(await bus.call("HGET", keys.session(SID), "config"), type=SessionConfig)
    assert config.record
