"""What a recogniser's successor reads of the sound before its checkpoint."""

import pytest

from asr.listening import PAGE, until
from streaming.bus import Bus
from streaming.feed import Entry, place

KEY = "{s}:audio"


@pytest.mark.parametrize(("last", "pages"), [(PAGE // 2, 1), (PAGE + 3, 2), (0, 1)])
async def test_only_the_sound_up_to_the_checkpoint_is_read(
    bus: Bus, monkeypatch: pytest.MonkeyPatch, last: int, pages: int
) -> None:
    for number in range(1, 5 * PAGE + 1):
        await bus.call("XADD", KEY, f"{number}-0", "pcm", b"..", "t", number)
    read = list[int]()
    whole = bus.read

    async def counted(key: str, after: str = "0-0", count: int | None = None) -> list[Entry]:
        entries = await whole(key, after, count)
        read.append(len(entries))
        return entries

    monkeypatch.setattr(bus, "read", counted)
    found = [place(entry.id) async for entry in until(bus, KEY, (last, 0))]
    assert found == [(number, 0) for number in range(1, last + 1)]
    assert read == [PAGE] * pages


async def test_the_sound_up_to_the_checkpoint_may_be_all_there_is(bus: Bus) -> None:
    for number in range(1, PAGE + 1):
        await bus.call("XADD", KEY, f"{number}-0", "pcm", b"..", "t", number)
    found = [place(entry.id) async for entry in until(bus, KEY, (9 * PAGE, 0))]
    assert found == [(number, 0) for number in range(1, PAGE + 1)]
