"""How `streaming/demo/call.flac` was made: telephone prompts of Debian's asterisk-core-sounds-en-wav, cut and laid out
on two channels. One woman spoke all of them, so the customer's are slowed down to nine tenths, which makes another
voice of hers.

    .venv/bin/python -m tests.demonstration        # writes it anew, the same to the last sample
"""

from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np

from streaming.demo.call import SOUND
from tests import speech

RATE = 8_000
SLOWED = 0.9
AGENT, CUSTOMER = 0, 1


class Part(NamedTuple):
    """A prompt (`cut`: from and to, in seconds) on a channel, so many seconds after the end of the one before."""

    channel: int
    name: str
    after: float = 0.6
    cut: tuple[float, float] | None = None


DIGITS = "2125550147"
NUMBER = [
    Part(CUSTOMER, f"digits/{digit}", 0.25 if place in (3, 6) else 0.0) for place, digit in enumerate(DIGITS)
]
CALL = [
    Part(AGENT, "hello", 0.8),
    Part(AGENT, "basic-pbx-ivr-main", 0.1, (0.0, 6.4)),
    Part(AGENT, "conf-now-recording", 0.3),
    Part(CUSTOMER, "hello", 0.9),
    Part(CUSTOMER, "something-terribly-wrong", 0.2),
    Part(AGENT, "sorry-youre-having-problems", 0.8),
    Part(CUSTOMER, "tt-weasels", 0.8),
    Part(CUSTOMER, "confbridge-lock-no-join", 0.8),
    Part(AGENT, "one-moment-please", 2.0),
    Part(AGENT, "confbridge-lock-extended", 6.5, (2.5, 6.9)),
    Part(CUSTOMER, "conf-leaderhasleft", -2.6),
    Part(AGENT, "conf-waitforleader", 1.5),
    Part(CUSTOMER, "vm-mailboxfull", 1.2),
    Part(AGENT, "vm-delete", 2.5),
    Part(CUSTOMER, "vm-invalid-password", 1.2, (0.0, 4.1)),
    Part(AGENT, "privacy-prompt", 2.5),
    Part(CUSTOMER, "vm-num-i-have", 0.8),
    *NUMBER,
    Part(AGENT, "vm-passchanged", 2.0),
    Part(CUSTOMER, "auth-thankyou", 0.8),
    Part(AGENT, "queue-thankyou", 0.6),
    Part(AGENT, "goodbye", 0.2),
    Part(CUSTOMER, "goodbye", 0.6),
]


def laid_out() -> np.ndarray:
    """The call: (samples, 2) at 8 kHz."""
    placed: list[tuple[int, int, np.ndarray]] = []
    at = 0.0
    for part in CALL:
        sound = _sound(part)
        at = max(0.0, at + part.after)
        begin = round(at * RATE)
        placed.append((part.channel, begin, sound))
        at += len(sound) / RATE
    call = np.zeros((round((at + 2.0) * RATE), 2), np.int16)
    for channel, begin, sound in placed:
        call[begin : begin + len(sound), channel] = sound
    return call


def _sound(part: Part) -> np.ndarray:
    """At 8 kHz, without the quiet at its ends."""
    pcm = speech.prompt(part.name)
    if part.cut:
        pcm = pcm[round(part.cut[0] * speech.RATE) : round(part.cut[1] * speech.RATE)]
    loud = np.flatnonzero(np.abs(pcm) > 200)
    pcm = pcm[max(0, loud[0] - 800) : loud[-1] + 1600]
    seconds = len(pcm) / speech.RATE / (SLOWED if part.channel == CUSTOMER else 1.0)
    count = round(seconds * RATE)
    spectrum = np.fft.rfft(pcm.astype(np.float64))
    kept = np.zeros(count // 2 + 1, complex)
    both = min(len(kept), len(spectrum))
    kept[:both] = spectrum[:both]
    made = np.fft.irfft(kept, count) * count / len(pcm)
    return (np.clip(made / 8, -4_096, 4_095).round() * 8).astype(np.int16)  # 13 bits, as a telephone has


def main() -> None:
    """Write it."""
    call = laid_out()
    path = Path(str(SOUND))
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("flac", rate=RATE, layout="stereo")
        frame: Any = av.AudioFrame.from_ndarray(call.reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate = RATE
        for made in (frame, None):
            container.mux(stream.encode(made))


if __name__ == "__main__":
    main()
