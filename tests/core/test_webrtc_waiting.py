"""Sound that waits is bounded, and as long as it was, whatever came."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streaming.audio import RATE
from streaming.ingress.webrtc.ear import Heard, Hole, Sound
from streaming.ingress.webrtc.waiting import MOST, Waiting

PIECES = st.lists(
    st.tuples(st.sampled_from(["sound", "concealed", "lost"]), st.integers(1, 20 * RATE)), max_size=40
)


def heard(kind: str, samples: int) -> Heard:
    pcm = np.zeros(samples, np.int16)
    if kind == "sound":
        return Sound(pcm)
    return Hole(samples, "concealed", pcm) if kind == "concealed" else Hole(samples, "lost")


def length(one: Heard) -> int:
    return len(one.pcm) if isinstance(one, Sound) else one.samples


@given(PIECES)
def test_what_waits_is_bounded_and_keeps_its_length(pieces: list[tuple[str, int]]) -> None:
    waiting = Waiting()
    for kind, samples in pieces:
        waiting.put([heard(kind, samples)])
    out: list[Heard] = []
    while (one := waiting.get()) is not None:
        out.append(one)
    assert sum(map(length, out)) == sum(samples for _, samples in pieces)
    assert sum(len(one.pcm) for one in out if one.pcm is not None) <= MOST + 20 * RATE
