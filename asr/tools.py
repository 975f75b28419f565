"""What all channels of a worker share."""

from msgspec import Struct

from asr.hearing.mel import Sees
from asr.policy import AsrPolicy
from asr.speaker.transcript import Vocabulary


class Tools(Struct, frozen=True):
    """Policy; vocabulary and mel bands of the model; `made_by`: the model as its finals name it; what the engine
    `sees`."""

    policy: AsrPolicy
    vocabulary: Vocabulary
    bands: int
    made_by: str
    sees: Sees = "mel"
