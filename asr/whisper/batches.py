"""Which model calls go together, so that one run of the model serves several windows. Pure.

CTranslate2 takes what is equally long: the encoder windows of equal frames (shorter ones get some more silence), the
decoder prompts whose parallel part is equally long, under one set of options. A step of decoding costs a GPU, and on a
CPU nearly, as much for a few windows as for one; but it goes on until the last of them is done.
"""

from collections.abc import Hashable, Mapping
from typing import Any, Final, NamedTuple, assert_never

from asr.whisper.passes import Align, Call, Detect, Encode, Generate

BUCKET: Final = 50
"""Windows are encoded together if they differ by less than half a second: it costs a twentieth more at most."""

NEAR: Final = 4
"""Texts are continued together if they differ by fewer tokens: so many steps more at most."""


class Encoded(NamedTuple):
    """One window's output of the encoder: row `row` of the `rows` of `view`, for a window of `frames`."""

    view: Any
    row: int
    rows: int
    frames: int


def batches(calls: Mapping[int, Call]) -> list[list[int]]:
    """The numbers of `calls` in groups that can be made as one, in order of the first of each."""
    groups: dict[Hashable, list[int]] = {}
    for number, call in calls.items():
        groups.setdefault(_kind(call), []).append(number)
    return list(groups.values())


def _kind(call: Call) -> Hashable:
    match call:
        case Encode(frames=frames):
            return Encode, -(-frames // BUCKET)
        case Detect(encoded=encoded):
            return Detect, encoded.frames
        case Align(encoded=encoded):
            return Align, encoded.frames, call.language, call.translate
        case Generate(encoded=encoded, prefix=prefix):
            near = -(-len(prefix) // NEAR)  # none is a kind of its own: only there a blank is suppressed
            return Generate, encoded.frames, near, len(call.context), call.beam, call.temperature
        case _:
            assert_never(call)
