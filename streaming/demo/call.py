"""The sound of the demonstration: a telephone call of some eighty seconds, the agent on channel 0, the customer on 1.

From where it is, and under which licence: `LICENCE.md` beside it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from streaming.events import AudioFormat
from streaming.soundfile import SoundFile

PLACE: Final = Path(__file__).parent
SOUND: Final = PLACE / "call.flac"
DOCUMENTS: Final = PLACE / "documents"
"""What the agent's firm has written down, in Markdown: all that the customer asks about stands there."""
FORMAT: Final = AudioFormat("pcm_s16le", 8_000, 2)


def frames() -> Iterator[bytes]:
    """The call as `FORMAT` says, 100 ms at a time. Raises SoundError if the file is broken."""
    with SoundFile(str(SOUND), split=True) as sound:
        yield from sound.frames()
