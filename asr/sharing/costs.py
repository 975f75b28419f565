"""What passes cost on this device, as a model of a few numbers. Pure.

The numbers come from measuring at start, and are corrected by each pass that is run (`demand.py`): what counts in the
end is the time that passes take here, beside all else that runs.
"""

from msgspec import Struct


class Costs(Struct, frozen=True):
    """Seconds of one worker. A model call takes `call` and for each window of a batch: `second` for each second of it
    encoded, `align` for verifying a text, and `token` + `token_each` for each token that a step of decoding makes.

    Passes pay in batches of up to `batch`. A partial makes about `fresh` tokens; a final `spoken` tokens a second, its
    search costing `beam` times as much for each window.
    """

    call: float = 0.002
    second: float = 0.0075
    align: float = 0.015
    token: float = 0.0075
    token_each: float = 0.0
    batch: int = 1
    fresh: int = 4
    spoken: float = 3.0
    beam: float = 1.0

    def seconds(self, window_s: float, said_s: float | None, batch: int = 1, *, lean: bool = False) -> float:
        """A batch of passes over windows of `window_s`: finals in which `said_s` are to be written (without a search,
        when they are `lean`), or partials."""
        tokens = self.fresh if said_s is None else 4 + self.spoken * said_s
        wide = self.beam if said_s is not None and not lean else 1.0
        steps = tokens * (self.token + self.token_each * wide * batch)
        return 3 * self.call + batch * (self.second * window_s + self.align) + steps

    def each(self, window_s: float, said_s: float | None, *, lean: bool = False) -> float:
        """One pass, in a full batch."""
        return self.seconds(window_s, said_s, self.batch, lean=lean) / self.batch
