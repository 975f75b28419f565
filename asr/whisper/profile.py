"""What suits this device: how the model is kept, how many passes run at once, and what they cost. Pure.

On a CPU each worker has one thread: two sessions on a core each are served much sooner than one after the other on
both, and a batch saves only where the weights are read for each token, a seventh of a pass. On a GPU it is the
batch that pays.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from asr.policy import AsrPolicy
from asr.sharing.costs import Costs
from streaming.refusal import Usage

SMALLEST: Final = {
    "cpu": ("int8", "int8_float32", "float32"),
    "cuda": ("int8_float16", "float16", "int8_float32", "float32"),
}
"""Compute types of CTranslate2 by device, the preferred first."""

GPU_WORKERS: Final = 2
"""One prepares and reads while the other computes."""

WINDOW_S: Final = 6.0
"""A usual partial's."""

PAYS: Final = 0.7
"""A batch makes the others wait: it has to cost so much less for each."""

LONGEST_S: Final = 0.35
"""A batch that took longer than a step between partials would make them all late."""

SIZES: Final = (1, 2, 4, 8, 16, 32, 64)


class Device(Struct, frozen=True):
    """A device: its kind as CTranslate2 names it, the CPU cores that we may use, and the compute types it supports."""

    kind: str
    cores: float
    types: frozenset[str]


class Taken(Struct, frozen=True):
    """Seconds that model calls took. Encoding a window of 5 s, one of 15 s, and `many` of 5 s in one; verifying a short
    text in 5 s; beginning to write over 5 s, and each token from there on, for one window and for `many` at once."""

    encode: float
    encode_long: float
    encode_many: float
    align: float
    begin: float
    step: float
    step_many: float
    many: int


def settled(policy: AsrPolicy, device: Device) -> AsrPolicy:
    """`policy` with all that was left to the device decided. Raises Usage for numbers that it cannot compute with."""
    asked, known = policy.compute_type, ", ".join(sorted(device.types))
    if asked not in ("auto", "default") and device.types and asked not in device.types:
        raise Usage(
            f"asr.compute_type = {asked!r} cannot be had on this {device.kind}: choose auto, or of {known}"
        )
    types = [name for name in SMALLEST.get(device.kind, ()) if name in device.types]
    suits = types[0] if types else "default"
    workers = GPU_WORKERS if device.kind != "cpu" else max(1, int(device.cores) // (policy.threads or 1))
    return replace(
        policy,
        device=device.kind,
        compute_type=suits if asked == "auto" else asked,
        workers=policy.workers or workers,
        threads=policy.threads or 1,
    )


def costs(taken: Taken, beam: int) -> Costs:
    """What passes cost here, when a final searches `beam` ways: a search by n ways costs a step as n windows do."""
    more = taken.many - 1
    each = max(0.0, taken.encode_many - taken.encode) / more
    token_each = min(taken.step, max(0.0, taken.step_many - taken.step) / more)
    found = Costs(
        call=max(0.0, taken.encode - each) / 3,
        # both decoder calls read the whole window before they begin, which grows with it as the encoder does
        second=each * (1 + taken.encode_long / (3 * taken.encode)) / 2 / 5 + taken.begin / 5,
        align=taken.align,
        token=taken.step - token_each,
        token_each=token_each,
        beam=float(beam),
    )
    return replace(found, batch=best(found))


def best(costs: Costs) -> int:
    """Passes worth running at once: the fewest that cost each within a tenth of the least, if that pays at all."""

    def each(size: int) -> float:
        return costs.seconds(WINDOW_S, None, size) / size

    fitting = [size for size in SIZES if size == 1 or costs.seconds(WINDOW_S, None, size) <= LONGEST_S]
    least = min(each(size) for size in fitting)
    if least > PAYS * each(1):
        return 1
    return next(size for size in fitting if each(size) <= 1.1 * least)


def described(policy: AsrPolicy, costs: Costs) -> str:
    """A line about it for the log."""
    look, end = costs.each(WINDOW_S, None), costs.each(15.0, 2.0)
    runs = f"{policy.workers} workers of {policy.threads} threads, batches of up to {costs.batch}"
    return (
        f"{policy.compute_type} on {policy.device}, {runs}: a partial takes {look:.3f} s, a final {end:.3f} s"
    )
