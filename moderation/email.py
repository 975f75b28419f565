"""E-mail addresses, written and said: "john.smith@example.com", "john dot smith at example dot com". Pure.

Written: the characters of an unquoted local part (RFC 5321: at most 64), "@", labels, a top-level domain of letters.
Said: pieces joined by "dot", "dash", "underscore" and the like, or spelled one by one; "at" (or a lone "@"); pieces
joined by "dot" with a top-level domain of TLDS at the end. "at example.com" with a written dot is prose more often
than not: it counts unless the word before "at" is one of PROSE.
"""

import re
from typing import Final

from moderation.finding import LETTERS, Finding, Seen
from moderation.normalize import Plain, Token
from moderation.numberwords import WORDS
from moderation.numerals import STARTS, digits_only

LOCAL: Final = re.compile(r"[a-z0-9._%+'-]*$")
HOST: Final = re.compile(r"[a-z0-9.-]{0,300}")
DOMAIN: Final = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}")
BRACKETS: Final = re.compile(r"[\s()\[\]{}<>]{1,4}")
SPACE: Final = re.compile(r"\s{1,2}")
AT_SIGN: Final = re.compile(r"[\s(\[]{0,2}@[\s)\]]{0,2}")
TIGHT: Final = frozenset({"", ".", "_", "-", "+"})
DOTS: Final = frozenset({"dot", "point"})
LINKS: Final = frozenset({"dot", "underscore", "dash", "hyphen", "plus", "minus"})
TLDS: Final = frozenset({
    "com", "org", "net", "edu", "gov", "mil", "int", "io", "co", "uk", "de", "fr", "es", "it", "nl", "be",
    "ch", "at", "pl", "se", "no", "dk", "fi", "pt", "gr", "cz", "ru", "ua", "cn", "jp", "kr", "in", "br",
    "mx", "ca", "au", "nz", "us", "eu", "info", "biz", "me", "tv", "ai", "app", "dev", "cloud", "online",
    "site", "xyz", "shop", "store", "tech", "ie", "za", "ar", "cl", "tr", "il", "sg", "hk", "tw",
})  # fmt: skip
PROSE: Final = frozenset({
    "available", "look", "looking", "found", "find", "us", "me", "him", "her", "them", "it", "is", "are",
    "was", "were", "be", "been", "online", "more", "hosted", "sold", "bought", "works", "work", "worked",
    "working", "here", "there", "website", "site", "page", "pages", "store", "visit", "out", "up", "in",
    "now", "everything", "something", "all", "details", "information", "info", "support", "team", "people",
    "engineers", "located", "published", "posted", "arrive", "arrived", "and", "or", "not", "only", "also",
})  # fmt: skip
PIECES: Final = 24


class _More(Exception):
    """The grammar wants more than there is; `at`: its "at" was there."""

    def __init__(self, first: int, *, at: bool) -> None:
        self.first = first
        self.at = at


def emails(text: Plain) -> Seen:
    """All addresses in `text`."""
    written, said = _written(text), _said(text)
    return Seen(
        [*written.findings, *said.findings],
        min(written.held, said.held),
        min(written.veiled, said.veiled),
    )


def _written(text: Plain) -> Seen:
    chars, end = text.chars, len(text.chars)
    findings: list[Finding] = []
    held = veiled = end
    for at in (place for place, sign in enumerate(chars) if sign == "@"):
        local = LOCAL.search(chars, max(0, at - LETTERS), at)
        host = HOST.match(chars, at + 1)
        if not local or not local[0] or not host:
            continue
        if host.end() == end and not text.closed:
            held = veiled = min(held, local.start())
            break
        domain = DOMAIN.match(host[0])
        if domain:
            findings.append(_found(local.start(), at + 1 + domain.end()))
    if not text.closed:
        tail = LOCAL.search(chars, max(0, end - LETTERS), end)
        held = min(held, tail.start() if tail else end)
    return Seen(findings, held, veiled)


def _found(start: int, end: int) -> Finding:
    return Finding(start, end, ("pii/email",), "redact", "[e-mail address]")


def _said(text: Plain) -> Seen:
    findings: list[Finding] = []
    held = veiled = len(text.chars)
    place = 0
    while place < len(text.tokens):
        try:
            first, last, place = _address(text, place)
        except _More as more:
            held = text.tokens[more.first].start
            veiled = held if more.at else veiled
            break
        if last >= 0:
            findings.append(_found(text.tokens[first].start, text.tokens[last].end))
    return Seen(findings, held, veiled)


