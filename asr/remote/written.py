"""A vocabulary for engines that know words and no tokens. Pure.

A token is up to seven bytes of a word's UTF-8 as a number, and the last token of each word ends with a zero byte. So a
token says what it means by itself, after a restart and on another machine as well; no word's tokens begin another
word's; and to agree in tokens is to agree in whole words.
"""

from collections.abc import Iterable, Sequence
from typing import Final

SIZE: Final = 7
"""Bytes of a token: it fits into what MessagePack has for whole numbers."""

END: Final = b"\0"


def written(word: str) -> tuple[int, ...]:
    """`word` as tokens; its leading space belongs to it."""
    whole = word.replace("\0", "").encode("utf-8", "replace") + END
    return tuple(int.from_bytes(whole[at : at + SIZE], "big") for at in range(0, len(whole), SIZE))


def read(tokens: Iterable[int]) -> str:
    """The text of `tokens`. A number that is no token of ours says nothing."""
    found = b"".join(token.to_bytes(8, "big").lstrip(END) for token in tokens if 0 < token < 1 << 8 * SIZE)
    return found.replace(END, b"").decode("utf-8", "replace")


class Written:
    """The vocabulary: it satisfies asr.speaker.transcript.Vocabulary."""

    def words(self, tokens: Sequence[int], language: str) -> list[tuple[int, ...]]:
        """`tokens` in groups, each a word with its leading space and the punctuation behind it."""
        words, word = list[tuple[int, ...]](), list[int]()
        for token in tokens:
            word.append(token)
            if token & 0xFF == 0:
                words.append(tuple(word))
                word = []
        return [*words, tuple(word)] if word else words

    def text(self, tokens: tuple[int, ...]) -> str:
        """What `tokens` say, leading space included."""
        return read(tokens)

    def tokens(self, text: str) -> tuple[int, ...]:
        """`text` as tokens, none of which is anything but text."""
        return tuple(token for word in text.split() for token in written(" " + word))
