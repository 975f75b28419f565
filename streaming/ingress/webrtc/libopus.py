"""Opus decoded to 16 kHz by libopus itself, which alone can take a lost frame from the next packet's copy of it.

FFmpeg's interface has no way to ask for that. The library is the one that PyAV's wheel brings, else the system's.
"""

import ctypes
import ctypes.util
from functools import cache
from pathlib import Path
from typing import Final

import av
import numpy as np

from streaming.audio import RATE, Int16
from streaming.errors import ServiceFault
from streaming.wire.rtp import opus

STEP: Final = RATE // 400
"""libopus makes whole multiples of 2.5 ms,"""
MOST: Final = RATE * 120 // 1000
"""and of a packet, or of what is made up at once, 120 ms at most."""


class Decoder:
    """One stream, mono. Counts are samples of 16 kHz."""

    def __init__(self) -> None:
        self._lib = library()
        wrong = ctypes.c_int()
        self._state = self._lib.opus_decoder_create(RATE, 1, ctypes.byref(wrong))
        if not self._state:
            raise ServiceFault("internal", f"libopus made no decoder (error {wrong.value})")

    def __del__(self) -> None:
        if state := getattr(self, "_state", None):
            self._lib.opus_decoder_destroy(state)

    def play(self, payload: bytes) -> Int16:
        """A packet. Raises ValueError when libopus finds it is none."""
        return self._decode(payload, MOST, fec=0)

    def recover(self, payload: bytes, samples: int) -> Int16:
        """`samples` of sound from before this packet, by the copy in it; call it before `play`. Raises ValueError."""
        return self._decode(payload, samples, fec=1)

    def conceal(self, samples: int) -> Int16:
        """`samples` that are made up."""
        return self._decode(None, -(-samples // STEP) * STEP, fec=0)[:samples]

    def _decode(self, payload: bytes | None, room: int, *, fec: int) -> Int16:
        out = np.empty(room, np.int16)
        where = out.ctypes.data_as(ctypes.POINTER(ctypes.c_int16))
        size = len(payload) if payload else 0
        made: int = self._lib.opus_decode(self._state, payload, size, where, room, fec)
        if made < 0:
            raise ValueError(f"libopus refuses the packet (error {made})")
        return out[:made]


def inside(samples: int) -> int:
    """Samples of RTP's clock as samples of 16 kHz; a packet's are always a multiple of three."""
    return samples * RATE // opus.RATE


@cache
def library() -> ctypes.CDLL:
    """libopus. Raises ServiceFault (`unsupported`) where there is none."""
    bundled = sorted((Path(av.__file__).parents[1] / "av.libs").glob("libopus*"))
    bundled += sorted((Path(av.__file__).parent / ".dylibs").glob("libopus*"))
    name = str(bundled[0]) if bundled else ctypes.util.find_library("opus")
    if not name:
        told = "WebRTC needs libopus, which is not on this machine: install it (Debian: libopus0)"
        raise ServiceFault("unsupported", told)
    lib = ctypes.CDLL(name)
    lib.opus_decoder_create.restype = ctypes.c_void_p
    lib.opus_decoder_create.argtypes = [ctypes.c_int32, ctypes.c_int, ctypes.POINTER(ctypes.c_int)]
    lib.opus_decoder_destroy.argtypes = [ctypes.c_void_p]
    lib.opus_decoder_destroy.restype = None
    lib.opus_decode.argtypes = [
        *(ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int32),
        *(ctypes.POINTER(ctypes.c_int16), ctypes.c_int, ctypes.c_int),
    ]
    lib.opus_decode.restype = ctypes.c_int
    return lib
