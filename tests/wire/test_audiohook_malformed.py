"""AudioHook's messages as no client should send them: they are told so, and nothing else happens."""

import contextlib
import json
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.errors import ClientFault
from tests.audiohook import NOBODY, opening
from tests.audiohook_talk import Talk

KINDS = ["open", "close", "ping", "update", "paused", "resumed", "discarded", "error", "hello"]
VALUES: list[Any] = [
    None,
    True,
    -1,
    0,
    7,
    2**70,
    1e300,
    "",
    "x",
    "PT1S",
    "PT.S",
    "PT9999S",
    NOBODY,
    [],
    {},
    [[{}]],
]
NAMES = ["start", "discarded", "language", "reason", "media", "customConfig", "participant"]
MEMBERS = ["version", "id", "seq", "serverseq", "position", "type", "parameters"]


def bent(talk: Talk, chance: random.Random) -> str:
    """A message in which something may be wrong, missing or cut off."""
    parameters = (
        opening() if chance.random() < 0.3 else {"language": "de-DE", "start": "PT1S", "discarded": "PT1S"}
    )
    parameters |= {chance.choice(NAMES): chance.choice(VALUES) for _ in range(chance.randint(0, 2))}
    body = json.loads(talk.write(chance.choice(KINDS), **parameters))
    if chance.random() < 0.4:
        body[chance.choice(MEMBERS)] = chance.choice(VALUES)
    frame = json.dumps(body)
    return frame[: chance.randrange(len(frame))] if chance.random() < 0.1 else frame


@settings(max_examples=500, deadline=None)
@given(st.booleans(), st.integers(0, 2**32))
def test_five_thousand_malformed_messages_are_refused_or_taken_and_never_a_crash(
    opened: bool, seed: int
) -> None:
    talk, chance = Talk(), random.Random(seed)
    if opened:
        talk.opened()
    for _ in range(10):
        with contextlib.suppress(ClientFault):
            talk.heard(talk.hook.read(bent(talk, chance)))
        with contextlib.suppress(ClientFault):
            talk.hook.hear(chance.randbytes(chance.randrange(6)))
        talk.seq, talk.serverseq = talk.hook._clientseq, talk.hook._seq
