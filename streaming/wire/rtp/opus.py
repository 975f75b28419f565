"""What an Opus packet says of itself in its first bytes (RFC 6716, sections 3 and 4.2). Pure."""

from typing import Final

RATE: Final = 48_000
"""Of RTP timestamps, whatever the encoder's rate is (RFC 7587, 4.1)."""
MOST: Final = 5_760
"""Samples of the longest packet: 120 ms."""

SILK: Final = (480, 960, 1920, 2880)
HYBRID: Final = (480, 960)
CELT: Final = (120, 240, 480, 960)


def frame(payload: bytes) -> int:
    """Samples (48 kHz) of each frame in the packet. Raises ValueError for an empty one."""
    if not payload:
        raise ValueError("an Opus packet has one byte at least")
    config = payload[0] >> 3
    if config < 12:
        return SILK[config & 3]
    return HYBRID[config & 1] if config < 16 else CELT[config & 3]


def samples(payload: bytes) -> int:
    """Samples (48 kHz) of the packet. Raises ValueError for what is none."""
    code, each = payload[0] & 3 if payload else 0, frame(payload)
    if code == 3 and len(payload) < 2:
        raise ValueError("an Opus packet of code 3 has two bytes at least")
    count = (1, 2, 2, payload[1] & 63 if code == 3 else 0)[code]
    if not 0 < count * each <= MOST:
        raise ValueError("an Opus packet lasts up to 120 ms")
    return count * each


def redundant(payload: bytes) -> bool:
    """Whether the packet also has the frame before it, coarser (LBRR, in-band FEC). Only asked of packets of one frame,
    which is what WebRTC sends: of others it says no. Raises ValueError for an empty one."""
    each = frame(payload)
    if payload[0] >> 3 >= 16 or payload[0] & 3 or len(payload) < 2:
        return False
    parts = max(1, each // 960)  # SILK frames of 20 ms, each with a voice activity bit before the LBRR bit
    mid = payload[1] >> 7 - parts & 1
    side = payload[1] >> 6 - 2 * parts & 1 if payload[0] & 4 else 0
    return bool(mid | side)
