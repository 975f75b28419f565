from typing import Any

import numpy.typing as npt

from ctranslate2 import models as models

class StorageView:
    shape: list[int]
    @staticmethod
    def from_array(array: npt.NDArray[Any]) -> StorageView: ...
    def to(self, dtype: DataType) -> StorageView: ...
    def to_device(self, device: Device) -> StorageView: ...
    def __array__(self) -> npt.NDArray[Any]: ...

class DataType:
    float32: DataType

class Device:
    cpu: Device

def get_cuda_device_count() -> int: ...
def get_supported_compute_types(device: str, device_index: int = 0) -> set[str]: ...
