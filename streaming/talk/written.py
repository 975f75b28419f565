"""What a session said, as a file: subtitles, text or its log; by the same rules as exports of recorded sessions."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from streaming.archive.export.reading import Reading
from streaming.archive.export.text import srt, txt, vtt
from streaming.archive.export.transcript import Transcript
from streaming.archive.kept import Kept, LogEntry
from streaming.client.client import Message
from streaming.events import SessionEnded, SessionStarted
from streaming.wire.messages import ErrorTold

MADE: Final[dict[str, Callable[[Transcript], Iterator[str]]]] = {"srt": srt, "vtt": vtt, "txt": txt}
KINDS: Final = (*MADE, "json")


class Written:
    """Takes a session's messages; `text` is the whole file. `broken`: why it is not all of what was sent, or ""."""

    def __init__(self, kind: str, channels: int) -> None:
        self._kind = kind
        self._kept = Kept("", "", "transcribe", 0, channels=channels)
        self._reading = Reading()
        self._lines: list[str] = []
        self.broken = ""

    def __enter__(self) -> "Written":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, message: Message) -> None:
        """One message of the session."""
        match message.event:
            case SessionStarted(session_id=session_id, time=time):
                began = datetime.fromisoformat(time)
                self._kept = replace(
                    self._kept, session_id=session_id, started_at=round(began.timestamp() * 1000)
                )
            case SessionEnded(reason=reason) if reason != "client":
                self.broken = f"the session ended: {reason}"
            case ErrorTold(message=told):
                self.broken = told
            case _:
                pass
        if message.id:
            self._reading.take(LogEntry(message.id, message.raw.encode()))
            self._lines.append(message.raw + "\n")

    def text(self) -> str:
        """All of it."""
        if self._kind == "json":
            return "".join(self._lines)
        return "".join(MADE[self._kind](self._reading.transcript(self._kept)))
