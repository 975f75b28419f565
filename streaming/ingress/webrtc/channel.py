"""A session's data channel: what is said on it, before and after it is open, and what a client says there."""

import asyncio
import contextlib
from collections import deque
from typing import Final

from aiortc import InvalidStateError, RTCDataChannel

FULL: Final = 1 << 20
"""Bytes that may wait to be sent: whoever reads more slowly is told nothing more."""
EARLY: Final = 256
"""Messages that wait for the channel; a client that opens none needs none of them."""
HEARD: Final = 256
"""Messages of a client that wait to be taken,"""
LARGEST: Final = 1 << 16
"""and the bytes of one."""


class Channel:
    """The channel called `label`, once the client has opened it; others are let be. `heard`: what came, in order;
    `flooded`: more, or more at once, than is taken."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._open: RTCDataChannel | None = None
        self._early: deque[str] = deque(maxlen=EARLY)
        self.heard: asyncio.Queue[str] = asyncio.Queue(HEARD)
        self.flooded = False

    def opened(self, channel: RTCDataChannel) -> None:
        """The client has opened a channel."""
        if channel.label != self._label or self._open:
            return
        self._open = channel
        channel.on("message", self._heard)
        for text in self._early:
            self._send(text)
        self._early.clear()

    def say(self, text: str) -> None:
        """One message, now or when the channel is open."""
        if self._open is None:
            self._early.append(text)
        elif self._open.bufferedAmount > FULL:
            self._open.close()
        else:
            self._send(text)

    async def said(self, seconds: float) -> None:
        """All that was said has come to the client, or `seconds` have passed, or it has gone.

        The channel is closed behind the last message: a stream is reset when all that was sent on it has come
        (RFC 6525, 5.2.2), also what a network lost and is sent again. What waits to be sent (`bufferedAmount`) does
        not tell.
        """
        if not self._open:
            return
        closed = asyncio.Event()
        self._open.on("close", closed.set)
        self._open.close()
        if self._open.readyState != "closed":
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(closed.wait(), seconds)

    def _send(self, text: str) -> None:
        assert self._open
        with contextlib.suppress(InvalidStateError):  # the client has closed it
            self._open.send(text)

    def _heard(self, message: str | bytes) -> None:
        text = message if isinstance(message, str) else message.decode("utf-8", "replace")
        if len(text) > LARGEST or self.heard.full():
            self.flooded = True
            text = ""
        with contextlib.suppress(asyncio.QueueFull):
            self.heard.put_nowait(text)
