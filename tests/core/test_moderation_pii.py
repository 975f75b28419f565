"""Cards, bank accounts, telephones, addresses: found however they are written, and nothing else taken for one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.gate import Gate
from moderation.pii import like_ssn, luhn
from tests.screening import SCREEN, SPLITS, pieces, whole

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
