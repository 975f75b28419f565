"""A session in the terminal: finals and replies as lines, and below them what is still being said, dimmed where it may
change. On a pipe only what is final is written, and what else is true of the whole: not how quick the server is."""

import sys
from collections.abc import Sequence
from typing import TextIO, assert_never

from rich.live import Live
from rich.text import Text

from streaming import advice
from streaming.client.client import Message
from streaming.events import (
    AgentNote,
    Alert,
    AudioGap,
    Checklist,
    Dtmf,
    Event,
    ModerationVerdict,
    ReplyDelta,
    ReplyDone,
    ReplyStarted,
    SessionDegraded,
    SessionEnded,
    SessionPaused,
    SessionStarted,
    SessionUnpaused,
    SuggestionDelta,
    SuggestionDone,
    SuggestionFeedback,
    SuggestionStarted,
    Summary,
    TranscriptFinal,
    TranscriptPartial,
    ViewerJoined,
    ViewerLeft,
)
from streaming.output import Terminal
from streaming.parts import AudioFormat, replaced
from streaming.wire.messages import ErrorTold, SessionLag, Transient


class Lines:
    """What there is to see, as text. Pure: `take` gives lines that are done, `pending` the rest. `names`: who speaks
    on each channel, where that is known."""

    def __init__(self, channels: int = 1, names: Sequence[str] = ()) -> None:
        self._channels = channels
        self._names = names
        self._partials: dict[int, TranscriptPartial] = {}
        self._reply: tuple[int, str] | None = None
        self._late = False

    def take(self, message: Message) -> list[Text]:
        """The lines that this message completes."""
        match message.event:
            case SessionStarted(audio=AudioFormat(channels=channels)):
                self._channels = channels
            case TranscriptPartial() as partial:
                self._partials[partial.channel] = partial
            case TranscriptFinal() as final:
                self._partials.pop(final.channel, None)
                if final.source == "speech" and final.text:
                    return [Text(self._speaker(final.channel) + final.text)]
            case ReplyStarted(reply=number) | SuggestionStarted(suggestion=number):
                self._reply = (number, "")
            case ReplyDelta() | SuggestionDelta() as delta:
                self._grow(delta)
            case ReplyDone() as done:
                self._reply = None
                return [self._done(done), *advice.sources(done.citations)]
            case SuggestionDone() as done:
                self._reply = None
                return advice.suggested(done)
            case SessionLag(lag_ms=lag_ms):
                return self._behind(lag_ms)
            case other:
                return self._noted(other)
        return []

    def _grow(self, delta: ReplyDelta | SuggestionDelta) -> None:
        number = delta.reply if isinstance(delta, ReplyDelta) else delta.suggestion
        if self._reply and self._reply[0] == number:
            self._reply = (number, self._reply[1] + delta.text)

    def _noted(self, event: Event | Transient) -> list[Text]:
        """What is taken back of a reply or a suggestion under way is not left on the screen."""
        match event:
            case ModerationVerdict(target=target, span=span, replacement=str(put)) if self._reply:
                if self._reply[0] in (target.reply, target.suggestion):
                    self._reply = (self._reply[0], replaced(self._reply[1], span, put))
            case _:
                pass
        return _notes(event)

    def _behind(self, lag_ms: int) -> list[Text]:
        """It is told every second, and worth a line when it begins, and when it is over."""
        was, self._late = self._late, lag_ms > 0
        if was == self._late:
            return []
        told = f"is {lag_ms / 1000:.0f} s behind; nothing is lost" if self._late else "has caught up"
        return [Text(f"  [the server {told}]", style="yellow")]

    def pending(self) -> Text:
        """What may still change, the stable part in full and the rest dimmed."""
        text = Text()
        for channel, partial in sorted(self._partials.items()):
            text.append("\n" if text else "").append(self._speaker(channel))
            text.append(partial.text[: partial.stable])
            text.append(partial.text[partial.stable :], style="dim italic")
        if self._reply:
            text.append("\n" if text else "").append("> ", style="green").append(self._reply[1])
        return text

    def _speaker(self, channel: int) -> str:
        if channel < len(self._names):
            return f"{self._names[channel]}: "
        return f"[{channel}] " if self._channels > 1 else ""

    def _done(self, done: ReplyDone) -> Text:
        line = Text("> ", style="green").append(done.text, style="default")
        if done.status != "completed":
            line.append(f" [{done.status}{': ' + done.error if done.error else ''}]", style="yellow")
        return line


