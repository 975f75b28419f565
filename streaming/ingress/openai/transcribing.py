"""`POST /v1/audio/transcriptions`, `/v1/audio/translations`: a file as a session that is sent as fast as the recogniser
gets on. It serves such sound behind everybody who speaks."""

import asyncio
import itertools
from typing import Final, NoReturn

import msgspec
from msgspec.structs import replace
from starlette.responses import Response

from streaming.archive.export import text as exported
from streaming.archive.export.reading import Reading
from streaming.archive.kept import Kept, LogEntry
from streaming.errors import Fault, ServiceFault
from streaming.events import (
    AudioEnded,
    Event,
    ModerationVerdict,
    SessionEnded,
    TranscriptFinal,
    TranscriptPartial,
)
from streaming.ingress.conversing import conversed
from streaming.ingress.guests.guest import Guest
from streaming.ingress.openai.call import Call
from streaming.ingress.openai.uploading import Upload
from streaming.ingress.rest.answering import PRIVATE
from streaming.ingress.tickets import Grant
from streaming.parts import replaced
from streaming.soundfile import SoundError, SoundFile
from streaming.wire.openai import audio as wire
from streaming.wire.openai.faults import Wrong
from streaming.wire.openai.realtime.speech import Utterance

PIECE: Final = 10
"""Frames that are decoded at a time: a second."""


async def transcribe(call: Call) -> Response | None:
    """What a file says. None: it was written as it came. Raises Fault."""
    return await _answer(call, translate=False)


async def translate(call: Call) -> Response | None:
    """What a file says, in English. Raises Fault."""
    return await _answer(call, translate=True)


async def _answer(call: Call, *, translate: bool) -> Response | None:
    upload = call.upload
    assert upload, "these routes have forms"
    asked = wire.understood(upload.fields, translate=translate)
    start = wire.start(asked, translate=translate)
    sound = await asyncio.to_thread(_opened, upload)
    with sound:
        hearing = Hearing(call if asked.stream else None)
        guest = Guest(call.gateway, Grant(call.tenant))
        with guest.here():
            await guest.begin(replace(start, audio=sound.format))
            await conversed(read=_read(guest, sound, upload), heard=guest.run(hearing.tell, _wrong))
    if asked.stream:
        await call.say(wire.event(wire.TextDone(wire.text(hearing.finals))))
        await call.end()
        return None
    return hearing.answer(asked, translate=translate)


def _opened(upload: Upload) -> SoundFile:
    try:
        return SoundFile(str(upload.file), strange=True)
    except SoundError as error:
        told = str(error).replace(str(upload.file), upload.name)
        raise Wrong(
            f"{told}. Send wav, mp3, m4a, ogg, flac, webm or the like", "file", "invalid_file"
        ) from None


async def _wrong(fault: Fault) -> None:
    raise fault


async def _read(guest: Guest, sound: SoundFile, upload: Upload) -> NoReturn:
    """All of the file; then the session's end is waited for."""
    frames = sound.frames()
    try:
        while piece := await asyncio.to_thread(lambda: b"".join(itertools.islice(frames, PIECE))):
            await guest.sound(piece)
    except SoundError as error:
        raise Wrong(f"{upload.name}: {error}", "file", "invalid_file") from None
    guest.end()
    while True:
        await asyncio.Event().wait()


class Hearing:
    """What is heard of a file. `call`: to whom it is told as it comes."""

    def __init__(self, call: Call | None) -> None:
        self._call = call
        self._told = Utterance("")
        self._said: dict[int, TranscriptFinal] = {}
        self._log: list[LogEntry] = []
        self._seconds = 0.0

    @property
    def finals(self) -> list[TranscriptFinal]:
        """What was said, as it may be shown."""
        return list(self._said.values())

    async def tell(self, at: str, event: Event) -> None:
        """The next event of the session's log."""
        more = ""
        match event:
            case TranscriptPartial(segment=segment, text=text, stable=stable):
                more = self._told.grown(segment, text[:stable])
            case TranscriptFinal(segment=segment, text=text):
                self._said[segment] = event
                more = self._told.grown(segment, text)
            case ModerationVerdict():
                self._judged(event)
            case AudioEnded(accounting=accounting):
                self._seconds = max((one.duration_ms for one in accounting), default=0.0) / 1000
            case SessionEnded(reason=reason) if reason != "client":
                told = "the recogniser gave this file up: send it again"
                raise ServiceFault("transcription_failed", told)
            case _:
                pass
        if not isinstance(event, TranscriptPartial):
            self._log.append(LogEntry(at, msgspec.json.encode(event)))
        if more and self._call:
            await self._call.say(wire.event(wire.TextDelta(more)))

    def answer(self, asked: wire.TranscriptionAsked, *, translate: bool) -> Response:
        """All of it, as it is asked for."""
        seconds = round(self._seconds, 3)
        match asked.response_format:
            case "json":
                return _json(wire.plain(self.finals, seconds))
            case "verbose_json":
                return _json(wire.verbose(self.finals, seconds, asked, translate=translate))
            case "text":
                return Response(wire.text(self.finals) + "\n", headers=PRIVATE, media_type="text/plain")
            case subtitles:
                reading = Reading()
                for entry in self._log:
                    reading.take(entry)
                kept = Kept("", "", "transcribe", 0, channels=1, duration_ms=round(self._seconds * 1000))
                made = exported.srt if subtitles == "srt" else exported.vtt
                return Response(
                    "".join(made(reading.transcript(kept))), headers=PRIVATE, media_type="text/plain"
                )

    def _judged(self, verdict: ModerationVerdict) -> None:
        segment = verdict.target.segment or 0
        final = self._said.get(segment)
        if final and verdict.replacement is not None and verdict.span[1] <= len(final.text):
            self._said[segment] = replace(final, text=replaced(final.text, verdict.span, verdict.replacement))


def _json(made: wire.Transcription | wire.Verbose) -> Response:
    return Response(msgspec.json.encode(made), headers=PRIVATE, media_type="application/json")
