"""The recorder: what a session had in Redis is in the archive, whole, once, and however often the recorder dies."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from streaming import keys
from streaming.archive.kept import Silence, Sound
from streaming.archive.pieces import silenced
from streaming.bus import Bus
from streaming.events import ModerationVerdict, Target
from streaming.lease import Lease, LeaseLost
from streaming.recording.recorder import Recording
from streaming.recording.steady import Steady
from tests.gateway import eventually
from tests.memory_archive import MemoryArchive
from tests.recorded import POLICY, Recorded, recorder, sound_of


def state(archive: MemoryArchive, sid: str = "r1") -> Callable[[], Awaitable[str]]:
    async def read() -> str:
        return archive.kept[sid].state if sid in archive.kept else "none"

    return read


async def closed(archive: MemoryArchive, sid: str = "r1") -> None:
    assert await eventually(state(archive, sid), lambda found: found == "closed") == "closed"


def check(archive: MemoryArchive, session: Recorded) -> None:
    """The archive has what was sent and what was shown, to the byte, and nothing twice; silence where it is to be."""
    sent = Sound(0, session.channels or 1, session.sent)
    expected = silenced(sent, archive.kept[session.sid].silenced)
    assert sound_of(archive, session.sid, sent.channels) == expected.pcm
    assert [(entry.id, entry.body) for entry in archive.logs[session.sid]] == session.log


@pytest.mark.parametrize("channels", [0, 1, 2])
async def test_a_session_is_kept_whole_and_its_keys_then_go_as_those_of_others(
    bus: Bus, channels: int
) -> None:
    archive, session = MemoryArchive(), await Recorded(bus, channels=channels).begin()
    async with recorder(bus, archive):
        if channels:
            await session.say(3)
            await session.skip(1_000)
            await session.say(1)
        await session.final(1, "one two three")
        await session.stop()
        await closed(archive)
        check(archive, session)
        assert archive.kept["r1"].words == 3
        ttl = await eventually(lambda: bus.call("PTTL", keys.events("r1")), lambda ms: ms <= keys.KEPT_MS)
        assert 0 < ttl <= keys.KEPT_MS
        assert await bus.call("EXISTS", keys.floors("r1")) == 0
        assert (
            await eventually(lambda: bus.call("XLEN", keys.jobs("recorder", "r1")), lambda left: not left)
            == 0
        )


async def test_a_batch_is_kept_while_the_session_goes_on_and_then_its_sound_may_go(bus: Bus) -> None:
    archive, session = MemoryArchive(), await Recorded(bus).begin()
    await session.say(2)
    await session.transcribed(32_000)
    assert await bus.call("XLEN", keys.audio("r1")) == 20, "the recorder has not had it"
    async with recorder(bus, archive):
        assert await eventually(lambda: bus.call("XLEN", keys.audio("r1")), lambda left: not left) == 0
        assert await state(archive)() == "open"


async def test_while_the_archive_is_away_nothing_is_lost_and_no_try_is_counted(bus: Bus) -> None:
    archive, session = MemoryArchive(), await Recorded(bus).begin()
    archive.away = 2
    async with recorder(bus, archive) as worker:
        await session.say(1)
        await session.stop()
        assert await eventually(_told(worker.trouble), bool)
        await closed(archive)
        check(archive, session)
        assert worker.trouble() == ""


def _told(trouble: Callable[[], str]) -> Callable[[], Awaitable[str]]:
    async def read() -> str:
        return trouble()

    return read


async def test_a_session_that_was_forgotten_is_recorded_no_further(bus: Bus) -> None:
    archive, session = MemoryArchive(), await Recorded(bus).begin()
    archive.forgotten.add("r1")
    async with recorder(bus, archive):
        await session.say(1)
        left = await eventually(lambda: bus.call("XLEN", keys.jobs("recorder", "r1")), lambda left: not left)
        assert (left, archive.kept) == (0, {})
        assert await bus.call("EXISTS", keys.floors("r1")) == 0, "its sound waits for the recogniser alone"


class Dies(Exception):
    """The recorder is gone at this very step."""


CARD = ModerationVerdict(Target(segment=1), (0, 4), "redact", ["pii/card"], 1.0, 0.1, "rules@0", "part")
STEPS = ("progress", "log", "before keep", "after keep", "before commit", "after commit", "release")


class Mortal(Steady):
    """Dies at `step`, once."""

    def __init__(self, archive: MemoryArchive, step: str) -> None:
        super().__init__(archive, POLICY.silence)  # type: ignore[arg-type]
        self.step = step

    def at(self, step: str) -> None:
        if step == self.step:
            self.step = ""
            raise Dies(step)

    async def progress(self, session_id: str):
        self.at("progress")
        return await super().progress(session_id)

    async def digest(self, tenant: str, session_id: str, until: str):
        self.at("log")
        return await super().digest(tenant, session_id, until)

    async def keep(self, batch):
        self.at("before keep")
        progress = await super().keep(batch)
        self.at("after keep")
        return progress


class Doomed(Recording):
    """Dies with its archive, or around its commits."""

    def __init__(self, lease: Lease, bus: Bus, archive: Mortal) -> None:
        super().__init__(lease, bus, archive, POLICY)
        self.mortal = archive

    async def _keep(self, gathering) -> None:
        commit = self._lease.commit

        async def dying(*args, **named) -> list[str]:
            self.mortal.at("before commit")
            ids = await commit(*args, **named)
            self.mortal.at("after commit")
            return ids

        self._lease.commit = dying
        await super()._keep(gathering)

    async def _release(self) -> None:
        self.mortal.at("release")
        await super()._release()


@pytest.mark.parametrize("batches", [1, 3])
@pytest.mark.parametrize("step", STEPS)
async def test_wherever_the_recorder_dies_its_successor_keeps_the_rest_and_nothing_twice(
    bus: Bus, step: str, batches: int
) -> None:
    archive, session = MemoryArchive(), await Recorded(bus).begin()
    doomed = Mortal(archive, step)

    async def serve() -> None:
        lease = await Lease.claim(bus, "recorder", "r1", "w")
        assert lease
        await Doomed(lease, bus, doomed).run()

    serving = asyncio.create_task(serve())
    for number in range(batches):
        await session.say(0.5)
        await session.transcribed(session.end)  # so that the recorder alone holds the sound
        await session.final(number + 1, f"part {number}")
        if number + 1 < batches:
            await asyncio.sleep(0.4)  # a batch without the verdict
        if not number:  # what it masks goes on to 1.4 s: into sound that comes later, and beyond the end
            await session.tell(CARD)
    await session.stop()
    with pytest.raises(Dies):
        await asyncio.wait_for(serving, 5)
    await asyncio.wait_for(serve(), 5)
    check(archive, session)
    assert archive.kept["r1"].state == "closed"
    assert archive.kept["r1"].words == 2 * batches
    assert archive.kept["r1"].silenced == [Silence(0, 0, 22_400)]
    assert await bus.call("EXISTS", keys.floors("r1")) == 0


async def test_a_recorder_that_woke_up_late_lets_no_sound_go(bus: Bus) -> None:
    archive, session = MemoryArchive(), await Recorded(bus).begin()
    late = await Lease.claim(bus, "recorder", "r1", "late")
    assert late
    assert await Lease.claim(bus, "recorder", "r1", "next")
    await session.say(1)
    await session.stop()
    with pytest.raises(LeaseLost):
        await Recording(late, bus, Steady(archive), POLICY).run()  # type: ignore[arg-type]
    assert await bus.call("HGET", keys.floors("r1"), "recorder") == b"0-0"
