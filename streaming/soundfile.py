"""Any common sound as samples to send: files and pipes by PyAV, the microphone by sounddevice."""

import asyncio
import contextlib
import sys
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import av
import av.error
from av.audio.resampler import AudioResampler

from streaming.audio import RATES
from streaming.events import AudioFormat
from streaming.refusal import Refusal

FRAME_S: Final = 0.1
BLOCK: Final = 800  # samples of the microphone at a time, 50 ms
BLOCKS: Final = 600  # that may wait: 30 s, as much as a client keeps by itself


class SoundError(Refusal):
    """The sound cannot be read; the message says why."""


FORMATS: Final = (
    "aac,ac3,adts,aiff,amr,ape,asf,au,avi,caf,dsf,eac3,flac,flv,gsm,loas,m4a,matroska,mov,mp3,mp4,mpeg,mpegts,oga,ogg,"
    "opus,rm,tta,voc,w64,wav,webm,wma,wv"
)
"""Formats whose readers open nothing but the file itself: a playlist may name any file or address."""


class SoundFile:
    """A sound file, or `-` for stdin. `split`: each channel is a speaker (else they are mixed to one). `strange`:
    whoever made it may mean harm, and it is read as one of `FORMATS` or not at all."""

    def __init__(self, source: str, *, split: bool = False, strange: bool = False) -> None:
        self._container = _opened(source, {"format_whitelist": FORMATS} if strange else {})
        self._reading = threading.Lock()
        self._over = False
        with contextlib.ExitStack() as undo:
            undo.callback(self._container.close)
            streams = self._container.streams.audio
            if not streams:
                raise SoundError(f"There is no sound in {source}")
            self._stream: Any = streams[0]
            channels = self._stream.codec_context.channels if split else 1
            if channels not in (1, 2):
                raise SoundError(f"{source} has {channels} channels; at most 2 can be told apart")
            rate = self._stream.codec_context.sample_rate
            self.format = AudioFormat("pcm_s16le", rate if rate in RATES else 48_000, channels)
            undo.pop_all()
        self.seconds = (
            float(self._stream.duration * self._stream.time_base) if self._stream.duration else None
        )

    def __enter__(self) -> "SoundFile":
        return self

    def __exit__(self, *_: object) -> None:
        """Whoever is cut off may have a thread that still reads: then that one closes it, since the library crashes
        when a file is closed under its decoder."""
        self._over = True
        if self._reading.acquire(blocking=False):
            self._container.close()
            self._reading.release()

    def frames(self) -> Iterator[bytes]:
        """Interleaved samples, about 100 ms at a time, in any thread. Raises SoundError in the middle of a broken
        file."""
        made = self._decoded()
        while True:
            with self._reading:
                frame = None if self._over else next(made, None)
            if self._over:
                self.__exit__()
            if frame is None:
                return
            yield frame

    def _decoded(self) -> Iterator[bytes]:
        layout = "mono" if self.format.channels == 1 else "stereo"
        size = int(FRAME_S * self.format.sample_rate)
        resampler = AudioResampler("s16", layout, self.format.sample_rate, size)
        try:
            for frame in cast(Iterator[Any], self._container.decode(self._stream)):
                for made in resampler.resample(frame):
                    yield made.to_ndarray().tobytes()
            for made in resampler.resample(None):
                yield made.to_ndarray().tobytes()
        except av.error.FFmpegError as error:
            raise SoundError(f"The sound is broken from here on: {error}") from None


def _opened(source: str, options: dict[str, str]) -> Any:
    if source != "-" and not Path(source).is_file():
        raise SoundError(f"There is no file {source}")
    try:
        return av.open(cast(Any, sys.stdin.buffer) if source == "-" else source, options=options)
    except av.error.FFmpegError as error:
        raise SoundError(f"{source} is no sound file that can be read: {error.strerror}") from None


class Missed(NamedTuple):
    """Samples that were heard and could not be kept."""

    samples: int


class Capture:
    """From the thread of a sound card to the event loop in which it is made. PCM16, mono.

    At most `most` blocks wait; the oldest goes when one more comes. It is counted, so that the clock can be kept true.
    """

    def __init__(self, most: int = BLOCKS) -> None:
        self._most = most
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._waiting: deque[bytes] = deque()
        self._missed = 0
        self._come = asyncio.Event()

    def put(self, sound: bytes) -> None:
        """A block, from any thread; never waits."""
        with self._lock:
            sleeping = not self._waiting
            self._waiting.append(sound)
            if len(self._waiting) > self._most:
                self._missed += len(self._waiting.popleft()) // 2
        if sleeping:
            self._loop.call_soon_threadsafe(self._come.set)

    async def get(self) -> bytes | Missed:
        """The next block, or what is missing before it."""
        while True:
            with self._lock:
                if self._missed:
                    missed, self._missed = Missed(self._missed), 0
                    return missed
                if self._waiting:
                    return self._waiting.popleft()
                self._come.clear()
            await self._come.wait()


async def microphone() -> AsyncIterator[bytes | Missed]:
    """The default microphone, 16 kHz mono PCM16, 50 ms at a time, until cancelled. Raises SoundError without one."""
    try:
        import sounddevice
    except OSError as error:
        raise SoundError(f"{error}: the microphone needs PortAudio (on Debian: libportaudio2)") from None
    sd: Any = sounddevice
    capture = Capture()

    def take(data: Any, *_: object) -> None:
        capture.put(bytes(data))

    try:
        stream = sd.RawInputStream(
            samplerate=16_000, channels=1, dtype="int16", blocksize=BLOCK, callback=take
        )
    except sd.PortAudioError as error:
        raise SoundError(f"No microphone can be used: {error}") from None
    with stream:
        while True:
            yield await capture.get()