class _Reader:
    """Looks ahead in the tokens, and raises _More where the answer depends on what is not there yet."""

    def __init__(self, text: Plain, first: int) -> None:
        self.text = text
        self.first = first
        self.at = False

    def gap(self, place: int) -> str | None:
        """What stands before token `place`; None when the text is over before it."""
        if place < len(self.text.tokens):
            return self.text.tokens[place].gap
        tail = self.text.tail
        joins = tail in TIGHT or BRACKETS.fullmatch(tail) or AT_SIGN.fullmatch(tail)
        if self.text.closed or not joins:
            return None
        raise self.more()

    def more(self) -> _More:
        """To be raised."""
        return _More(self.first, at=self.at)

    def word(self, place: int, words: frozenset[str]) -> bool:
        """Whether token `place` is one of `words`."""
        token = self.text.tokens[place]
        if not token.whole and any(word.startswith(token.text) for word in words):
            raise self.more()
        return token.whole and token.text in words

    def piece(self, place: int) -> None:
        """Token `place` is part of what is read: it must be whole."""
        if not self.text.tokens[place].whole:
            raise self.more()


def _address(text: Plain, first: int) -> tuple[int, int, int]:
    """Reads from token `first`: first and last token of an address (-1: there is none), and where to read on."""
    reader = _Reader(text, first)
    if not text.tokens[first].text.isascii():
        return first, -1, first + 1
    reader.piece(first)
    last, pieces = first, [first]
    while (following := _joined(reader, last)) is not None:
        last = following
        pieces.append(last)
        reader.first = pieces[-PIECES:][0]
    begin = reader.first
    at = _at(reader, last)
    if at is None:
        return begin, -1, last + 1
    reader.at = True
    end = _domain(reader, at, prose=begin == last and text.tokens[last].text in PROSE)
    return (begin, -1, last + 1) if end is None else (begin, end, end + 1)


def _spelled(reader: _Reader, place: int) -> bool:
    token: Token = reader.text.tokens[place]
    if token.whole:
        return len(token.text) == 1 or digits_only(token) or token.text in WORDS
    if len(token.text) == 1 or digits_only(token) or token.text in STARTS:
        raise reader.more()
    return False


def _joined(reader: _Reader, place: int) -> int | None:
    """The next piece of the local part after token `place`."""
    gap = reader.gap(place + 1)
    if gap is None:
        return None
    if not reader.text.tokens[place + 1].text.isascii():
        return None
    if gap in TIGHT:
        reader.piece(place + 1)
        return place + 1
    if not BRACKETS.fullmatch(gap):
        return None
    if reader.word(place + 1, LINKS):
        behind = reader.gap(place + 2)
        if behind is not None and (BRACKETS.fullmatch(behind) or behind in TIGHT):
            reader.piece(place + 2)
            return place + 2
        return None
    if SPACE.fullmatch(gap) and _spelled(reader, place) and _spelled(reader, place + 1):
        return place + 1
    return None


def _at(reader: _Reader, place: int) -> int | None:
    """The first token of the domain, if "at" or a "@" with spaces around it follows token `place`."""
    gap = reader.gap(place + 1)
    if gap is None:
        return None
    if AT_SIGN.fullmatch(gap):
        return place + 1
    if BRACKETS.fullmatch(gap) and reader.word(place + 1, frozenset({"at"})):
        behind = reader.gap(place + 2)
        return place + 2 if behind is not None and BRACKETS.fullmatch(behind) else None
    return None


def _domain(reader: _Reader, place: int, *, prose: bool) -> int | None:
    """The last token of the domain that begins at `place`."""
    tokens, last, end, spoken = reader.text.tokens, place, None, False
    if place >= len(tokens):
        raise reader.more()
    reader.piece(place)
    for _ in range(12):
        gap = reader.gap(last + 1)
        if gap is None:
            break
        if gap == ".":
            following, dotted = last + 1, True
        elif gap in TIGHT:
            following, dotted = last + 1, False
        elif BRACKETS.fullmatch(gap) and reader.word(last + 1, DOTS | {"dash", "hyphen"}):
            dotted = tokens[last + 1].text in DOTS
            spoken = spoken or dotted
            behind = reader.gap(last + 2)
            if behind is None or not BRACKETS.fullmatch(behind):
                break
            following = last + 2
        else:
            break
        reader.piece(following)
        last = following
        if dotted and tokens[last].text in TLDS and (spoken or not prose):
            end = last
    return end
