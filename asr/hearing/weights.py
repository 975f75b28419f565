"""The tensors of an ONNX file by name, without the library: for engines that run a model in another way. Pure.

Of the protocol-buffer messages of onnx.proto3 only what leads to a tensor is read: ModelProto.graph (7),
GraphProto.initializer (5), and of TensorProto dims (1), data_type (2), name (8) and raw_data (9).
"""

import math
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from asr.hearing.sound import Float32

GRAPH: Final = 7
INITIALIZER: Final = 5
DIMS, TYPE, NAME, RAW = 1, 2, 8, 9
FLOAT: Final = 1
"""TensorProto.DataType of float32."""


class Malformed(ValueError):
    """This is no ONNX file, or one whose tensors are kept in a way that is not read here."""


class Field(NamedTuple):
    """One field of a message: a number, or bytes."""

    number: int
    value: int | bytes


def tensors(blob: bytes) -> dict[str, Float32]:
    """All float32 initialisers of the graph. Raises Malformed."""
    found: dict[str, Float32] = {}
    for graph in _parts(blob, GRAPH):
        for tensor in _parts(graph, INITIALIZER):
            name, array = _tensor(tensor)
            if array is not None:
                found[name] = array
    if not found:
        raise Malformed("no tensors in it")
    return found


def _tensor(blob: bytes) -> tuple[str, Float32 | None]:
    dims, kind, name, raw = list[int](), 0, "", b""
    for field in _fields(blob):
        match field:
            case Field(number=number, value=bytes() as value) if number == DIMS:
                dims += _numbers(value)
            case Field(number=number, value=int() as value) if number == DIMS:
                dims.append(value)
            case Field(number=number, value=int() as value) if number == TYPE:
                kind = value
            case Field(number=number, value=bytes() as value) if number == NAME:
                name = value.decode("utf-8", "replace")
            case Field(number=number, value=bytes() as value) if number == RAW:
                raw = value
            case _:
                pass
    if kind != FLOAT:
        return name, None
    if len(raw) != 4 * math.prod(dims):
        raise Malformed(f"{name} has {len(raw)} bytes of float32 for {dims}")
    return name, np.frombuffer(raw, "<f4").astype(np.float32).reshape(dims)


def _parts(blob: bytes, number: int) -> Iterator[bytes]:
    for field in _fields(blob):
        if field.number == number and isinstance(field.value, bytes):
            yield field.value


def _fields(blob: bytes) -> Iterator[Field]:
    at = 0
    while at < len(blob):
        key, at = _varint(blob, at)
        match key & 7:
            case 0:
                value, at = _varint(blob, at)
                yield Field(key >> 3, value)
            case 1 | 5 as fixed:
                at += 8 if fixed == 1 else 4
            case 2:
                size, at = _varint(blob, at)
                if at + size > len(blob):
                    raise Malformed("it ends in the middle of a message")
                yield Field(key >> 3, blob[at : at + size])
                at += size
            case _:
                raise Malformed("it is no protocol buffer")


def _numbers(blob: bytes) -> list[int]:
    numbers, at = list[int](), 0
    while at < len(blob):
        number, at = _varint(blob, at)
        numbers.append(number)
    return numbers


def _varint(blob: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(blob) and shift < 70:
        value |= (blob[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not blob[at - 1] & 0x80:
            return value, at
    raise Malformed("it ends in the middle of a number")