def _notes(event: Event | Transient) -> list[Text]:
    """What is worth a line beside what was said."""
    match event:
        case Summary() | Alert() | Checklist() | SuggestionFeedback():
            return advice.told(event)
        case ModerationVerdict(action=action, categories=categories) if action != "pass":
            return [Text(f"  moderation: {action} ({', '.join(categories)})", style="yellow")]
        case AudioGap(reason=reason, from_ms=begin, to_ms=end):
            return [Text(f"  [{(end - begin) / 1000:.1f} s {reason}]", style="yellow")]
        case ErrorTold(message=told):
            return [Text(f"  error: {told}", style="red")]
        case SessionDegraded() as degraded:
            return [Text(f"  [{_degraded(degraded)}]", style="yellow")]
        case SessionEnded(reason=reason) if reason != "client":
            return [Text(f"  the session ended: {reason}", style="yellow")]
        case _:
            return _beside(event)


def _beside(event: Event | Transient) -> list[Text]:
    """Keys, viewers and pauses."""
    match event:
        case Dtmf(channel=channel, key=key):
            return [Text(f"  [key {key} on channel {channel}]", style="cyan")]
        case AgentNote(text=text, by=by):
            return [
                Text(
                    f"  [{by or 'supervisor'}: {text or 'a note that moderation withheld'}]",
                    style="bold cyan",
                )
            ]
        case ViewerJoined(who=who):
            return [Text(f"  [{_viewer(who)} watches]", style="cyan")]
        case ViewerLeft(who=who):
            return [Text(f"  [{_viewer(who)} no longer watches]", style="cyan")]
        case SessionPaused(by=by):
            return [Text(f"  [paused{f' by {by}' if by else ''}: nothing is listened to]", style="yellow")]
        case SessionUnpaused():
            return [Text("  [listening again]", style="yellow")]
        case _:
            return []


def _viewer(who: str) -> str:
    return "somebody with the session's token" if who == "token" else who


def _degraded(told: SessionDegraded) -> str:
    match told.step:
        case "full":
            return "the server is as quick as usual again"
        case "slower" | "slowest" | "draft":
            return f"the server is busy: words come every {told.partial_s or 0:g} s"
        case "finals" | "late":
            return "the server is busy: words come when you pause"
        case "held":
            return "the server cannot store what is said just now: it is kept, and comes later"
        case _:
            assert_never(told.step)


class View:
    """The lines on a terminal or a pipe."""

    def __init__(self, channels: int = 1, out: TextIO | None = None, *, names: Sequence[str] = ()) -> None:
        self._console = Terminal(file=out or sys.stdout, highlight=False)
        self._console.soft_wrap = not self._console.is_terminal  # whoever reads a pipe breaks lines himself
        self._lines = Lines(channels, names)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)

    def __enter__(self) -> "View":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, message: Message) -> None:
        """One message of the session."""
        passing = isinstance(message.event, SessionDegraded | SessionLag)
        for line in self._lines.take(message):
            if self._console.is_terminal or not passing:
                self._console.print(line)
        if self._console.is_terminal:
            self._live.update(self._lines.pending(), refresh=True)


class JsonView:
    """One event a line, as it came."""

    def __enter__(self) -> "JsonView":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, message: Message) -> None:
        """Transient messages are left out, errors are not."""
        if message.id or isinstance(message.event, ErrorTold):
            sys.stdout.write(message.raw + "\n")
            sys.stdout.flush()
