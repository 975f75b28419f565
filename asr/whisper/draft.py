"""A smaller model that makes partials under load, if its tokens are those of the one that makes the finals."""

import json
import logging
from pathlib import Path
from typing import Any

from asr.policy import AsrPolicy
from asr.whisper.engine import Engine
from asr.whisper.measuring import silent

log = logging.getLogger(__name__)


def smaller(bands: int, ours: Path, its: Path, policy: AsrPolicy) -> Engine | None:
    """The model in folder `its` beside the one in `ours`, which sees `bands`; None, with a line in the log, if the one
    could not go on from what the other wrote."""
    if not alike(vocabulary(ours), vocabulary(its)):
        log.warning("%s writes other tokens than %s: no partials by it", policy.draft_model, policy.model)
        return None
    draft = Engine(its, policy)
    if draft.bands != bands:
        log.warning("%s and %s see different bands: no partials by it", policy.draft_model, policy.model)
        return None
    draft.call([silent(draft)])  # the first pass of a model is slow: nobody waits for this one
    return draft


def vocabulary(folder: Path) -> dict[str, int]:
    """Token by token the ids of the model in `folder`."""
    told: dict[str, Any] = json.loads((folder / "tokenizer.json").read_bytes())
    added = {one["content"]: one["id"] for one in told.get("added_tokens", ())}
    return {**told["model"]["vocab"], **added}


def alike(ours: dict[str, int], its: dict[str, int]) -> bool:
    """Whether every token that either has a name for is the same in both. Some conversions leave out the names of
    timestamps."""
    shared = ours.keys() & its.keys()
    missing = {name for name in ours.keys() ^ its.keys() if not name.startswith("<|")}
    return not missing and all(ours[name] == its[name] for name in shared)
