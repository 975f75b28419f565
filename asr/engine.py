"""Whisper on CTranslate2: the only module that knows faster_whisper, ctranslate2 or tokenizers.

`WhisperModel.transcribe` pads every window to 30 s, whatever it is given; the encoder takes any even number of
frames up to 3000 and costs accordingly, so CTranslate2 is called directly. Calls block and let go of the GIL: run
them in threads, at most as many as there are workers. Token ids come from the model's tokenizer, which may lack the
names of timestamps: those ids begin behind `<|notimestamps|>`.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, assert_never, cast

import ctranslate2
import numpy as np
import tokenizers
from faster_whisper.tokenizer import Tokenizer

from asr.mel import Sees, features
from asr.passes import Align, Aligned, Answer, Call, Detect, Encode, Generate, Generated, Question, look
from asr.policy import AsrPolicy
from asr.transcript import SPACELESS

LONGEST = 448
"""Tokens that Whisper's decoder takes, prompt included."""

CONTEXT = LONGEST // 2 - 1
"""Of them, those before the start of the transcript."""


class Engine:
    """A loaded model: a Transcriber that sees log-mel. `bands`: its mel bands. Threads may share it."""

    def __init__(self, folder: Path, policy: AsrPolicy) -> None:
        self._model = ctranslate2.models.Whisper(
            str(folder),
            device=policy.device,
            compute_type=policy.compute_type,
            inter_threads=policy.workers,
            intra_threads=policy.threads,
        )
        self._policy = policy.passes
        self.sees: Sees = "mel"
        self.bands: int = self._model.n_mels
        self.words = Tokens(
            tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json")), self._model.is_multilingual
        )

    def run(self, batch: Sequence[Question]) -> list[Answer]:
        """Run a pass for each to its end, one call of each at a time, so that calls of one kind can become one."""
        passes = [look(question, self._policy) for question in batch]
        answers: dict[int, Answer] = {}
        replies: dict[int, Any] = dict.fromkeys(range(len(batch)))
        while replies:
            calls: dict[int, Call] = {}
            for number, reply in replies.items():
                try:
                    calls[number] = passes[number].send(reply)
                except StopIteration as done:
                    answers[number] = done.value
            replies = {number: self._call(call) for number, call in calls.items()}
        return [answers[number] for number in range(len(batch))]

    def close(self) -> None:
        """A pass is over within seconds: there is nothing to give up."""

    def _call(self, call: Call) -> Any:
        match call:
            case Encode(view=view, frames=frames):
                padded = np.ascontiguousarray(features(view, frames)[None])
                return self._model.encode(ctranslate2.StorageView.from_array(padded))
            case Detect(encoded=encoded):
                return self._detect(encoded)
            case Align():
                return self._align(call)
            case Generate():
                return self._generate(call)
            case _:
                assert_never(call)

    def _detect(self, encoded: Any) -> tuple[str, float]:
        if not self._model.is_multilingual:
            return "en", 1.0
        token, probability = self._model.detect_language(encoded)[0][0]
        return token[2:-2], probability

    def _align(self, call: Align) -> Aligned:
        start, count = self.words.start(call.language, translate=call.translate), len(call.tokens)
        found = self._model.align(call.encoded, start, [list(call.tokens)], [call.frames])[0]
        end_s = call.frames / 100
        times = [end_s] * (count + 1)
        known = -1
        for token, frame in found.alignments:
            if token > known and token <= count:
                times[token] = min(frame / 50, end_s)
                known = token
        return Aligned(found.text_token_probs, times)

    def _generate(self, call: Generate) -> Generated:
        head = [*self.words.before(call.context), *self.words.start(call.language, translate=call.translate)]
        prompt = [*head, self.words.no_timestamps, *call.prefix]
        forced = len(call.prefix)
        start, total = len(prompt) - forced, forced + call.room
        # CTranslate2 makes at most half of max_length, or what the prompt leaves of it
        found = self._model.generate(
            call.encoded,
            [prompt],
            beam_size=1 if call.temperature else call.beam,
            max_length=min(LONGEST, max(2 * total, start + total)),
            suppress_blank=not forced,
            sampling_topk=0 if call.temperature else 1,
            sampling_temperature=call.temperature or 1.0,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        tokens = found.sequences_ids[0]
        fresh = tuple(
            token for token in tokens[forced : forced + call.room] if token < self.words.end_of_text
        )
        # a score is the sum over the new tokens and the end, divided by the number of all tokens, forced ones too
        logprob = found.scores[0] * len(tokens) / (max(0, len(tokens) - forced) + 1)
        return Generated(fresh, logprob, found.no_speech_prob)


class Tokens:
    """The model's vocabulary: prompts, and tokens as words and text."""

    def __init__(self, tokenizer: tokenizers.Tokenizer, multilingual: bool) -> None:
        self._tokenizer = tokenizer
        self._multilingual = multilingual
        self.no_timestamps = self._id("<|notimestamps|>")
        self.end_of_text = self._id("<|endoftext|>")
        self.text = lru_cache(maxsize=16_384)(self._text)

    def before(self, context: Sequence[int]) -> list[int]:
        """What stands before every prompt when there is a context: as much of its end as the decoder takes."""
        return [self._id("<|startofprev|>"), *context[-CONTEXT:]] if context else []

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

    def _text(self, tokens: tuple[int, ...]) -> str:
        return self._tokenizer.decode(list(tokens), skip_special_tokens=True)

    def _id(self, name: str) -> int:
        return cast(int, self._tokenizer.token_to_id(name))
