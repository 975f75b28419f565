"""All that can be set about the recogniser: each part beside the code that reads it, composed here once."""

from typing import Literal

from msgspec import Struct

from asr.endpointing.endpoint import EndpointPolicy
from asr.hearing.vad import VadPolicy
from asr.remote.policy import RemotePolicy
from asr.sharing.demand import DemandPolicy
from asr.sharing.ladder import LadderPolicy
from asr.sharing.schedule import SchedulePolicy
from asr.speaker.hints import HintPolicy
from asr.speaker.stabilizer import StablePolicy
from asr.speaker.window import WindowPolicy
from asr.whisper.passes import PassPolicy


class AsrPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """`model`: name of a Whisper model of the catalogue; `draft_model`: of a smaller one that makes partials under
    load. `device` and `compute_type` as CTranslate2 has them.

    `workers` passes run at once, with `threads` each. "auto" and 0: as suits the device. `measure` what
    passes cost here when the model is loaded, for a second or two; else figures of two CPU cores and `base` are taken.
    `prefix` "parallel" edits the model in memory, so that words that are known cost next to nothing; "plain" takes it
    as it is. `commit_s`: seconds of sound after which the checkpoint moves at the latest.
    """

    model: str = "base"
    draft_model: str = ""
    device: str = "auto"
    compute_type: str = "auto"
    workers: int = 0
    threads: int = 0
    measure: bool = True
    prefix: Literal["parallel", "plain"] = "parallel"
    commit_s: float = 1.0
    hints: HintPolicy = HintPolicy()
    vad: VadPolicy = VadPolicy()
    window: WindowPolicy = WindowPolicy()
    passes: PassPolicy = PassPolicy()
    stable: StablePolicy = StablePolicy()
    endpoint: EndpointPolicy = EndpointPolicy()
    schedule: SchedulePolicy = SchedulePolicy()
    ladder: LadderPolicy = LadderPolicy()
    demand: DemandPolicy = DemandPolicy()
    remote: RemotePolicy = RemotePolicy()
