"""A call at the real gateway and moderator, for the pages of an agent: what is said in it is the test's."""

import json
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct
from redis import Redis
from websockets.sync.client import ClientConnection, connect

from streaming import events as ev
from streaming import keys
from streaming.answers import Citation, Item
from streaming.drafts import Draft, DraftDelta, DraftDone, DraftStarted
from streaming.facts import Endpoint, Heard, HeardFinal
from tests.conftest import running_redis
from tests.stack import Stack

ASSIST: Final = {
    "type": "session.start",
    "mode": "assist",
    "metadata": {"caller": "+44 20 7946 0018"},
    "audio": {"encoding": "pcm_s16le", "sample_rate": 16000, "channels": 2},
}
TIME: Final = "2026-01-01T00:00:00.000Z"
MADE_BY: Final = "fake@0000000000000000"
AGENT, CUSTOMER = 0, 1


@contextmanager
def desk_stack(logs: Path, *roles: str, **more: str) -> Generator[Stack]:
    """A gateway and a moderator, and these roles, each a process."""
    home = logs / "home"
    home.mkdir()
    settings = {"VIVAVOCE_HOME": str(home), "VIVAVOCE_MODERATION__END_TIMEOUT_S": "1", **more}
    with running_redis() as url:
        stack = Stack(url, logs, settings)
        stack.start("gateway", "moderator", *roles)
        try:
            deadline = time.monotonic() + 60
            while "moderator" not in {one["role"] for one in stack.readyz().get("workers", ())}:
                assert time.monotonic() < deadline, stack.log()[-4_000:]
                time.sleep(0.1)
            yield stack
        finally:
            stack.close()


class Call:
    """Somebody's call, whose log this test writes as its moderator would."""

    def __init__(self, stack: Stack, owner: ClientConnection, started: dict[str, Any]) -> None:
        self.owner = owner
        self.started = started
        self.sid: str = started["session_id"]
        self._redis = Redis.from_url(stack.redis_url)

    def tell(self, *events: ev.Event) -> None:
        """These happen, at once."""
        with self._redis.pipeline(transaction=False) as pipe:
            for event in events:
                pipe.xadd(keys.events(self.sid), {"e": msgspec.json.encode(event)})
            pipe.execute()

    def hear(self, *facts: Heard) -> None:
        """The moderator is told what a recogniser would tell it."""
        self._put(keys.heard(self.sid), facts)

    def draft(self, *facts: Draft) -> None:
        """The same of a responder."""
        self._put(keys.draft(self.sid), facts)

    def _put(self, key: str, facts: Sequence[Struct]) -> None:
        for fact in facts:
            self._redis.xadd(key, {"e": msgspec.json.encode(fact), "t": int(time.time() * 1000)})

    def suggest(self, number: int, said: str, text: str) -> None:
        """The customer has said that, and this is suggested: told by the moderator itself."""
        self.hear(
            HeardFinal(number, CUSTOMER, said, 0, 900, [], "en", 0.9, "asr@0"), Endpoint(CUSTOMER, "silence")
        )
        start = DraftStarted(number, number, "llm@0", "answer")
        self.draft(start, DraftDelta(number, text), DraftDone(number, number, "completed", "llm@0"))

    def log(self) -> list[dict[str, Any]]:
        """All that was told."""
        entries: Any = self._redis.xrange(keys.events(self.sid))
        return [json.loads(fields[b"e"]) for _, fields in entries]

    def kinds(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.log() if one["type"] == kind]


@contextmanager
def calling(stack: Stack, key: str = "", **more: Any) -> Generator[Call]:
    """A call, until the end of the block."""
    url = stack.url.replace("http", "ws") + "/v1/stream"
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    # Nobody reads what it is told, so the end of its close would not be seen: it is not waited for.
    with connect(url, additional_headers=headers, close_timeout=0.2, ping_interval=None) as owner:
        owner.send(json.dumps({**ASSIST, **more}))
        yield Call(stack, owner, json.loads(owner.recv()))


def partial(channel: int, segment: int, text: str, stable: int = 0) -> ev.TranscriptPartial:
    """What is heard so far."""
    return ev.TranscriptPartial(channel, segment, 1, text, stable, 300, TIME)


def final(channel: int, segment: int, text: str, start_ms: int = 0) -> ev.TranscriptFinal:
    """What was said."""
    return ev.TranscriptFinal(
        channel, segment, text, start_ms, start_ms + 900, [], "en", 0.9, MADE_BY, "speech", 410, TIME
    )


def turn(number: int, segment: int) -> ev.TurnEnded:
    """The customer is done."""
    return ev.TurnEnded(number, CUSTOMER, [segment], "silence", time=TIME)


def suggestion(
    number: int,
    text: str,
    kind: Literal["answer", "question", "checklist"] = "answer",
    *,
    turn: int = 1,
    supersedes: int | None = None,
) -> list[ev.Event]:
    """One that is whole; an answer with its source."""
    source = Citation(
        1, "parcels.md", "p1", text, (0, len(text)), "handbook@0123456789abcdef", turn, "Parcels", "Losses",
        "A parcel may be lost.", "Within ten days.",
    )  # fmt: skip
    cited = [source] if kind == "answer" else []
    timing = {"first_token_ms": 240, "total_ms": 900}
    return [
        ev.SuggestionStarted(number, turn, kind, MADE_BY, supersedes, TIME),
        ev.SuggestionDelta(number, text, 0, TIME),
        ev.SuggestionDone(
            number, turn, kind, "completed", text, MADE_BY, supersedes, cited, timing=timing, time=TIME
        ),
    ]


def checklist(*said: bool) -> ev.Checklist:
    says = ("Say that the call is recorded.", "Ask for the order number.", "Say what happens next.")
    return ev.Checklist(
        [Item(f"item {at}", say, done) for at, (say, done) in enumerate(zip(says, said, strict=False))]
    )
