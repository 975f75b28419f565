"""Whether any split of a reply into tokens, with any restart, shows what must not be seen.

    python -m tests.bench.splits [--splits 10000] [--first 0] [--seed 1]

Rounds are numbered from `--first` on, and each is the same whenever it is made: a number tells all of it.

Each round makes a reply of harmless sentences with one or two forbidden strings among them (phrases of the judge and of
the rules, card numbers in digits and in words, IBANs, e-mail addresses), cuts it into tokens, restarts the moderator at
any of them, lets a deterministic judge answer late or soon, and looks at what a client had before it after each event.
The forbidden string, and any part of it that tells something, must be in none of that; and in mode `block_all` nothing
is shown before all of it. Prints JSON: how many rounds of each mode, how many forbidden strings of each kind, and what
was seen in them; the exit code is 1 when anything was.
"""

import argparse
import json
import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from moderation.session import fold
from streaming.drafts import DraftDelta, DraftDone, DraftStarted, RepliesEnded
from streaming.events import Event, Moderation, ReplyDone, SessionEnded
from streaming.facts import SoundEnded, Typed
from streaming.parts import Target
from tests.judging import FORBIDDEN, conduct
from tests.scribing import ACCOUNT, Session

REPLY: Final = Target(reply=1)
MODES: Final[tuple[Moderation, ...]] = ("hold", "block_all")
UNITS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
CARRIERS: Final = (
    "Good morning, I am glad to help you with this.",
    "The parcel left our house on Tuesday, and will be there soon.",
    "You find the lamp on the second shelf, beside the door.",
    "It costs 12.50, or less with a voucher.",
    "Please see the guide, page 14; it tells more than I can.",
    "So it is, and so it will be!\n",
    "Yes - it is as you say: the hub has two lights.",
)
PHRASES: Final = (FORBIDDEN, "how to make a pipe bomb", "kill yourself", "motherfucker", "go die in a hole")
IBANS: Final = ("DE89370400440532013000", "GB29NWBK60161331926819", "FR1420041010050500013M02606")
MAIL: Final = ("john.smith@example.com", "anna@mail.example.org", "p.o.box+7@shop.co.uk")


class Tempting(NamedTuple):
    """What must not be seen: as it stands in the reply, and the parts (without blanks, lower case) that must not be in
    what is shown (without blanks, lower case)."""

    kind: str
    text: str
    parts: tuple[str, ...]


class Seen(NamedTuple):
    """What was on a client's screen and should not have been."""

    number: int
    mode: Moderation
    part: str
    tokens: Sequence[str]


def bare(text: str) -> str:
    """Without blanks, dots and hyphens, lower case: in this form parts are looked for."""
    return re.sub(r"[\s.,\-]", "", text.lower())


def card(dice: random.Random) -> str:
    """Sixteen digits of a card that nobody has (Luhn)."""
    digits = [4, *(dice.randrange(10) for _ in range(14))]
    doubled = [digit * 2 if place % 2 == 0 else digit for place, digit in enumerate(digits)]
    total = sum(digit - 9 if digit > 9 else digit for digit in doubled)
    return "".join(map(str, [*digits, -total % 10]))


def grouped(text: str, dice: random.Random) -> str:
    """In fours, or in one."""
    gap = dice.choice(("", " ", "-"))
    return gap.join(text[place : place + 4] for place in range(0, len(text), 4))


def tempting(dice: random.Random) -> Tempting:
    """Something forbidden."""
    kind = dice.choice(("phrase", "card", "card in words", "iban", "e-mail"))
    if kind == "phrase":
        text = dice.choice(PHRASES)
        return Tempting(kind, text.upper() if dice.random() < 0.2 else text, (bare(text),))
    if kind == "iban":
        text = dice.choice(IBANS)
        return Tempting(kind, grouped(text, dice), windows(bare(text), 9))
    if kind == "e-mail":
        text = dice.choice(MAIL)
        name, _, host = text.partition("@")
        return Tempting(kind, text, (bare(text), f"{bare(name)}@", f"@{bare(host)}"))
    number = card(dice)
    if kind == "card":
        return Tempting(kind, grouped(number, dice), windows(number, 7))
    words = [UNITS[int(digit)] for digit in number]
    return Tempting(kind, dice.choice((" ", ", ")).join(words), windows_of(words, 7))


def windows(text: str, size: int) -> tuple[str, ...]:
    """All parts of so many signs."""
    return tuple(text[place : place + size] for place in range(len(text) - size + 1))


