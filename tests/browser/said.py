"""Events as the fake server tells them, with what these tests do not care about filled in."""

from typing import Literal

from streaming import events as ev
from streaming.answers import ReplyStatus
from tests.browser.fake_server import MADE_BY, TIME


def partial(segment: int, text: str, stable: int, lag_ms: int = 0) -> ev.TranscriptPartial:
    """What is heard so far."""
    return ev.TranscriptPartial(0, segment, 1, text, stable, lag_ms, TIME)


def final(segment: int, text: str, source: Literal["speech", "text"] = "speech") -> ev.TranscriptFinal:
    """What was said."""
    return ev.TranscriptFinal(0, segment, text, 0, 900, [], "en", 0.9, MADE_BY, source, 250, TIME)


def begun(reply: int, text: str) -> list[ev.Event]:
    """A reply under way."""
    return [ev.ReplyStarted(reply, reply, MADE_BY, TIME), ev.ReplyDelta(reply, text, 0, TIME)]


def done(reply: int, text: str, status: ReplyStatus = "completed", error: str | None = None) -> ev.ReplyDone:
    """A reply that is over."""
    timing = {"first_token_ms": 120, "total_ms": 1_500}
    return ev.ReplyDone(reply, reply, status, text, MADE_BY, timing=timing, error=error, time=TIME)


def verdict(
    target: ev.Target, action: ev.Action, span: tuple[int, int], replacement: str | None = None
) -> ev.Event:
    """What moderation decided."""
    categories = [] if action == "pass" else ["card"]
    return ev.ModerationVerdict(target, span, action, categories, 0.9, 3.2, MADE_BY, replacement, TIME)
