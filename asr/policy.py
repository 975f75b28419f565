"""All that can be set about the recogniser: each part beside the code that reads it, composed here once."""

from msgspec import Struct

from asr.endpoint import EndpointPolicy
from asr.passes import PassPolicy
from asr.demand import DemandPolicy
from asr.schedule import SchedulePolicy
from asr.ladder import LadderPolicy
from asr.stabilizer import StablePolicy
from asr.vad import VadPolicy
from asr.window import WindowPolicy


class AsrPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """`model`: name of a Whisper model of the catalogue. `compute_type` and `device` as CTranslate2 has them.

    `workers` passes run at once, with `threads` each: two workers of one thread serve many sessions much better than
    one of two. `commit_s`: seconds of sound after which the checkpoint moves at the latest.
    """

    model: str = "base"
    device: str = "cpu"
    compute_type: str = "int8"
    workers: int = 2
    threads: int = 1
    commit_s: float = 1.0
    vad: VadPolicy = VadPolicy()
    window: WindowPolicy = WindowPolicy()
    passes: PassPolicy = PassPolicy()
    stable: StablePolicy = StablePolicy()
    endpoint: EndpointPolicy = EndpointPolicy()
    schedule: SchedulePolicy = SchedulePolicy()
    ladder: LadderPolicy = LadderPolicy()
    demand: DemandPolicy = DemandPolicy()
