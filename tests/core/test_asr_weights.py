"""Reading the tensors of an ONNX file."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.hearing.weights import Malformed, tensors


def field(number: int, body: bytes) -> bytes:
    return bytes([number << 3 | 2]) + varint(len(body)) + body


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def model(name: str, values: list[list[float]], *, packed: bool = True, kind: int = 1) -> bytes:
    array = np.array(values, "<f4")
    dims = [varint(size) for size in array.shape]
    shape = field(1, b"".join(dims)) if packed else b"".join(b"\x08" + size for size in dims)
    tensor = shape + b"\x10" + varint(kind) + field(8, name.encode()) + field(9, array.tobytes())
    return b"\x08\x08" + field(2, b"pytorch") + field(7, field(2, b"graph") + field(5, tensor))


Rows = st.lists(st.lists(st.floats(-5, 5, width=32), min_size=3, max_size=3), min_size=1, max_size=90)


@given(Rows, st.booleans())
def test_a_tensor_is_read_as_it_was_written(values: list[list[float]], packed: bool) -> None:
    found = tensors(model("some.weight", values, packed=packed))
    assert list(found) == ["some.weight"]
    assert (found["some.weight"] == np.array(values, np.float32)).all()


def test_what_is_not_float32_is_left_out_and_nothing_at_all_is_an_error() -> None:
    with pytest.raises(Malformed):
        tensors(model("indices", [[1, 2, 3]], kind=7))
    with pytest.raises(Malformed):
        tensors(b"")


@pytest.mark.parametrize("missing", [1, 4])
def test_a_tensor_with_fewer_numbers_than_its_shape_has_room_for_is_malformed(missing: int) -> None:
    raw = np.zeros(6, "<f4").tobytes()[:-missing]
    tensor = field(1, varint(2) + varint(3)) + b"\x10\x01" + field(8, b"short") + field(9, raw)
    with pytest.raises(Malformed, match="short has"):
        tensors(field(7, field(5, tensor)))


@given(st.binary(max_size=60), st.integers(0, 200))
def test_a_broken_file_is_malformed_and_nothing_worse(garbage: bytes, at: int) -> None:
    whole = model("some.weight", [[1, 2, 3]] * 9)
    for broken in (garbage, whole[:at], whole[:at] + garbage + whole[at:]):
        with contextlib.suppress(Malformed):
            assert tensors(broken)
