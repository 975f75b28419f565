"""`vivavoce.Client`: speak to a server, and lose no word when the connection breaks.

    from streaming.client.client import Client
    from streaming.events import AudioFormat
    from streaming.wire.messages import SessionStart

    start = SessionStart(audio=AudioFormat(sample_rate=8_000))
    async with Client("http://127.0.0.1:8080", start=start) as client:
        await client.send(pcm)        # waits for credit; `feed` never waits, for live sound
        client.end()
        async for message in client:  # ends after `session.ended`
            print(message.event)

After a loss it connects again, resumes, and goes on from the first sample that the server does not have.

Whoever sends more than a few minutes of sound reads at the same time, in a task beside: at most 1,024 messages wait to
be read. Beyond that the server is read no further, its acks neither, so `send` waits; and when nobody has read for
`ClientPolicy.give_up_s`, sender and reader are told so by a ClientFault (`unread`).
"""

import asyncio
from collections.abc import AsyncIterator

import msgspec

from streaming.client.arrivals import Message
from streaming.client.dial import ClientPolicy, address
from streaming.client.link import Link
from streaming.events import AudioFormat
from streaming.wire import messages as said

__all__ = ["Client", "ClientPolicy", "Message"]


class Client:
    """One session. Enter it to start; iterate over it for its events; leave it to close the connection."""

    def __init__(
        self,
        url: str = "http://127.0.0.1:8080",
        *,
        start: said.SessionStart | None = None,
        key: str | None = None,
        policy: ClientPolicy | None = None,
    ) -> None:
        asked = start or said.SessionStart(audio=AudioFormat())
        self._link = Link(address(url), key, asked, policy or ClientPolicy())
        self._outbox = self._link.outbox
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Client":
        """Connect and start the session.

        Raises:
            ServiceFault: no server there, or one that cannot serve now.
            ClientFault, Overloaded: the server refused, and says why.
        """
        await self._link.open()
        self._running = asyncio.create_task(self._link.run(), name="vivavoce-client")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._running:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        await self._link.close()

    @property
    def session_id(self) -> str:
        """The session's name at the server."""
        return self._link.session_id

    @property
    def resumes(self) -> int:
        """How often the connection was lost and the session taken up again."""
        return self._link.resumes

    # ---- what a user does; all of it raises Fault when the session is over -----------------------------------------

    async def send(self, sound: bytes) -> None:
        """Encoded sound, as it follows; waits while the server is more than its credit behind.

        Raises:
            Fault: the session is over.
        """
        self._outbox.push(sound)
        await self._outbox.room()

    def feed(self, sound: bytes) -> None:
        """Live sound; never waits. What a long outage pushes out of the ring is told to the server as a gap."""
        self._outbox.push(sound)

    def text(self, text: str) -> None:
        """A typed message (mode `chat`). As all messages: ClientFault (`too_much`) while 256 wait to be sent."""
        self._outbox.say(said.Text(text=text, ref=self._outbox.ref()))

    def finalize(self) -> None:
        """Ask for what is pending, up to the sound sent so far."""
        self._outbox.say(said.AudioFinalize(ref=self._outbox.ref()))

    def skip(self, samples: int) -> None:
        """These samples (a channel) are lost to us: the session's clock moves on without them."""
        self._outbox.skip(samples)

    def pause(self) -> None:
        """What was said so far is finalised; sound that is sent from now on leaves this machine no more, text is
        refused. Its time goes on, and an `audio.gap` (`paused`) will say so. Does nothing while paused."""
        self._outbox.pause(paused=True)

    def unpause(self) -> None:
        """Sound is heard again."""
        self._outbox.pause(paused=False)

    def update(self, message: said.SessionUpdate) -> None:
        """Change the session."""
        self._outbox.say(msgspec.structs.replace(message, ref=self._outbox.ref()))

    def cancel(self, reply: int | None = None) -> None:
        """Stop the reply under way."""
        self._outbox.say(said.ReplyCancel(reply=reply, ref=self._outbox.ref()))

    def end(self) -> None:
        """No more input; iterate on for what still comes."""
        self._outbox.say(said.SessionEnd(ref=self._outbox.ref()))

    async def __aiter__(self) -> AsyncIterator[Message]:
        """Messages in order, nothing twice, up to and with `session.ended`. Raises Fault when the session is lost."""
        while message := await self._link.arrivals.get():
            yield message
