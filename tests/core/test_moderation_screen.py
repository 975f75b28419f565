"""The promise of the screen: what is decided of a prefix is right, whatever follows; and everything is found."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import moderation
from moderation.finding import Finding
from moderation.gate import Gate
from moderation.pii import like_ssn, luhn
from moderation.policy import ModerationPolicy
from moderation.rules import Rules
from moderation.screen import Screen

LISTS = Path(moderation.__file__).parent / "lists" / "english.toml"
SCREEN = Screen(Rules([LISTS.read_bytes()]), ModerationPolicy())

FRAGMENTS = [
    *[
        "4111 1111 1111 1111",
        "4111",
        "1111",
        "41",
        "1",
        "5500-0000-0000-0004",
        "378282246310005",
        "2024",
        "12/27",
        "20",
    ],
    *[
        "four",
        "one",
        "double one",
        "triple five",
        "forty",
        "forty one",
        "eleven",
        "oh",
        "twenty three",
        "hundred",
        "ten",
    ],
    *[
        "double",
        "and",
        "uh",
        "dash",
        "for",
        "fo",
        "tw",
        "at",
        "dot",
        "plus",
        "+44 20 7946 0958",
        "(212) 555-0123",
        "+1",
    ],
    *[
        "212",
        "555",
        "0123",
        "(",
        ")",
        "+",
        "123-45-6789",
        "DE89 3704 0044 0532 0130 00",
        "de",
        "GB29",
        "nwbk",
        "is",
        "it",
    ],
    *[
        "john",
        "john.smith@example.com",
        "john dot smith",
        "at example dot com",
        "at example.com",
        "@",
        "a",
        "b",
        "com",
        ".",
    ],
    *[
        "fuck",
        "fuc",
        "k",
        "you",
        "how to",
        "make a bomb",
        "how",
        "to",
        "make",
        "sh1t",
        "kill",
        "yourself",
        "myself",
        "$",
        "!",
    ],
    *[
        "hello",
        "the",
        "I",
        "want to die",
        "é",
        "\u200b",
        "４１１１",
        "٤",
        "中",
        "文",
        "•",
        "\n",
        "\t",
        "...",
        "’",
        "ﬁ",
        "½",
    ],
]
TEXTS = st.lists(
    st.tuples(st.sampled_from(FRAGMENTS), st.sampled_from([" ", " ", " ", "", "-", ".", ", ", ". ", "  "])),
    max_size=14,
).map(lambda parts: "".join(a + b for a, b in parts))
SPLITS = st.lists(st.integers(0, 120), max_size=8)


def pieces(text: str, cuts: list[int]) -> list[str]:
    """`text` cut at `cuts`."""
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    return [text[a:b] for a, b in pairwise(places)]


def whole(text: str) -> str:
    """The text with everything masked that the screen finds in it."""
    out, place = "", 0
    for found in SCREEN.look(text, closed=True).findings:
        out += text[place : found.start]
        if found.action == "block":
            return out
        out += text[found.start : found.end] if found.replacement is None else found.replacement
        place = found.end
    return out + text[place:]


@settings(max_examples=1000, deadline=None)
@given(TEXTS, st.integers(0, 200))
@example("five hundred", 4)
@example("double 4111 1111 1111 1111", 8)
@example("eight! hundred", 6)
def test_what_is_decided_of_a_prefix_stays_so_whatever_follows(text: str, size: int) -> None:
    prefix = text[:size]
    look = SCREEN.look(prefix, closed=False)
    decided = [found for found in look.findings if found.start < look.held]
    for closed in (False, True):
        later = SCREEN.look(text, closed=closed)
        assert [found for found in later.findings if found.start < look.held] == decided
    assert all(found.end <= look.held for found in decided)


@settings(max_examples=1000, deadline=None)
@given(TEXTS, st.integers(0, 200))
@example("1234567890123456789 -- 21 -- 255 -- 50 -- 123 ok", 44)
def test_a_text_read_again_from_its_anchor_is_judged_the_same(text: str, size: int) -> None:
    look = SCREEN.look(text[:size], closed=False)
    again = SCREEN.look(text[look.anchor :], closed=True)

    def moved(found: Finding, by: int) -> Finding:
        return Finding(found.start + by, found.end + by, found.categories, found.action, found.replacement)

    expected = [found for found in SCREEN.look(text, closed=True).findings if found.start >= look.held]
    assert [
        moved(found, look.anchor) for found in again.findings if found.start + look.anchor >= look.held
    ] == expected


@settings(max_examples=3000, deadline=None)
@given(TEXTS, SPLITS)
@example("a$$ and a$$hole", [2, 10])
def test_no_split_of_a_text_shows_anything_else_than_the_whole_text_masked(
    text: str, cuts: list[int]
) -> None:
    gate, shown, blocked = Gate(SCREEN), "", False
    expected = whole(text)
    for piece in pieces(text, cuts):
        release = gate.feed(piece)
        shown += release.text
        blocked = release.blocked
        assert expected.startswith(shown)
        assert gate.shown == len(shown)
        if blocked:
            break
    if not blocked:
        shown += gate.finish().text
    assert shown == expected


@settings(max_examples=1000, deadline=None)
@given(TEXTS, SPLITS, st.integers(0, 8))
def test_a_gate_made_anew_from_its_place_goes_on_as_if_nothing_had_happened(
    text: str, cuts: list[int], restart: int
) -> None:
    gate, shown, fed = Gate(SCREEN), "", 0
    for number, piece in enumerate(pieces(text, cuts)):
        if number == restart:
            gate = Gate(SCREEN, consumed=gate.consumed, decided=gate.decided, shown=gate.shown)
            gate.recall(text[gate.consumed : fed])
        release = gate.feed(piece)
        fed += len(piece)
        shown += release.text
        if release.blocked:
            assert shown == whole(text)
            return
    assert shown + gate.finish().text == whole(text)


# ---- everything is found ------------------------------------------------------------------------------------------

UNITS = ["oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def with_check(digits: str) -> str:
    """`digits` and the last one that makes them pass Luhn's check."""
    return next(digits + last for last in "0123456789" if luhn(digits + last))


