"""What every archive promises to readers who add something, or put something aside."""

import pytest

from streaming.archive.kept import Batch, Note
from streaming.archive.ports import Archive
from streaming.errors import ClientFault
from tests.archives import SESSION, entries, spoken, texts


def correction(number: int, text: str) -> Note:
    return Note(0, "correction", "Ann", 5, number=number, text=text)


async def test_notes_stay_in_order_and_get_numbers_of_their_own(archive: Archive) -> None:
    await archive.keep(Batch(SESSION))
    first = await archive.annotate("desk", "a1", Note(0, "note", "Ann", 5, at_ms=10, text="privé"))
    second = await archive.annotate("desk", "a1", Note(0, "bookmark", "Bob", 6, at_ms=20))
    assert await archive.notes("desk", "a1") == [first, second]
    await archive.erase_note("desk", "a1", second.note_id)
    third = await archive.annotate("desk", "a1", Note(0, "note", "Ann", 7))
    assert third.note_id not in (first.note_id, second.note_id)
    assert await archive.notes("desk", "a1") == [first, third]
    with pytest.raises(ClientFault) as told:
        await archive.erase_note("desk", "a1", second.note_id)
    assert told.value.code == "unknown_note"


async def test_a_session_has_no_more_notes_than_can_be_read_at_once(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streaming.archive.noting.MOST", 2)
    await archive.keep(Batch(SESSION, lines=[spoken(1, "I like bare")]))
    first, second = [await archive.annotate("desk", "a1", Note(0, "bookmark", "Ann", 5)) for _ in range(2)]
    with pytest.raises(ClientFault, match="take some away") as told:
        await archive.annotate("desk", "a1", correction(1, "I like beer"))
    assert told.value.code == "too_many_notes"
    assert await texts(archive, "beer") == []
    await archive.erase_note("desk", "a1", first.note_id)
    third = await archive.annotate("desk", "a1", Note(0, "note", "Ann", 7))
    assert await archive.notes("desk", "a1") == [second, third]


async def test_a_corrected_line_is_found_by_its_newest_correction(archive: Archive) -> None:
    await archive.keep(Batch(SESSION, lines=[spoken(1, "I like bare"), spoken(2, "so do I")]))
    await archive.annotate("desk", "a1", correction(1, "I like beer"))
    newest = await archive.annotate("desk", "a1", correction(1, "I like bears"))
    assert await texts(archive, "bears") == ["I like bears"]
    assert await texts(archive, "bare") == await texts(archive, "beer") == []
    await archive.erase_note("desk", "a1", newest.note_id)
    assert await texts(archive, '"like beer"') == ["I like beer"]


async def test_without_corrections_a_line_is_found_as_it_was_said(archive: Archive) -> None:
    await archive.keep(Batch(SESSION, lines=[spoken(1, "I like bare")]))
    note = await archive.annotate("desk", "a1", correction(1, "I like beer"))
    await archive.erase_note("desk", "a1", note.note_id)
    assert await texts(archive, "bare") == ["I like bare"]
    assert await texts(archive, "beer") == []


async def test_a_correction_is_gone_when_moderation_changes_its_line_after_it(archive: Archive) -> None:
    await archive.keep(Batch(SESSION, lines=[spoken(1, "call 555 now"), spoken(2, "so do I")]))
    await archive.annotate("desk", "a1", correction(1, "call 555 right now"))
    others = await archive.annotate("desk", "a1", correction(2, "so did I"))
    mark = await archive.annotate("desk", "a1", Note(0, "bookmark", "Ann", 5, number=1))
    await archive.keep(Batch(SESSION, log=entries(1, 2), lines=[spoken(1, "call [number] now")]))
    assert await texts(archive, "555") == []
    assert await texts(archive, "call") == ["call [number] now"]
    assert await archive.notes("desk", "a1") == [others, mark]
    assert await texts(archive, "did") == ["so did I"]


async def test_what_is_not_there_cannot_be_corrected(archive: Archive) -> None:
    await archive.keep(Batch(SESSION, lines=[spoken(1, "hello")]))
    with pytest.raises(ClientFault) as told:
        await archive.annotate("desk", "a1", correction(9, "hallo"))
    assert told.value.code == "unknown_segment"
    assert await archive.notes("desk", "a1") == []


async def test_what_was_made_of_a_session_can_be_put_aside(archive: Archive) -> None:
    await archive.keep(Batch(SESSION))
    assert await archive.cached("desk", "a1", "peaks-50") is None
    await archive.cache("desk", "a1", "peaks-50", b"\x00old")
    await archive.cache("desk", "a1", "peaks-50", b"\x00new")
    await archive.cache("desk", "a1", "peaks-10", b"")
    assert await archive.cached("desk", "a1", "peaks-50") == b"\x00new"
    assert await archive.cached("desk", "a1", "peaks-10") == b""