def windows_of(words: Sequence[str], size: int) -> tuple[str, ...]:
    """All parts of so many words."""
    return tuple("".join(words[place : place + size]) for place in range(len(words) - size + 1))


def tokens(text: str, dice: random.Random) -> list[str]:
    """The text cut at any places: nowhere, everywhere, or here and there."""
    share = dice.choice((0.0, 0.05, 0.2, 0.5, 1.0))
    cuts = [place for place in range(1, len(text)) if dice.random() < share]
    return [text[begin:end] for begin, end in pairwise([0, *cuts, len(text)])]


def played(text: Sequence[str], mode: Moderation, dice: random.Random) -> list[Event]:
    """The log of a session in which the model writes these tokens."""
    session = Session(conduct=conduct(mode))
    session.take(Typed("tell me"), DraftStarted(1, 1, "llm@0"))
    restarts = {dice.randrange(len(text)) for _ in range(dice.randrange(4))}
    answers = dice.choice((0.0, 0.1, 0.5, 1.0))
    for place, token in enumerate(text):
        session.take(DraftDelta(1, token))
        if place in restarts:
            session.restart()
        if dice.random() < answers:
            session.answer()
    session.take(DraftDone(1, 1, "completed", "llm@0"))
    session.take(SoundEnded(ACCOUNT), RepliesEnded())
    while session.asks:
        session.answer()
    return session.log


def showings(log: Sequence[Event]) -> list[str]:
    """What of the reply was before the client after each event, and the whole text that its end tells."""
    shown, texts = list[str](), dict[Target, str]()
    for event in log:
        fold(texts, event)
        shown.append(event.text if isinstance(event, ReplyDone) else texts.get(REPLY, ""))
    return list(dict.fromkeys(shown))


def written(baits: Sequence[Tempting], dice: random.Random) -> str:
    """A reply with all of them in it."""
    parts: list[str] = []
    for bait in baits:
        lead, end = dice.choice(("It is ", "", "see ")), dice.choice(("", "."))
        parts += [dice.choice(CARRIERS), f"{lead}{bait.text}{end}"]
    return " ".join([*parts, dice.choice(CARRIERS)])


def round_(number: int, seed: int) -> tuple[list[Tempting], Seen | None]:
    """One split: what was in it, and what was seen of that."""
    dice, mode = random.Random(f"{seed}/{number}"), MODES[number % 2]
    baits = [tempting(dice) for _ in range(dice.choice((1, 1, 2)))]
    cut = tokens(written(baits, dice), dice)
    log = played(cut, mode, dice)
    assert isinstance(log[-1], SessionEnded), "every session ends"
    seen = showings(log)
    if mode == "block_all" and (early := [shown for shown in seen[:-1] if shown]):
        return baits, Seen(number, mode, early[0], cut)
    for shown in map(bare, seen):
        for part in (part for bait in baits for part in bait.parts):
            if part in shown:
                return baits, Seen(number, mode, part, cut)
    return baits, None


def measure(splits: int, first: int = 0, seed: int = 1) -> tuple[dict[str, object], list[Seen]]:
    """So many splits, half in each mode: counts, and what was seen."""
    kinds = Counter[str]()
    seen: list[Seen] = []
    since = time.monotonic()
    for number in range(first, first + splits):
        baits, found = round_(number, seed)
        kinds.update(bait.kind for bait in baits)
        seen += [found] if found else []
    modes = Counter(MODES[number % 2] for number in range(first, first + splits))
    told: dict[str, object] = {
        "splits": splits,
        "first": first,
        "seed": seed,
        "seen": len(seen),
        "modes": dict(modes),
        "forbidden": dict(sorted(kinds.items())),
        "seconds": round(time.monotonic() - since, 1),
    }
    return told, seen


def main() -> int:
    """As the command line asks; 1 when anything was seen."""
    asked = argparse.ArgumentParser(prog="python -m tests.bench.splits")
    asked.add_argument("--splits", type=int, default=10_000)
    asked.add_argument("--first", type=int, default=0)
    asked.add_argument("--seed", type=int, default=1)
    options = asked.parse_args()
    told, seen = measure(options.splits, options.first, options.seed)
    print(json.dumps({**told, "examples": [one._asdict() for one in seen[:5]]}))
    return 1 if seen else 0


if __name__ == "__main__":
    raise SystemExit(main())
