"""The recogniser as a worker: it loads its models once, and serves any number of sessions on one event loop."""

import asyncio
import hashlib
from pathlib import Path

from asr.endpointing.smart_turn import SmartTurn
from asr.endpointing.turns import Turns
from asr.hearing.front import vad
from asr.hearing.judge import Judge
from asr.listening import Listening
from asr.loading import Loaded, load
from asr.policy import AsrPolicy
from asr.sharing.desk import Desk
from asr.sharing.dispatch import Setup
from asr.transcriber import Transcriber
from streaming.bus import Bus
from streaming.capacity import Load
from streaming.events import Served
from streaming.lease import Lease
from streaming.machine import models


class Recogniser:
    """Transcribes with the Whisper model in folder `model`, whose `model.bin` has SHA-256 `digest`, or by the server
    of `policy.remote`, if that names one; `vad`: Silero's file; `turn`: Smart Turn's, without which no session's turns
    end by what the voice sounds like."""

    def __init__(
        self, policy: AsrPolicy, model: Path | None, digest: str, *, vad: Path, turn: Path | None = None
    ) -> None:
        self._policy = policy
        self._model = model
        self._digest = digest
        self._vad_file = vad
        self._turn_file = turn
        self._turns: Turns | None = None
        self._loaded: tuple[Loaded, Judge, Desk] | None = None

    async def start(self) -> list[Served]:
        """Load the models. What serves: `asr`, the `vad` that it listens with, and what judges the end of a `turn`."""
        self._loaded = await asyncio.to_thread(self._load)
        heard = hashlib.sha256(await asyncio.to_thread(self._vad_file.read_bytes)).hexdigest()
        name = "silero-vad"
        serves = [
            self._loaded[0].serves,
            Served(role="vad", name=name, hash=heard, ref=f"{name}@{heard[:16]}"),
        ]
        if self.drafts:
            name, digest = self._policy.draft_model, models.digest(self._policy.draft_model)
            serves.append(Served(role="draft", name=name, hash=digest, ref=f"{name}@{digest[:16]}"))
        if self._turn_file:
            self._turns = Turns((await asyncio.to_thread(SmartTurn, self._turn_file)).complete)
            judge = hashlib.sha256(await asyncio.to_thread(self._turn_file.read_bytes)).hexdigest()
            serves.append(Served(role="turn", name="smart-turn", hash=judge, ref=f"smart-turn@{judge[:16]}"))
        return serves

    async def serve(self, lease: Lease, bus: Bus) -> None:
        """A session's sound to its end, from where the lease's state says.

        Raises:
            LeaseLost: somebody else serves this session now; nothing more was written.
            BusDown: Redis is away.
        """
        assert self._loaded, "start() comes first"
        loaded, judge, desk = self._loaded
        await Listening(lease, bus, loaded.tools, (judge, desk), self._turns).run()

    def load(self) -> Load:
        """How busy the workers will be with the sessions that are served."""
        assert self._loaded, "start() comes first"
        return self._loaded[2].load()

    @property
    def drafts(self) -> bool:
        """Whether a smaller model can make partials."""
        return self._loaded is not None and self._loaded[2].drafts

    def trouble(self) -> str:
        """What keeps the engine from answering just now, or nothing."""
        return self._loaded[0].trouble() if self._loaded else ""

    async def stop(self) -> None:
        """Wait for the passes that run, and let the models go. Nobody may be served any more."""
        if self._loaded:
            self._loaded[0].engine.close()
            await self._loaded[2].close()
            self._loaded = None
        if self._turns:
            await self._turns.close()
            self._turns = None

    def _load(self) -> tuple[Loaded, Judge, Desk]:
        loaded = load(self._policy, self._model, self._digest)
        judge = Judge(vad(loaded.tools.policy.device, self._vad_file))
        draft = drafting(loaded, self._model)
        return loaded, judge, Desk(setup(loaded, draft=draft is not None), loaded.engine, draft)


def drafting(loaded: Loaded, model: Path | None) -> Transcriber | None:
    """The smaller engine of the policy, if it names one and its tokens are those of the one in folder `model`.

    Raises:
        Refusal: its model is not there.
    """
    policy = loaded.tools.policy
    if not policy.draft_model or model is None:
        return None
    from asr.whisper.draft import smaller

    return smaller(loaded.tools.bands, model, models.path(policy.draft_model), policy)


def setup(loaded: Loaded, *, draft: bool = False) -> Setup:
    """What the desk needs to know of an engine; `draft`: of a smaller one too."""
    policy = loaded.tools.policy
    return Setup(
        loaded.costs, policy.workers, draft, policy.schedule, policy.ladder, policy.demand, policy.window
    )
