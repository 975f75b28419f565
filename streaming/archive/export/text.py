"""SRT, WebVTT and plain text, piece by piece. Pure."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape

from streaming.archive.export.cues import WIDTH, Cue, cues
from streaming.archive.export.transcript import Gap, Said, Transcript

_ARROW = re.compile("-{2,}>")


def speaker(channel: int) -> str:
    """How a channel is called where people read."""
    return f"Speaker {channel + 1}"


def srt(transcript: Transcript) -> Iterator[str]:
    """SubRip subtitles; where there are several channels each says who speaks."""
    several = transcript.channels > 1
    label = len(speaker(transcript.channels)) + 2 if several else 0
    for number, cue in enumerate(cues(transcript, WIDTH - label), 1):
        who = f"{speaker(cue.channel)}: " if several else ""
        # An arrow begins a time line, and some players take <...> for marks.
        text = _ARROW.sub("->", "\n".join(cue.lines))
        yield f"{number}\n{_clock(cue.start_ms, ',')} --> {_clock(cue.end_ms, ',')}\n{who}{text}\n\n"


def vtt(transcript: Transcript) -> Iterator[str]:
    """WebVTT, with a voice for each channel (W3C WebVTT, 3.5: cue text is escaped like HTML)."""
    yield "WEBVTT\n\n"
    for number, cue in enumerate(cues(transcript), 1):
        yield f"{number}\n{_clock(cue.start_ms, '.')} --> {_clock(cue.end_ms, '.')}\n{_voiced(cue)}\n\n"


def _voiced(cue: Cue) -> str:
    text = escape("\n".join(cue.lines), quote=False)
    return f"<v {speaker(cue.channel)}>{text}</v>"


def txt(transcript: Transcript) -> Iterator[str]:
    """Who said what, and when; sound that is missing is named too."""
    began = datetime.fromtimestamp(transcript.started_at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    yield f"Session {transcript.session_id}, {began}, {_hms(transcript.duration_ms)}\n\n"
    for one in _in_order(transcript.said, transcript.gaps):
        if isinstance(one, Gap):
            who = f" of {speaker(one.channel)}" if transcript.channels > 1 else ""
            seconds = (one.to_ms - one.from_ms) / 1000
            yield f"[{_hms(int(one.from_ms))}] ({seconds:.1f} s{who} {one.reason})\n"
        elif one.text.strip():
            yield f"[{_hms(one.start_ms)}] {_who(one)}: {_within(one.text)}\n"


def _in_order(said: Sequence[Said], gaps: Sequence[Gap]) -> list[Said | Gap]:
    return sorted([*said, *gaps], key=lambda one: one.from_ms if isinstance(one, Gap) else one.start_ms)


def _who(said: Said) -> str:
    match said.kind:
        case "speech":
            return speaker(said.channel)
        case "text":
            return f"{speaker(said.channel)} (typed)"
        case "reply":
            return "Reply"


def _within(text: str) -> str:
    """A text of several lines, so that none looks like one of the transcript's own."""
    return re.sub(r"\s*[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+\s*", "\n    ", text.strip())


def _clock(ms: int, point: str) -> str:
    return f"{_hms(ms)}{point}{ms % 1000:03}"


def _hms(ms: int) -> str:
    """hh:mm:ss; more than 99 hours take more digits."""
    seconds = ms // 1000
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
