"""Whisper on CTranslate2.

`WhisperModel.transcribe` of faster-whisper pads every window to 30 s, whatever it is given; the encoder takes any even
number of frames up to 3000 and costs accordingly, so CTranslate2 is called directly. Calls block and let go of the
GIL: run them in threads, at most as many as there are workers.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never, cast

import ctranslate2
import numpy as np
import tokenizers

from asr.hearing.front import front
from asr.hearing.mel import Sees
from asr.hearing.sound import Float32
from asr.policy import AsrPolicy
from asr.whisper.alias import Aliases, CannotAlias, edited
from asr.whisper.batches import Encoded, batches
from asr.whisper.device import device
from asr.whisper.final import look
from asr.whisper.passes import Align, Aligned, Answer, Call, Detect, Encode, Generate, Generated, Question
from asr.whisper.profile import settled
from asr.whisper.tokens import LONGEST, Tokens

if TYPE_CHECKING:
    from ctranslate2.models import WhisperAlignmentResult, WhisperGenerationResult

log = logging.getLogger(__name__)

PLAIN = Aliases({}, {})
"""Of a model as it is: its forced text is consumed token by token."""


class Engine:
    """A loaded model: a Transcriber that sees what its front does. `bands`: its mel bands. Threads may share it.

    `policy`: nothing in it is left to the device any more. `aliases`: how its forced text runs in parallel; None if it
    does not.
    """

    def __init__(self, folder: Path, policy: AsrPolicy) -> None:
        self.policy = settled(policy, device(policy.device))
        self._model, self.aliases = self._load(folder)
        self.bands: int = self._model.n_mels
        self._front = front(self._model.device, self.bands)
        self.sees: Sees = self._front.sees
        self.words = Tokens(
            tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json")), self._model.is_multilingual
        )

    def _load(self, folder: Path) -> tuple[ctranslate2.models.Whisper, Aliases | None]:
        if self.policy.prefix == "plain":
            return self._open(folder), None
        try:
            with edited(folder) as (place, aliases):
                return self._open(place), aliases
        except CannotAlias as why:
            log.warning("words that are known cost as much as new ones with this model: %s", why)
            return self._open(folder), None

    def _open(self, folder: Path) -> ctranslate2.models.Whisper:
        policy = self.policy
        return ctranslate2.models.Whisper(
            str(folder),
            device=policy.device,
            compute_type=policy.compute_type,
            inter_threads=policy.workers,
            intra_threads=policy.threads,
        )

    def run(self, batch: Sequence[Question]) -> list[Answer]:
        """Run a pass for each to its end, one call of each at a time, so that calls of one kind become one."""
        passes = [look(question, self.policy.passes) for question in batch]
        answers: dict[int, Answer] = {}
        replies: dict[int, Any] = dict.fromkeys(range(len(batch)))
        while replies:
            calls: dict[int, Call] = {}
            for number, reply in replies.items():
                try:
                    calls[number] = passes[number].send(reply)
                except StopIteration as done:
                    answers[number] = done.value
            replies = {}
            for numbers in batches(calls):
                replies.update(zip(numbers, self.call([calls[n] for n in numbers]), strict=True))
        return [answers[number] for number in range(len(batch))]

    def close(self) -> None:
        """A pass is over within seconds: there is nothing to give up."""

    def call(self, calls: Sequence[Call]) -> Sequence[Any]:
        """The replies to calls of one kind, as `batches` puts them together."""
        match calls[0]:
            case Encode():
                return self._encode(cast(Sequence[Encode], calls))
            case Detect():
                return self._detect(cast(Sequence[Detect], calls))
            case Align():
                return self._align(cast(Sequence[Align], calls))
            case Generate():
                return self._generate(cast(Sequence[Generate], calls))
            case _:
                assert_never(calls[0])

    def _encode(self, calls: Sequence[Encode]) -> list[Encoded]:
        frames, count = max(call.frames for call in calls), len(calls)
        padded = self._front.features([call.view for call in calls], frames)
        # several come back to the CPU, since their ways part there
        away = count > 1 and self.policy.device != "cpu"
        found = self._model.encode(ctranslate2.StorageView.from_array(padded), to_cpu=away)
        return [Encoded(found, row, count, frames) for row in range(count)]

    @staticmethod
    def _memory(windows: Sequence[Encoded]) -> ctranslate2.StorageView:
        """The encoder's output for these windows, in one piece."""
        first = windows[0]
        if first.rows == len(windows) and all(
            one.view is first.view and one.row == row for row, one in enumerate(windows)
        ):
            return first.view
        pieces = [np.asarray(one.view)[one.row : one.row + 1] for one in windows]
        return ctranslate2.StorageView.from_array(np.concatenate(pieces))

    def _detect(self, calls: Sequence[Detect]) -> list[tuple[str, float]]:
        if not self._model.is_multilingual:
            return [("en", 1.0)] * len(calls)
        found = self._model.detect_language(self._memory([call.encoded for call in calls]))
        return [(languages[0][0][2:-2], languages[0][1]) for languages in found]

    def _align(self, calls: Sequence[Align]) -> list[Aligned]:
        aliases, first = self.aliases or PLAIN, calls[0]
        found = self._model.align(
            self._memory([call.encoded for call in calls]),
            aliases.inward(self.words.start(first.language, translate=first.translate)),
            [aliases.inward(call.tokens) for call in calls],
            [call.frames for call in calls],
        )
        return [_aligned(call, one) for call, one in zip(calls, found, strict=True)]

    def _generate(self, calls: Sequence[Generate]) -> list[Generated]:
        first = calls[0]
        heads = [self.words.head(call.context, call.language, translate=call.translate) for call in calls]
        start = len(heads[0])
        texts = [[*head, *call.prefix] for head, call in zip(heads, calls, strict=True)]
        at, prompts = self.aliases.split(texts, start) if self.aliases else (start, texts)
        forced = [len(prompt) - at for prompt in prompts]
        scored = any(call.scored for call in calls)
        total = max(steps + call.room for steps, call in zip(forced, calls, strict=True))
        found = self._model.generate(
            self._memory([call.encoded for call in calls]),
            prompts,
            beam_size=1 if first.temperature else first.beam,
            # CTranslate2 makes at most half of max_length, or what the parallel part leaves of it
            max_length=min(LONGEST, max(2 * total, at - 1 + total)),
            suppress_blank=not first.prefix,
            sampling_topk=0 if first.temperature else 1,
            sampling_temperature=first.temperature or 1.0,
            return_scores=scored,
            return_no_speech_prob=scored,
            return_logits_vocab=any(call.weighed for call in calls),
        )
        return [
            self._generated(call.room, steps, one)
            for call, steps, one in zip(calls, forced, found, strict=True)
        ]

    def _generated(self, room: int, forced: int, found: "WhisperGenerationResult") -> Generated:
        tokens, aliases = found.sequences_ids[0], self.aliases or PLAIN
        fresh = [token for token in tokens[forced : forced + room] if token < self.words.end_of_text]
        if not found.scores:
            return Generated(tuple(aliases.outward(fresh)), probabilities=_weights(found, forced, len(fresh)))
        # a score is the sum over the new tokens and the end, divided by the number of all tokens, forced ones too
        logprob = found.scores[0] * len(tokens) / (max(0, len(tokens) - forced) + 1)
        text = tuple(aliases.outward(fresh))
        return Generated(text, logprob, found.no_speech_prob, self.words.ratio(text))


def _weights(found: "WhisperGenerationResult", forced: int, count: int) -> tuple[float, ...]:
    """The probabilities of `count` new tokens behind `forced` ones, if they were asked for."""
    if not found.logits:
        return ()
    steps = list(zip(found.sequences_ids[0], found.logits[0], strict=False))[forced : forced + count]
    return tuple(_softmax(_numbers(logits), token) for token, logits in steps)


def _numbers(view: ctranslate2.StorageView) -> Float32:
    """What is in `view`, which may be a GPU's, and of a type that NumPy does not know."""
    near = view.to(ctranslate2.DataType.float32).to_device(ctranslate2.Device.cpu)
    return np.asarray(near).ravel()


def _softmax(logits: Float32, token: int) -> float:
    top = logits.max()
    return float(np.exp(logits[token] - top) / np.exp(logits - top).sum())


def _aligned(call: Align, found: "WhisperAlignmentResult") -> Aligned:
    count, end_s = len(call.tokens), call.frames / 100
    times = [end_s] * (count + 1)
    known = -1
    for token, frame in found.alignments:
        if token > known and token <= count:
            times[token] = min(frame / 50, end_s)
            known = token
    return Aligned(found.text_token_probs, times)
