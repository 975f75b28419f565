from collections.abc import Sequence

from ctranslate2 import StorageView

class WhisperGenerationResult:
    sequences: list[list[str]]
    sequences_ids: list[list[int]]
    scores: list[float]
    no_speech_prob: float
    logits: list[list[StorageView]]

class WhisperAlignmentResult:
    alignments: list[tuple[int, int]]
    text_token_probs: list[float]

class Whisper:
    device: str
    is_multilingual: bool
    n_mels: int
    def __init__(
        self,
        model_path: str,
        device: str = "cpu",
        *,
        device_index: int | list[int] = 0,
        compute_type: str = "default",
        inter_threads: int = 1,
        intra_threads: int = 0,
    ) -> None: ...
    def encode(self, features: StorageView, to_cpu: bool = False) -> StorageView: ...
    def detect_language(self, features: StorageView) -> list[list[tuple[str, float]]]: ...
    def generate(
        self,
        features: StorageView,
        prompts: Sequence[Sequence[int]],
        *,
        beam_size: int = 5,
        patience: float = 1,
        length_penalty: float = 1,
        repetition_penalty: float = 1,
        no_repeat_ngram_size: int = 0,
        max_length: int = 448,
        return_scores: bool = False,
        return_logits_vocab: bool = False,
        return_no_speech_prob: bool = False,
        max_initial_timestamp_index: int = 50,
        suppress_blank: bool = True,
        suppress_tokens: Sequence[int] | None = ...,
        sampling_topk: int = 1,
        sampling_temperature: float = 1,
    ) -> list[WhisperGenerationResult]: ...
    def align(
        self,
        features: StorageView,
        start_sequence: Sequence[int],
        text_tokens: Sequence[Sequence[int]],
        num_frames: int | Sequence[int],
        *,
        median_filter_width: int = 7,
    ) -> list[WhisperAlignmentResult]: ...