CARDS = st.text("0123456789", min_size=12, max_size=18).map(with_check).filter(lambda d: len(set(d)) > 3)


@st.composite
def written(draw: st.DrawFn, digits: str) -> str:
    """`digits` in numerals, digit words, pairs and doubles, mixed, with separators between them."""
    out, place = "", 0
    while place < len(digits):
        rest = digits[place:]
        ways = [(1, UNITS[int(rest[0])]), (min(len(rest), 4), rest[:4]), (1, rest[0])]
        if len(rest) > 1 and rest[0] == rest[1]:
            ways.append((2, "double " + UNITS[int(rest[0])]))
        if len(rest) > 2 and rest[0] == rest[1] == rest[2]:
            ways.append((3, "triple " + UNITS[int(rest[0])]))
        if len(rest) > 1 and rest[0] >= "2" and rest[1] != "0":
            ways.append((2, TENS[int(rest[0])] + " " + UNITS[int(rest[1])]))
        size, text = draw(st.sampled_from(ways))
        wordy = not (out[-1:].isdigit() or out == "") or not text[0].isdigit()
        gap = draw(st.sampled_from([" ", "-", ".", ", "] if wordy else [" ", "-", ".", ", ", ","]))
        out += (gap if out else "") + text
        place += size
    return out


@settings(max_examples=2000, deadline=None)
@given(CARDS.flatmap(written), st.sampled_from(["", "Pay with ", "The year 2024. It is ", "44 "]), SPLITS)
def test_a_card_number_is_found_however_it_is_written_and_split(
    card: str, before: str, cuts: list[int]
) -> None:
    text = f"{before}{card} thank you"
    gate = Gate(SCREEN)
    shown = "".join(gate.feed(piece).text for piece in pieces(text, cuts)) + gate.finish().text
    assert "[card number]" in shown
    assert shown.endswith(" thank you")
    assert card not in shown
    assert sum(sign.isdigit() for sign in shown) <= 6


