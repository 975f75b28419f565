"""Twilio's messages as no sender should send them: they are told so, and nothing else happens."""

import base64
import contextlib
import json
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.errors import ClientFault
from streaming.wire import telephone as acts
from streaming.wire.twilio.policy import TwilioPolicy
from streaming.wire.twilio.stream import Stream
from tests.media_stream import STOP, dtmf, mark, media, start

A, B = b"\x01" * 160, b"\x02" * 160
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=40).map(lambda b: base64.b64encode(b).decode()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [
        "tracks",
        "mediaFormat",
        "customParameters",
        "payload",
        "track",
        "chunk",
        "timestamp",
        "digit",
        "name",
        "streamSid",
        "encoding",
        "sampleRate",
    ]
)
MEMBER = st.dictionaries(NAMES, VALUES, max_size=5)
EVENTS = ["connected", "start", "media", "dtmf", "mark", "stop"]
BENT = st.fixed_dictionaries(
    {"event": st.sampled_from([*EVENTS, "other"])},
    optional=dict.fromkeys(EVENTS, MEMBER | VALUES),
)
GOOD = st.sampled_from(
    [start(), start(("inbound",)), media(A), media(B, "outbound", 3, 60), dtmf("1"), mark("m"), STOP]
)
FRAME = (
    (BENT | GOOD).map(json.dumps) | st.text(max_size=60) | (BENT | GOOD).map(lambda one: json.dumps(one)[:-3])
)


@settings(max_examples=500, deadline=None)
@given(st.lists(FRAME, min_size=10, max_size=10))
def test_five_thousand_malformed_messages_are_refused_or_taken_and_never_a_crash(frames: list[str]) -> None:
    stream = Stream(TwilioPolicy(pause_keys="*"))
    for frame in frames:
        them: Sequence[acts.Act] = []
        with contextlib.suppress(ClientFault):
            them = stream.read(frame)
        for act in them:
            if isinstance(act, acts.Send):
                json.loads(stream.written(act.message))
