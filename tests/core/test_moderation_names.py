"""Names of people: what is masked, whole, however the text comes; and all of it where nobody can tell."""

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from moderation.finding import Finding
from moderation.gate import Gate, masked
from moderation.names.names import Names
from moderation.names.runs import WORD, read
from moderation.screen import Screen
from tests.naming import KNOWN, TEXTS, KnownNames, book, screen
from tests.screening import SCREEN, SPLITS, pieces

NAMED = screen()


def whole(text: str, by: Screen = NAMED) -> str:
    return masked(text, by.look(text, closed=True).findings, (0, len(text)), 0)[0]


def shown(parts: list[str]) -> list[str]:
    """What of a reply is in sight after each of its parts."""
    gate, out = Gate(NAMED), [""]
    for part in parts:
        out.append(out[-1] + gate.feed(part).text)
    return [*out, out[-1] + gate.finish().text]


@settings(max_examples=250, deadline=None)
@given(TEXTS, st.integers(0, 200))
def test_what_is_decided_of_a_prefix_stays_so_whatever_follows(text: str, size: int) -> None:
    look = NAMED.look(text[:size], closed=False)
    decided = [found for found in look.findings if found.start < look.held]
    for closed in (False, True):
        later = NAMED.look(text, closed=closed)
        assert [found for found in later.findings if found.start < look.held] == decided
    assert all(found.end <= look.held for found in decided)


@settings(max_examples=250, deadline=None)
@given(TEXTS, st.integers(0, 250))
def test_a_text_read_again_from_its_anchor_is_judged_the_same(text: str, size: int) -> None:
    look = NAMED.look(text[:size], closed=False)
    again = NAMED.look(text[look.anchor :], closed=True, begun=look.begun)
    moved = [replace(one, start=one.start + look.anchor, end=one.end + look.anchor) for one in again.findings]
    expected = [found for found in NAMED.look(text, closed=True).findings if found.start >= look.held]
    assert [found for found in moved if found.start >= look.held] == expected


@settings(max_examples=250, deadline=None)
@given(
    TEXTS.filter(lambda text: "block" not in {f.action for f in SCREEN.look(text, closed=True).findings}),
    SPLITS,
)
@example("so Maria Schmidt is here", [4, 7, 9, 12])
def test_a_reply_shows_the_same_however_it_is_split(text: str, cuts: list[int]) -> None:
    seen = shown(pieces(text, cuts))
    assert seen[-1] == whole(text)
    assert all(seen[-1].startswith(one) for one in seen)


LINKS = st.sampled_from(
    [" ", " so ", ", and then we said that it was ", ". ", " Tell ", " PARIS LONDON BERLIN ", "? "]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KNOWN), LINKS), max_size=30), SPLITS)
def test_no_split_of_a_text_lets_a_part_of_a_name_through(
    parts: list[tuple[str, str]], cuts: list[int]
) -> None:
    text = "".join(name + link for name, link in parts)
    seen = " ".join(shown(pieces(text, cuts)))
    assert not [part for name in KNOWN for part in name.split() if part in seen.replace("von", "").split()]
    assert "Ma" not in seen
    assert "Schm" not in seen


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("This is Maria Schmidt.", "This is [name]."),
        ("Hi Maria, it is Mr. Schmidt's card", "Hi [name], it is Mr. [name]'s card"),
        ("ask Schmidt-Meier (Maria) today", "ask [name] ([name]) today"),
        ("Maria-", "[name]-"),
        ("Anna-Maria is here", "[name] is here"),
        ("and Mrs O'Brien called", "and Mrs [name] called"),
        ("it is Berlin that I like, and Berlin", "it is [name] that I like, and Berlin"),
        ("my name is Maria", "my name is [name]"),
        ("Where there's a will, Maria Anna von der Schmidt goes", "Where there's a will, [name] goes"),
        ("“Maria” — Wei Zhang", "“[name]” — [name]"),
        ("Maria" + "x" * 70, "Maria" + "x" * 70),
        ("中Maria中", "中[name]中"),
        ("I think. So, no. Paris.", "I think. So, no. Paris."),
    ],
)
def test_a_name_is_masked_as_a_whole_and_nothing_else(text: str, told: str) -> None:
    assert whole(text) == told


def test_a_name_that_is_allowed_is_in_sight_and_one_that_it_is_a_part_of_is_not() -> None:
    assert (
        whole("I am MARIA, or Maria. Maria Schmidt is not.", screen("maria"))
        == "I am MARIA, or Maria. [name] is not."
    )
    assert whole("It is Maria's", screen("Maria")) == "It is Maria's"


