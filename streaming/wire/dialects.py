"""The table of dialects of live speech, by the path at which each is spoken. Pure."""

from typing import Final

from streaming.wire.assemblyai.turns import ASSEMBLYAI
from streaming.wire.deepgram.flux.turns import FLUX
from streaming.wire.deepgram.live import LIVE

DIALECTS: Final = (LIVE, FLUX, ASSEMBLYAI)
