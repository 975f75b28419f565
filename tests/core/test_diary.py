"""What a gateway keeps of a session that comes and goes between gateways."""

from streaming import keys
from streaming.facts import SessionConfig
from streaming.ingress import diary
from streaming.journal import Arg, Journal, Page

CONFIG = SessionConfig("s1", record=True)


def begun(stored: int) -> tuple[Journal, Page]:
    """A session that began here, and of which so many samples were stored here."""
    journal = Journal()
    diary.begun(journal, CONFIG, {"config": b"{}", "socket": "1"}, [], ["asr", "recorder"])
    [page] = journal.pages
    page.fields["stored"] = stored
    return journal, page


def back(stored: int) -> dict[str, Arg]:
    """Its record when it comes back."""
    return {"config": b"{}", "socket": "3", "stored": stored}


def test_sound_that_another_gateway_stored_meanwhile_makes_our_part_begin_behind_it() -> None:
    journal, page = begun(16_000)
    diary.taken_up(journal, CONFIG, back(48_000), ending=False)
    assert page.whole == (keys.audio("s1"), 48_000)


def test_a_session_that_comes_straight_back_is_ours_from_its_beginning() -> None:
    journal, page = begun(16_000)
    diary.taken_up(journal, CONFIG, back(16_000), ending=False)
    assert page.whole == (keys.audio("s1"), 0)


def test_who_reads_the_sound_is_kept_when_the_session_is_taken_up_and_when_it_has_ended() -> None:
    journal, page = begun(0)
    readers = [command for command in page.again if keys.floors("s1") in command]
    assert len(readers) == 3
    diary.taken_up(journal, CONFIG, back(0), ending=False)
    assert [command for command in page.again if keys.floors("s1") in command] == readers
    diary.ended(journal, "s1")
    assert page.again == [*readers, ("ZREM", keys.LIVE, "s1")]
