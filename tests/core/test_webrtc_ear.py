"""What libopus makes of packets, of copies in them and of holes; and that a packet's head is read as it does."""

import ctypes
from typing import Any

import av
import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from streaming.audio import RATE
from streaming.ingress.webrtc.ear import Ear, Heard, Hole, Sound
from streaming.ingress.webrtc.libopus import library
from streaming.wire.rtp import opus
from streaming.wire.rtp.order import Packet
from tests.speech import Pcm, prompt, trimmed

FRAME = 960


def encoded(pcm: Pcm, *, loss: int) -> list[bytes]:
    """20 ms packets of real speech as a sender makes them that was told of `loss` per cent (0: no copies)."""
    encoder: Any = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format, encoder.bit_rate = RATE, "mono", "s16", 32_000
    encoder.options = {"application": "voip", "fec": "1" if loss else "0", "packet_loss": str(loss)}
    out: list[bytes] = []
    for at in range(0, len(pcm) - 320, 320):
        frame: Any = av.AudioFrame.from_ndarray(pcm[None, at : at + 320].copy(), "s16", "mono")
        frame.sample_rate, frame.pts = RATE, at
        out += [bytes(one) for one in encoder.encode(frame)]
    return out


def heard(payloads: list[bytes], lost: set[int]) -> tuple[Ear, list[Heard]]:
    ear, out = Ear(), list[Heard]()
    for at, payload in enumerate(payloads):
        if at not in lost:
            out += ear.hear(1, Packet(at, at * FRAME, payload))
    return ear, out + ear.flush()


def samples(one: Heard) -> int:
    return len(one.pcm) if isinstance(one, Sound) else one.samples


def sound(pieces: list[Heard]) -> Pcm:
    return np.concatenate([one.pcm for one in pieces if one.pcm is not None])


def test_speech_with_every_tenth_packet_lost_keeps_its_clock_and_sounds_alike_by_the_copies() -> None:
    packets = encoded(trimmed("demo-congrats"), loss=20)
    lost = set(range(5, len(packets) - 1, 10))
    assert sum(map(opus.redundant, packets)) > len(packets) / 2
    _, whole = heard(packets, set())
    ear, got = heard(packets, lost)
    assert sum(map(samples, got)) == sum(map(samples, whole)) == len(packets) * 320
    assert ear.tally.recovered + ear.tally.concealed == len(lost) * 320
    assert ear.tally.recovered > 0.7 * len(lost) * 320  # what is silent has no copy
    assert np.corrcoef(sound(got), sound(whole))[0, 1] > 0.9
    holes = [one for one in got if isinstance(one, Hole)]
    assert sum(one.samples for one in holes if one.reason == "concealed") == ear.tally.concealed


def test_without_copies_a_short_hole_is_bridged_and_a_long_one_left_out() -> None:
    packets = encoded(prompt("auth-thankyou"), loss=0)
    _, got = heard(packets, {10, 20, 21, *range(30, 40)})
    holes = [one for one in got if isinstance(one, Hole)]
    assert [(one.samples, one.reason) for one in holes] == [
        (320, "concealed"),
        (640, "concealed"),
        (3200, "lost"),
    ]
    assert [None if one.pcm is None else len(one.pcm) for one in holes] == [320, 640, None]
    bridge = holes[0].pcm
    assert bridge is not None
    assert np.abs(bridge).max() > 100  # speech goes on in it
    assert sum(map(samples, got)) == len(packets) * 320


def test_a_new_source_goes_on_where_the_old_one_ended() -> None:
    packets = encoded(prompt("auth-thankyou"), loss=0)[:20]
    ear, count = Ear(), 0
    for source in (1, 2):
        for at, payload in enumerate(packets):
            count += sum(map(samples, ear.hear(source, Packet(at + 60_000, at * FRAME, payload))))
    assert count == 2 * len(packets) * 320


def test_a_packet_whose_body_is_no_opus_is_concealed() -> None:
    packets = encoded(prompt("auth-thankyou"), loss=0)[:20]
    packets[10] = bytes([packets[10][0] | 3, 0xC1, 0xFF])  # one frame, and more padding than there are bytes
    ear, got = heard(packets, set())
    assert ear.tally.broken == 1
    assert sum(map(samples, got)) == 20 * 320


@given(st.binary(max_size=60))
def test_a_packets_head_is_read_as_libopus_reads_it(payload: bytes) -> None:
    lib = library()
    count = lib.opus_packet_get_nb_samples(payload, ctypes.c_int32(len(payload)), ctypes.c_int32(opus.RATE))
    try:
        ours = opus.samples(payload)
    except ValueError:
        ours = None
    assert ours == (count if count > 0 else None)
    if ours and payload[0] & 3 == 0 and len(payload) > 1:
        assert opus.redundant(payload) == bool(
            lib.opus_packet_has_lbrr(payload, ctypes.c_int32(len(payload)))
        )
