"""Which engine serves, by the settings: a model of ours, or a transcription server somewhere."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from asr.policy import AsrPolicy
from asr.sharing.costs import Costs
from asr.tools import Tools
from asr.transcriber import Transcriber
from streaming.events import Served


class Loaded(NamedTuple):
    """An engine that is ready, and what it costs; `tools` has the policy that suits it. `trouble` tells what keeps it
    from answering just now, or nothing."""

    engine: Transcriber
    tools: Tools
    serves: Served
    costs: Costs
    trouble: Callable[[], str]


def load(policy: AsrPolicy, model: Path | None, digest: str) -> Loaded:
    """The server of `policy.remote`, if it names one: it need not be there yet. Otherwise the Whisper model in folder
    `model`, whose `model.bin` has SHA-256 `digest`; that takes seconds."""
    if policy.remote.url:
        return _remote(policy)
    assert model, "there is neither a model nor the URL of a server"
    from asr.whisper import measuring

    engine, costs = measuring.load(model, policy)
    made_by = f"{policy.model}@{digest[:16]}"
    tools = Tools(engine.policy, engine.words, engine.bands, made_by, engine.sees)
    return Loaded(engine, tools, Served("asr", policy.model, digest, made_by), costs, lambda: "")


def _remote(policy: AsrPolicy) -> Loaded:
    from asr.remote.engine import Remote

    engine = Remote(policy.remote)
    tools = Tools(patient(policy), engine.words, engine.bands, engine.made_by, engine.sees)
    serves = Served("asr", policy.remote.model, "", engine.made_by)
    return Loaded(engine, tools, serves, Costs(), lambda: engine.trouble)


def patient(policy: AsrPolicy) -> AsrPolicy:
    """`policy` for an engine that hears a window anew each time, and best as a whole: longer steps, and the utterance
    from its beginning."""
    remote, schedule, window = policy.remote, policy.schedule, policy.window
    return replace(
        policy,
        device="cpu",
        workers=remote.at_once,
        schedule=replace(
            schedule, step_s=max(schedule.step_s, remote.step_s), first_s=max(schedule.first_s, remote.step_s)
        ),
        window=replace(window, keep_s=max(window.keep_s, 2 * window.long_s)),
    )
