"""Loads a model as suits the device, and finds out what passes cost on it. The shell of `asr.whisper.profile`."""

import logging
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from msgspec.structs import replace

from asr.policy import AsrPolicy
from asr.rates import HOP
from asr.sharing.costs import Costs
from asr.whisper.alias import Aliases
from asr.whisper.batches import Encoded
from asr.whisper.device import device
from asr.whisper.engine import Engine
from asr.whisper.passes import Align, Encode, Generate
from asr.whisper.profile import Taken, costs, described, settled
from streaming.refusal import Usage

log = logging.getLogger(__name__)

MANY: Final = {"cpu": 2, "cuda": 8}
TEXTS: Final = (" Thank you for your help, and", " one, two, three, four, five,")
LONG: Final = 3.5
"""So many times what 5 s cost a CPU, 15 s do: what attention costs grows faster than the window."""


def load(folder: Path, policy: AsrPolicy) -> tuple[Engine, Costs]:
    """The Whisper model in `folder`, ready for its first window, and what it costs. Raises Usage if the device or the
    numbers that `policy` names cannot be used; a device that was only found is not insisted on."""
    try:
        suits = settled(policy, device(policy.device))
        engine = Engine(folder, suits)
        if not proven(engine):
            log.warning("words that are known cost as much as new ones: the edited model says something else")
            engine = Engine(folder, replace(suits, prefix="plain"))
        found = costs(measure(engine), policy.passes.beam) if policy.measure else Costs()
    except (RuntimeError, ValueError) as wrong:
        if policy.device == "cpu":
            raise
        if policy.device != "auto":
            raise Usage(f"asr.device = {policy.device!r} cannot be used: {wrong}") from None
        log.warning("the GPU cannot be used, so the CPU is: %s", wrong)
        return load(folder, replace(policy, device="cpu"))
    log.info("%s", described(suits, found))
    return engine, found


def proven(engine: Engine) -> bool:
    """Whether a text goes on alike when it is forced in parallel and token by token. A model without aliases is.

    CTranslate2 does not promise what the edit relies on. Rounding may turn a close decision, but not each.
    """
    (window,) = engine.call([silent(engine)])
    return engine.aliases is None or any(_alike(engine, engine.aliases, window, text) for text in TEXTS)


def _alike(engine: Engine, aliases: Aliases, window: Encoded, text: str) -> bool:
    forced = Generate(window, "en", engine.words.tokens(text), 3, 1)
    stop, said = engine.words.no_timestamps, list[float]()
    for again in (aliases.again, {stop: aliases.again[stop]}):
        engine.aliases = replace(aliases, again=again)
        said += [one.logprob for one in engine.call([forced])]
    engine.aliases = aliases
    return abs(said[0] - said[1]) < 0.05


def silent(engine: Engine) -> Encode:
    """A window of 5 s with nothing in it."""
    mel = engine.sees == "mel"
    view = np.full((engine.bands, 400), -10, np.float32) if mel else np.zeros(399 * HOP + 400, np.float32)
    return Encode(view, 500)


def measure(engine: Engine) -> Taken:
    """What model calls cost here, which takes half a second of a CPU, a second or two of a GPU.

    A CPU encodes several windows in the time of each, and a long one in a time that is known from a short one. There
    CPU time is taken, so that what other processes do meanwhile does not count.
    """
    cpu = engine.policy.device == "cpu"
    least = Watch(time.process_time, 1) if cpu and engine.policy.threads == 1 else Watch(time.perf_counter, 2)
    many = MANY.get(engine.policy.device, 8)
    short = silent(engine)
    (window,) = engine.call([short])  # the first one is slow
    rare = range(engine.words.end_of_text - 20, engine.words.end_of_text)

    def written(count: int, windows: int) -> float:
        call = Generate(window, "en", tuple(rare[:count]), 1, 1)
        return least(lambda: engine.call([call] * windows))

    encode = least(lambda: engine.call([short]))
    (few, more), (few_many, more_many) = ((written(1, n), written(7, n)) for n in (1, many))
    step, step_many = (max(1e-6, more - few) / 6, max(1e-6, more_many - few_many) / 6)
    align = least(lambda: engine.call([Align(window, "en", tuple(rare[:12]), 400)]))
    encode_many, encode_long = many * encode, LONG * encode
    if not cpu:
        encode_many = least(lambda: engine.call([short] * many))
        encode_long = least(lambda: engine.call([replace(short, frames=1500)]))
    return Taken(encode, encode_long, encode_many, align, max(0.0, few - 3 * step), step, step_many, many)


class Watch:
    """Takes the time of a call by `clock`: the least of some tries."""

    def __init__(self, clock: Callable[[], float], tries: int) -> None:
        self._clock = clock
        self._tries = tries

    def __call__(self, call: Callable[[], Sequence[object]]) -> float:
        """Seconds."""
        taken = math.inf
        for _ in range(self._tries):
            began = self._clock()
            call()
            taken = min(taken, self._clock() - began)
        return taken
