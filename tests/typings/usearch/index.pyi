from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt

class Matches:
    keys: npt.NDArray[np.uint64]
    distances: npt.NDArray[np.float32]

class Index:
    def __init__(self, *, ndim: int, metric: str, dtype: str) -> None: ...
    def __len__(self) -> int: ...
    def add(
        self, keys: npt.NDArray[np.uint64], vectors: npt.NDArray[Any], *, threads: int = 0
    ) -> npt.NDArray[np.uint64]: ...
    def search(
        self, vectors: npt.NDArray[Any], count: int = 10, *, threads: int = 0, exact: bool = False
    ) -> Matches: ...
    def save(self, path_or_buffer: str | PathLike[str]) -> None: ...
    @staticmethod
    def restore(path_or_buffer: str | PathLike[str], view: bool = False) -> Index | None: ...
