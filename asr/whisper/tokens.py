"""A Whisper model's vocabulary: its prompts, and its tokens as words and text.

Token ids come from the model's tokenizer, which may lack the names of timestamps: those ids begin behind
`<|notimestamps|>`.
"""

import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import cast

import tokenizers
from faster_whisper.tokenizer import Tokenizer

from asr.speaker.transcript import SPACELESS

LONGEST = 448
"""Tokens that Whisper's decoder takes, prompt included."""

CONTEXT = LONGEST // 2 - 1
"""Of them, those before the start of the transcript."""


class Tokens:
    """A vocabulary; `multilingual`: prompts name the language and the task."""

    def __init__(self, tokenizer: tokenizers.Tokenizer, multilingual: bool) -> None:
        self._tokenizer = tokenizer
        self._multilingual = multilingual
        self.no_timestamps = self._id("<|notimestamps|>")
        self.end_of_text = self._id("<|endoftext|>")
        self.text = lru_cache(maxsize=16_384)(self._text)

    def before(self, context: Sequence[int]) -> list[int]:
        """What stands before every prompt when there is a context: as much of its end as the decoder takes."""
        return [self._id("<|startofprev|>"), *context[-CONTEXT:]] if context else []

    def head(self, context: Sequence[int], language: str, *, translate: bool = False) -> list[int]:
        """All of a prompt but the text that is forced."""
        return [*self.before(context), *self.start(language, translate=translate), self.no_timestamps]

    def tokens(self, text: str) -> tuple[int, ...]:
        """`text` as tokens. What is spelled like a token that steers the model is left out."""
        found = self._tokenizer.encode(text, add_special_tokens=False).ids
        return tuple(token for token in found if token < self.end_of_text)

    def start(self, language: str, *, translate: bool = False) -> list[int]:
        """What every prompt begins with; a language that the model does not know is taken for English."""
        start = [self._id("<|startoftranscript|>")]
        if self._multilingual:
            known = self._tokenizer.token_to_id(f"<|{language.lower().split('-')[0]}|>")
            start += [
                self._id("<|en|>") if known is None else known,
                self._id("<|translate|>" if translate else "<|transcribe|>"),
            ]
        return start

    def words(self, tokens: Sequence[int], language: str) -> list[tuple[int, ...]]:
        """`tokens` in groups, each a word with its leading space and the punctuation behind it."""
        if not tokens:
            return []
        splitter = Tokenizer(self._tokenizer, self._multilingual, task="transcribe", language="en")
        spaced = language not in SPACELESS
        split = splitter.split_tokens_on_spaces if spaced else splitter.split_tokens_on_unicode
        words: list[tuple[int, ...]] = []
        for text, group in zip(*split(list(tokens)), strict=True):
            if (
                words
                and not text.startswith(" ")
                and (spaced or not any(letter.isalnum() for letter in text))
            ):
                words[-1] += tuple(group)
            else:
                words.append(tuple(group))
        return words

    def ratio(self, tokens: Sequence[int]) -> float:
        """How many times smaller zlib makes their text: much, if it says one thing again and again."""
        text = self.text(tuple(tokens)).strip().encode()
        return len(text) / len(zlib.compress(text)) if text else 1.0

    def _text(self, tokens: tuple[int, ...]) -> str:
        return self._tokenizer.decode(list(tokens), skip_special_tokens=True)

    def _id(self, name: str) -> int:
        return cast(int, self._tokenizer.token_to_id(name))
