"""Sound in a container (Ogg, WebM, FLAC, WAV, MP3 ...) that grows while it is read: PCM16 at 16 kHz, as it comes.

The library reads as from a file, so each container has a thread, which waits for bytes. At most `THREADS` of them are
there, each with `WAITING` bytes before and `CHUNKS` pieces behind it at most: whoever feeds it waits meanwhile.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, cast

import av
import av.error
from av.audio.resampler import AudioResampler

from streaming.errors import ClientFault, Close, Overloaded

RATE: Final = 16_000
THREADS: Final = 64
WAITING: Final = 1 << 20
CHUNKS: Final = 64
FRAME: Final = 1_600
PROBED: Final = {"probesize": "16384", "analyzeduration": "0"}
"""As little as tells what it is, since it comes as it is spoken."""

_there = threading.BoundedSemaphore(THREADS)


class Unpacking:
    """One container. Raises Overloaded when there are too many."""

    def __init__(self, channels: int) -> None:
        if not _there.acquire(blocking=False):
            raise Overloaded(
                "too many containers are being unpacked: send samples, or come back", retry_after=5
            )
        self._channels = channels
        self._loop = asyncio.get_running_loop()
        self._pipe = _Pipe(self._stir)
        self._made: deque[bytes] = deque()
        self._room = threading.Semaphore(CHUNKS)
        self._moved = asyncio.Event()
        self._fault: ClientFault | None = None
        self._over = False
        self._thread = threading.Thread(target=self._run, name="unpacking")
        self._thread.start()

    async def feed(self, data: bytes) -> None:
        """Bytes of the container. Waits while too many wait. Raises ClientFault: it cannot be read."""
        self._pipe.put(data)
        while self._pipe.waiting > WAITING and not self._over:
            self._moved.clear()
            await self._moved.wait()
        if self._fault:
            raise self._fault

    def end(self) -> None:
        """It has no more bytes."""
        self._pipe.end()

    def drop(self) -> None:
        """Nobody wants it any more; its thread ends soon."""
        self._pipe.drop()
        self._room.release(CHUNKS)

    async def pcm(self) -> AsyncIterator[bytes]:
        """Interleaved samples, to the end. Raises ClientFault: from here on it cannot be read."""
        while True:
            while self._made:
                yield self._made.popleft()
                self._room.release()
            if self._over:
                break
            self._moved.clear()
            if not self._made and not self._over:
                await self._moved.wait()
        if self._fault:
            raise self._fault

    def _stir(self) -> None:
        """Something has changed; from the thread."""
        with contextlib.suppress(RuntimeError):  # the loop has ended before us
            self._loop.call_soon_threadsafe(self._moved.set)

    def _run(self) -> None:
        try:
            self._decode()
        except (av.error.FFmpegError, ValueError, IndexError) as error:
            if not self._pipe.dropped and self._pipe.read_any:
                told = f"the sound cannot be read, and no encoding was given: {error}"
                self._fault = ClientFault("bad_sound", told, close=Close.ENCODING)
        finally:
            _there.release()
            self._over = True
            self._stir()

    def _decode(self) -> None:
        opened: Any = av.open(cast(Any, self._pipe), options=PROBED)
        with opened as container:
            sound = container.streams.audio[0]
            if self._channels > 1 and sound.codec_context.channels != self._channels:
                raise ValueError(f"it has {sound.codec_context.channels} channels, not {self._channels}")
            resampler = AudioResampler("s16", "mono" if self._channels == 1 else sound.layout, RATE, FRAME)
            for frame in container.decode(sound):
                self._give(resampler.resample(frame))
            self._give(resampler.resample(None))

    def _give(self, frames: list[Any]) -> None:
        for frame in frames:
            self._room.acquire()
            if self._pipe.dropped:
                return
            self._made.append(frame.to_ndarray().tobytes())
            self._stir()


class _Pipe:
    """Bytes from the event loop to the thread that reads them as a file."""

    def __init__(self, stir: Callable[[], None]) -> None:
        self._moved = threading.Condition()
        self._parts: deque[bytes] = deque()
        self._stir = stir
        self._ended = False
        self.dropped = self.read_any = False
        self.waiting = 0

    def put(self, data: bytes) -> None:
        """More of them; never waits."""
        with self._moved:
            self._parts.append(data)
            self.waiting += len(data)
            self._moved.notify()

    def end(self) -> None:
        """There are no more."""
        with self._moved:
            self._ended = True
            self._moved.notify()

    def drop(self) -> None:
        """They are not wanted any more."""
        with self._moved:
            self.dropped = self._ended = True
            self._parts.clear()
            self._moved.notify()

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, as soon as there are any; none at the end."""
        with self._moved:
            while not self._parts and not self._ended:
                self._moved.wait()
            if not self._parts:
                return b""
            part = self._parts.popleft()
            if 0 <= size < len(part):
                self._parts.appendleft(part[size:])
                part = part[:size]
            self.waiting -= len(part)
            self.read_any = True
        self._stir()
        return part
