"""Messages that no client should send: every one of ours, bent in every way, and junk. Pure: a seed decides."""

import json
import random
import string
from collections.abc import Callable
from typing import Any, Final, TypeAlias, get_args

import msgspec
from hypothesis import strategies as st

from streaming.wire.messages import ClientMessage

Json: TypeAlias = dict[str, Any]
KINDS: Final = get_args(ClientMessage)
SOUND: Final = {"encoding": "pcm_s16le", "sample_rate": 16_000, "channels": 1}
VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63), 2**80, 0.5, -0.0, 1e308, "", "0", "x" * 70_000, "\0", "\u2028",
    "\ud83d", "0-0", "99999999999999999999-0", "-1-1", [], [[]], {}, {"": {}}, [None] * 200, ["\n"], SOUND,
    {"encoding": "opus", "sample_rate": 44_100, "channels": 9}, {"encoding": "mulaw", "sample_rate": 0, "channels": 0},
)  # fmt: skip

JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
"""Whatever JSON can say, for Hypothesis."""


class Junk:
    """A stream of frames to send; text is str, binary is bytes."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def frame(self) -> str | bytes:
        """The next one."""
        ways: tuple[Callable[[], str | bytes], ...] = (
            self._bent, self._bent, self._bent, self._torn, self._plain, self._binary, self._noise, self._deep
        )  # fmt: skip
        return self._chance.choice(ways)()

    def _message(self) -> Json:
        """A message of ours with values of the right kind, most of the time."""
        kind = self._chance.choice(KINDS)
        body: Json = {"type": kind.__struct_config__.tag}
        for field in msgspec.structs.fields(kind):
            if field.required or self._chance.random() < 0.3:
                body[field.encode_name] = self._likely(field.encode_name)
        return body

    def _likely(self, name: str) -> Any:
        known: Json = {
            "audio": SOUND,
            "samples": self._chance.choice([1, 320, 16_000, 10**7]),
            "text": "hello",
            "session_id": "0" * 32,
            "resume_token": "t",
            "token": "t",
            "mode": self._chance.choice(["transcribe", "chat", "assist"]),
            "hotwords": ["Vivavoce"],
            "endpointing": {"silence_ms": self._chance.choice([0, 99, 100, 5_000, 10**9])},
            "metadata": {"a": "b"},
            "ref": self._chance.choice(["r", "", "x" * 5_000]),
        }
        return known.get(name, self._chance.choice(VALUES))

    def _bent(self) -> str:
        """One field or two are wrong, missing, unknown or of another kind."""
        body = self._message()
        for _ in range(self._chance.randint(1, 2)):
            name = self._chance.choice([*body, "ref", "unknown", "\0", "audio", "type"])
            if self._chance.random() < 0.2:
                body.pop(name, None)
            else:
                body[name] = self._chance.choice(VALUES)
        return json.dumps(body)

    def _torn(self) -> str:
        """JSON that was cut off, or of which some characters are others."""
        text = json.dumps(self._message())
        at = self._chance.randrange(len(text))
        if self._chance.random() < 0.5:
            return text[:at]
        return text[:at] + self._chance.choice(string.printable + "\u00e9\u20ac") + text[at + 1 :]

    def _plain(self) -> str:
        """A message that is as it should be, at a time when it may not come."""
        return json.dumps(self._message())

    def _binary(self) -> bytes:
        size = self._chance.choice([0, 1, 3, 7, 319, 641, 2_001, 300_001])
        return self._chance.randbytes(size)

    def _noise(self) -> str:
        letters = string.printable + "\u0000\u2603\U0001f600\ufeff"
        return "".join(self._chance.choices(letters, k=self._chance.randint(0, 60)))

    def _deep(self) -> str:
        depth = self._chance.choice([10, 2_000, 50_000])
        return self._chance.choice(["[" * depth, '{"type":' * depth, '{"type":"text","text":' + "[" * depth])


def wrong_of(messages: int, junk: Junk, check: Callable[[str], bool]) -> int:
    """Of so many text frames, those that `check` says are wrong."""
    wrong, checked = 0, 0
    while checked < messages:
        frame = junk.frame()
        if isinstance(frame, str):
            checked += 1
            wrong += check(frame)
    return wrong
