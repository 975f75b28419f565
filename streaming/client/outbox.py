"""What a client has to send: sound and messages in the order in which they were given, within the credit, and again
after a loss."""

import asyncio
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

import msgspec

from streaming.audio import WIDTH
from streaming.client.ring import Ring
from streaming.errors import ClientFault, Fault
from streaming.events import AudioFormat
from streaming.wire import messages as said

FRAME_S: Final = 0.1
AGAIN: Final = 256
"""Messages that may wait to be sent; and messages that are kept, once sent, to be sent again after a loss."""
Send = Callable[[str | bytes], Awaitable[None]]


class Note(NamedTuple):
    """A message as it is sent, which stands at sample `at` of the sound."""

    at: int
    frame: str


class Outbox:
    """Sound in a ring and messages with their place in it. Opus cannot be cut into samples: it is not taken here."""

    def __init__(self, sound: AudioFormat | None, ring_s: float) -> None:
        if sound is not None and sound.encoding == "opus":
            raise ValueError("this client sends raw samples: decode opus first")
        self._rate = sound.sample_rate if sound else 1
        width = WIDTH[sound.encoding] * sound.channels if sound else 1
        self._ring = Ring(int(ring_s * self._rate), width)
        self._notes: deque[Note] = deque()
        self._next = 0  # index in notes of the first one not sent on this connection
        self._fresh = 0  # index in notes of the first one never sent
        self._sent = self._acked = self._credit = 0
        self._work = asyncio.Event()
        self._moved = asyncio.Event()
        self._prefix = secrets.token_hex(4)
        self._refs = 0
        self._over: Fault | None = None
        self._paused = False

    def ref(self) -> str:
        """A new name for a message, so that the server takes it once."""
        self._refs += 1
        return f"{self._prefix}-{self._refs}"

    def push(self, sound: bytes) -> None:
        """Sound that follows; while paused, its length is all that is kept. Raises Fault when the session is over."""
        self._check()
        if self._paused:
            self._ring.jump(self._ring.count(sound))
        else:
            self._ring.push(sound)
        self._work.set()

    def skip(self, samples: int) -> None:
        """Samples that will never come. Raises Fault when the session is over."""
        self._check()
        self._ring.jump(samples)
        self._work.set()

    def say(self, message: said.ClientMessage) -> None:
        """A message that stands behind all sound given so far.

        Raises:
            ClientFault: too many wait to be sent (`too_much`; the session goes on).
            Fault: the session is over.
            ValueError: it cannot be written as UTF-8.
        """
        self._check()
        if len(self._notes) - self._fresh >= AGAIN:
            told = f"{AGAIN} messages wait to be sent: wait until the server has taken some"
            raise ClientFault("too_much", told)
        self._notes.append(Note(self._ring.end, encode(message)))
        self._work.set()

    def pause(self, *, paused: bool) -> None:
        """Keep and send no sound from here on; or do so again. Raises as `say` does."""
        message = said.SessionPause(ref=self.ref()) if paused else said.SessionUnpause(ref=self.ref())
        if paused is not self._paused:
            self.say(message)
            self._paused = paused

    async def room(self) -> None:
        """Waits until all sound given so far is within the credit. Raises Fault when the session is over."""
        while self._ring.end > self._acked + self._credit:
            self._check()
            self._moved.clear()
            await self._moved.wait()
        self._check()

    def _check(self) -> None:
        if self._over:
            raise self._over

    # ---- what the connection tells -----------------------------------------------------------------------------

    def opened(self, have: int, credit_s: float, *, ending: bool = False) -> None:
        """A new connection: the server has `have` samples, and wants the next one. `ending`: it has everything."""
        self._sent = self._acked = have
        self._credit = int(credit_s * self._rate)
        self._next = len(self._notes) if ending else 0
        self._fresh = max(self._fresh, self._next)
        self._work.set()
        self._moved.set()

    def acked(self, samples: int) -> bool:
        """The server has `samples`; whether they are more than before."""
        more = samples > self._acked
        self._acked = max(self._acked, samples)
        self._work.set()
        self._moved.set()
        return more

    def close(self, over: Fault) -> None:
        """The session is over: whoever waits or comes is told. The first call counts."""
        self._over = self._over or over
        self._moved.set()

    async def drain(self, send: Send) -> None:
        """Send what there is, as the credit allows, until cancelled."""
        while True:
            frame = self._frame()
            if frame is None:
                self._work.clear()
                await self._work.wait()
            else:
                await send(frame)

    def _frame(self) -> str | bytes | None:
        """The next frame, if one may be sent now."""
        note = self._notes[self._next] if self._next < len(self._notes) else None
        if note and note.at <= self._sent:
            self._note_sent()
            return note.frame
        stop = min(note.at if note else self._ring.end, self._acked + self._credit)
        most = min(stop - self._sent, int(FRAME_S * self._rate))
        if most <= 0:
            return None
        chunk = self._ring.read(self._sent, most)
        if chunk:
            self._sent = chunk.end
            return chunk.data
        gap = min(self._ring.next(self._sent), stop) - self._sent
        self._sent += gap
        return encode(said.AudioSkip(samples=gap))

    def _note_sent(self) -> None:
        self._next += 1
        self._fresh = max(self._fresh, self._next)
        if self._next > AGAIN:  # with so many behind it on this very connection, it is taken to have arrived
            self._notes.popleft()
            self._next -= 1
            self._fresh -= 1


def encode(message: said.ClientMessage) -> str:
    """A client message as a text frame."""
    return msgspec.json.encode(message).decode()