@settings(max_examples=500, deadline=None)
@given(st.from_regex(r"[2-8][0-9]{2}-[0-9]{2}-[0-9]{4}", fullmatch=True), st.sampled_from("- ."))
def test_a_social_security_number_is_masked_when_it_can_be_one(number: str, gap: str) -> None:
    look = SCREEN.look(f"it is {number.replace('-', gap)}, ok", closed=True)
    assert bool(look.findings) == like_ssn(number.replace("-", ""))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my card is 4111 1111 1111 1111.", "my card is [card number]."),
        ("four one double one oh", "four one double one oh"),
        ("forty one eleven eleven eleven, eleven eleven eleven eleven", "[card number]"),
        ("four one one one, one one one one, one one one one, one one one one", "[card number]"),
        ("4111-1111-1111-1112", "4111-1111-1111-1112"),
        ("４１１１ １１１１ １１１１ １１１１", "[card number]"),
        ("41\u200b11 1111 11\u00ad11 1111", "[card number]"),
        ("it is 2024 4111 1111 1111 1111 12 27", "it is 2024 [card number] 12 27"),
        ("12345678901234567890123", "[number]"),
        ("four five three two oh one five one one two eight three zero three six six", "[card number]"),
        ("four five three two oh one five one one two eight three zero three six seven", "[number]"),
        ("4, 5, 3, 2, 0, 1, 5, 1, 1, 2, 8, 3, 0, 3, 6, 7, please", "[number], please"),
        ("call (212) 555-0123 now", "call [phone number] now"),
        ("call +44 20 7946 0958 now", "call [phone number] now"),
        ("two one two five five five oh one two three", "[phone number]"),
        ("oh two oh seven nine four six oh nine five eight", "[phone number]"),
        ("write to john.smith@example.com.", "write to [e-mail address]."),
        ("john dot smith at example dot com please", "[e-mail address] please"),
        ("j o h n at example dot co dot uk", "[e-mail address]"),
        ("jane at example.com", "[e-mail address]"),
        ("IBAN DE89 3704 0044 0532 0130 00 ok", "IBAN [bank account] ok"),
        ("gb29nwbk60161331926819", "[bank account]"),
        ("GB29 NWBK 6016 1331 9268 18", "GB29 NWBK 6016 1331 9268 18"),
        ("one two three four five six seven eight nine", "one two three four five six seven eight nine"),
        ("you sh1t, fuuuuck! аsshole", "you [profanity], [profanity]! [profanity]"),
        ("kiII yourself", "kiII yourself".replace("kiII yourself", "[removed]")),
        ("a classic assassin in Scunthorpe", "a classic assassin in Scunthorpe"),
    ],
)
def test_what_is_masked(text: str, expected: str) -> None:
    assert whole(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "I have 3 apples and 20 pears",
        "from 1914 to 1918, and again from 1939 to 1945",
        "it costs $1,234,567.89 in 2024",
        "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20",
        "2024-11-24 09:39:33.123; 2024-12-24 09:39",
        "version 1.2.3.4 at 192.168.100.200",
        "one third is 0.333333333",
        "look at this, there is more at example.com",
        "meet me at 4, at the station",
        "room 212, extension 555",
        "twenty twenty four was a good year, oh well",
        "it is 20 minutes from here",
        "pi is 3.14159",
        "the population is 331,900,000",
        "这是一个中文句子",
    ],
)
def test_what_is_left_alone(text: str) -> None:
    assert whole(text) == text


@pytest.mark.parametrize(
    "text",
    ["hello there my friend, how nice to see you ", "这是一个中文句子，没有空格", "the year 2024 was "],
)
def test_ordinary_words_are_not_held_for_longer_than_the_next_two(text: str) -> None:
    gate = Gate(SCREEN)
    for sign in text:
        gate.feed(sign)
        assert len(gate._pending) - gate.decided <= 16


DIGITS = ["4", "11", "one", "seven", "forty", "5500", "double two"]


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(
        st.lists(st.sampled_from([*DIGITS, "a", "j", "dot", "how", "to", "de", "x" * 90]), max_size=120),
        st.lists(st.sampled_from(DIGITS), min_size=60, max_size=120),
    )
)
def test_what_is_held_back_is_bounded(words: list[str]) -> None:
    gate = Gate(SCREEN)
    for word in words:
        gate.feed(word + " ")
        assert len(gate._pending) - gate.decided <= 57 * len("seven ")


def test_numbers_after_a_masked_one_do_not_keep_it_pending() -> None:
    gate = Gate(SCREEN)
    gate.feed("it is 4111 1111 1111 1111, 237, 682, 967, 921, 882, 164, 361, 220, 607, ")
    assert "4111" not in gate._pending