def test_an_order_in_capitals_is_read_with_what_stands_around_it_and_no_name_is_parted() -> None:
    for before in range(40):
        text = f"{'BERLIN ' * before}Maria Anna von der Schmidt {'PARIS ' * 20}"
        assert whole(text) == text.replace("Maria Anna von der Schmidt", "[name]")


def test_what_cannot_be_a_name_waits_for_nobody_and_what_may_be_one_waits_for_three_words() -> None:
    assert read("your order was shipped, and I think that it ", closed=False).held == 44
    reading = read("your order was shipped to Maria and to ", closed=False)
    assert (reading.held, reading.runs[0].whole) == (26, False)
    assert read("your order was shipped to Maria and to her ", closed=False).held == 43
    assert read("your order was shipped to Maria. ", closed=False).held == 33


def test_a_text_of_capitals_alone_read_again_from_any_anchor_is_judged_the_same() -> None:
    text = "PARIS is Berlin LONDON " * 14
    expected = NAMED.look(text, closed=True).findings
    for size in range(len(text)):
        look = NAMED.look(text[:size], closed=False)
        again = NAMED.look(text[look.anchor :], closed=True).findings
        moved = [(one.start + look.anchor, one.end + look.anchor) for one in again]
        behind = [(one.start, one.end) for one in expected if one.start >= look.held]
        assert [one for one in moved if one[0] >= look.held] == behind
        assert size - look.anchor < 300


def test_a_name_that_goes_on_behind_a_run_that_nobody_could_read_is_masked_to_its_end() -> None:
    names, text = Names("book@0"), "PARIS " * 15 + "Maria Schmidt and so on with it"
    names.look(text, closed=True)
    first, *others = names.wanted
    names.learn([first], None)
    names.learn(others, [[] for _ in others])
    [found] = names.look(text, closed=True).findings
    assert text[found.start : found.end].endswith("Maria Schmidt and so on")


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_no_more_words_are_held_than_a_run_has(text: str) -> None:
    reading = read(text, closed=False)
    assert len(WORD.findall(text[reading.held :])) <= 21
    assert all(len(WORD.findall(text[run.first : run.last])) <= 28 for run in reading.runs)
    assert all(after.first >= before.end for before, after in pairwise(reading.runs))


class Away(Names):
    """Names that nobody can find."""

    def look(self, text: str, *, closed: bool):
        super().look(text, closed=closed)
        self.learn(list(self.wanted), None)
        return super().look(text, closed=closed)


@settings(max_examples=150, deadline=None)
@given(TEXTS, SPLITS)
def test_where_nobody_can_tell_all_that_may_be_a_name_is_masked(text: str, cuts: list[int]) -> None:
    away = Screen(SCREEN.rules, NAMED.policy, Away("away@0"))
    gate, seen = Gate(away), ""
    for part in pieces(text, cuts):
        seen += gate.feed(part).text
    seen += gate.finish().text
    for word in ("Maria", "Schmidt", "Zhang", "Brien"):
        assert word not in seen.split()


def test_what_was_not_asked_yet_is_held_back_or_masked_and_asked() -> None:
    names = Names("book@0")
    assert names.look("so Maria is the one ", closed=False).held == 3
    assert list(names.wanted) == ["so Maria is the one"]
    [found] = names.look("so Maria", closed=True).findings
    assert found == Finding(3, 8, ("pii/name", "unjudged"), "redact", "[name]", "book@0")
    names.learn(["so Maria", "so Maria is the one"], [book("so Maria"), book("so Maria is")])
    assert names.wanted == {}
    [found] = names.look("so Maria is the one ", closed=False).findings
    assert (found.start, found.end, found.categories) == (3, 8, ("pii/name",))


def test_who_found_a_name_is_told_and_a_number_beside_it_is_the_rules() -> None:
    text = "Maria has 4111 1111 1111 1111"
    _, judged = masked(text, NAMED.look(text, closed=True).findings, (0, len(text)), 0)
    assert [(one.made_by, one.categories) for one in judged] == [
        ("book@0", ("pii/name",)),
        ("", ("pii/card",)),
    ]


def test_answers_of_long_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.names.names.MOST", 2)
    names = KnownNames("book@0")
    for text in ("Maria.", "Will.", "Zhang."):
        names.look(text, closed=True)
    names.begin()
    for text in ("Will.", "Maria.", "Zhang."):
        Names.look(names, text, closed=True)
    assert list(names.wanted) == ["Maria."]
