"""Sentence embeddings by all-MiniLM-L6-v2 (sentence-transformers, Apache-2.0) on ONNX Runtime, weights in int8.

The only place where texts become vectors: retrieval compares them, moderation's heads read them. Activations stay in
float32 and padding is masked, so a text has the same vector (to 1e-5) alone and in any batch.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

Vectors = npt.NDArray[np.float32]

NAME: Final = "minilm"
DIMENSION: Final = 384
LONGEST: Final = 256
"""Tokens of a text that count: the model was trained on no more."""
TOGETHER: Final = 16
"""Texts of one run at most: on a CPU more gain nothing and hold memory."""


class Sentences:
    """The model in `folder` (`model.onnx`, `tokenizer.json`) on so many threads. Any thread may call; calls block."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3
        # Threads that wait for the next run by spinning would take a core from the recogniser.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer: Any = cast(Any, Tokenizer).from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(LONGEST)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """A row of length 1 for each text, in their order: (n, 384). Cosine similarity is the dot product."""
        tokens = cast(list[list[int]], [found.ids for found in self._tokenizer.encode_batch(list(texts))])
        out = np.zeros((len(tokens), DIMENSION), np.float32)
        # Of like length together, so that little is padded.
        order = sorted(range(len(tokens)), key=lambda at: len(tokens[at]))
        for first in range(0, len(order), TOGETHER):
            rows = order[first : first + TOGETHER]
            out[rows] = self._run([tokens[row] for row in rows])
        return out

    def count(self, text: str) -> int:
        """Tokens that `text` has for this model, the two marks at its ends included, up to `LONGEST`."""
        return len(self._tokenizer.encode(text).ids)

    def _run(self, tokens: list[list[int]]) -> Vectors:
        """The mean of the tokens' last states, brought to length 1."""
        ids = np.zeros((len(tokens), max(map(len, tokens))), np.int64)
        mask = np.zeros_like(ids)
        for row, found in enumerate(tokens):
            ids[row, : len(found)] = found
            mask[row, : len(found)] = 1
        asked = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        [states] = self._session.run(None, asked)
        mean = (states * mask[..., None]).sum(1) / mask.sum(1)[:, None]
        return (mean / np.linalg.norm(mean, axis=1, keepdims=True)).astype(np.float32)
