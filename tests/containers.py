"""Sound in files, as browsers and recorders make them, in memory."""

import io
from functools import cache
from typing import Any

import av
import numpy as np

from tests import speech

KINDS = {
    "webm": ("libopus", 48_000),
    "ogg": ("libopus", 48_000),
    "flac": ("flac", 16_000),
    "wav": ("pcm_s16le", 16_000),
    "mp3": ("libmp3lame", 16_000),
    "mp4": ("aac", 48_000),
}


@cache
def packed(kind: str, name: str, channels: int = 1) -> bytes:
    """A prompt in a file. Of two channels the first has it, and the other is quiet."""
    codec, rate = KINDS[kind]
    sound = np.zeros((channels, len(speech.prompt(name))), np.int16)
    sound[0] = speech.prompt(name)
    layout = "mono" if channels == 1 else "stereo"
    into = io.BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"} if kind == "mp4" else {}
    out: Any = av.open(into, "w", format=kind, options=options)
    with out:
        stream = out.add_stream(codec, rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(sound.T.reshape(1, -1).copy(), "s16", layout)
        frame.sample_rate = speech.RATE
        resampler: Any = av.AudioResampler(stream.format.name, layout, rate, stream.frame_size or 1024)
        for made in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(made))
        out.mux(stream.encode(None))
    return into.getvalue()
