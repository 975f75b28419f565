"""Sound in whatever shape a client of another dialect sends it, into its session: samples cut anywhere, several
channels made one, opus packets, files as they grow."""

import asyncio
from typing import NoReturn

from msgspec.structs import replace

from streaming import audio
from streaming.ingress.guests.guest import Guest
from streaming.ingress.guests.unpacking import RATE, Unpacking
from streaming.parts import AudioFormat
from streaming.wire.dialect import Wanted

OGG = b"OggS"


class Sounding:
    """The way of one client's sound, which ends its session when no more of it comes and all of it is there."""

    def __init__(self, guest: Guest, wanted: Wanted) -> None:
        assert wanted.start.audio
        self._guest = guest
        self._wanted = wanted
        self._told = wanted.start.audio
        self._rest = b""
        self._began = False
        self._unpacking = Unpacking(self._told.channels) if wanted.source == "container" else None
        self._unpacks, self._closed = asyncio.Event(), asyncio.Event()

    async def open(self) -> None:
        """Begin the session, unless only its first sound will tell how. Raises Fault."""
        if self._wanted.source != "packets":
            await self._begin(self._told)

    async def feed(self, data: bytes) -> None:
        """A frame. Waits while too much does. Raises ClientFault."""
        if not self._began:
            await self._first(data)
        if self._unpacking:
            await self._unpacking.feed(data)
        elif self._wanted.source == "packets":
            await self._guest.sound(data)
        else:
            await self._samples(data)

    async def close(self) -> None:
        """No more comes: the session ends when all of it is there."""
        if not self._began:  # nothing came at all
            await self._begin(AudioFormat())
        self._closed.set()
        if self._unpacking:
            self._unpacking.end()
        else:
            self._guest.end()

    async def run(self) -> NoReturn:
        """Whatever has to be unpacked, until cancelled. Raises ClientFault."""
        await self._unpacks.wait()
        assert self._unpacking
        async for pcm in self._unpacking.pcm():
            await self._guest.sound(pcm)
        await self._closed.wait()  # what the file says of its length is not what the client says
        self._guest.end()
        while True:
            await asyncio.Event().wait()

    def drop(self) -> None:
        """Nobody wants it any more."""
        if self._unpacking:
            self._unpacking.drop()

    async def _begin(self, sound: AudioFormat) -> None:
        self._began = True
        await self._guest.begin(replace(self._wanted.start, audio=sound))
        if self._unpacking:
            self._unpacks.set()

    async def _first(self, data: bytes) -> None:
        """Opus comes as packets, or as an Ogg stream of them."""
        if data.startswith(OGG):
            self._unpacking = Unpacking(self._told.channels)
            await self._begin(AudioFormat("pcm_s16le", RATE, self._told.channels))
        else:
            await self._begin(self._told)

    async def _samples(self, data: bytes) -> None:
        encoding = self._wanted.encoding or self._told.encoding
        channels = max(self._told.channels, self._wanted.mixed)
        step = audio.WIDTH[encoding] * channels
        data = self._rest + data
        whole = len(data) // step * step
        data, self._rest = data[:whole], data[whole:]
        if not data:
            return
        if self._wanted.mixed > 1:
            apart = audio.decode(AudioFormat(encoding, self._told.sample_rate, channels), data)
            data = audio.mixed(apart).astype("<i2", copy=False).tobytes()
        await self._guest.sound(data)
