from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

class _Span:
    start_char: int
    end_char: int
    label_: str

class _Doc:
    ents: Sequence[_Span]

class Language:
    meta: Mapping[str, str]
    path: Path
    pipe_names: Sequence[str]
    pipe_labels: Mapping[str, Sequence[str]]
    def remove_pipe(self, name: str) -> object: ...
    def pipe(self, texts: Iterable[str]) -> Iterator[_Doc]: ...
