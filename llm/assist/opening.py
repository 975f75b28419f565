"""What a session in mode `assist` is served with."""

import asyncio
import logging

from llm.assist.call import Call
from llm.assist.means import Means, Prompts
from llm.assist.policy import AssistPolicy
from llm.assist.topics import Topics
from llm.desk import Desk
from llm.making import Maker
from llm.policy import LlmPolicy
from llm.prompts.shelf import Shelf
from streaming.bus import Bus
from streaming.events import Served
from streaming.lease import Lease
from streaming.machine.catalog import ModelMissing

log = logging.getLogger(__name__)


class Assisting:
    """Serves any number of calls. `topics`: what looks for those of `llm.assist.topics`, where MiniLM is there.

    Raises:
        ServiceFault: `prompt_broken`.
    """

    def __init__(
        self, engine: Maker, policy: LlmPolicy, shelf: Shelf | None = None, topics: Topics | None = None
    ) -> None:
        self._engine = engine
        self._policy = policy
        self._topics = topics
        shelf = shelf or Shelf()
        self._next, self._summary = shelf.prompt("next", {}), shelf.prompt("call_summary", {})
        if policy.assist.topics and topics is None:
            log.warning("llm.assist.topics are not looked for: that needs the model minilm")

    @property
    def served(self) -> list[Served]:
        """The prompts, as they are told."""
        return [self._next.served, self._summary.served]

    async def serve(self, lease: Lease, bus: Bus, desk: Desk) -> None:
        """One call; without an index no answers are suggested. Raises LeaseLost, BusDown, alone or in a group."""
        prompts = Prompts(desk.grounded, self._next, self._summary)
        means = Means(self._engine, self._policy, lease.config, prompts, desk.grounding)
        await Call(lease, bus, means, self._topics).run()


async def sought(policy: AssistPolicy) -> Topics | None:
    """What looks for the topics of the settings; None where there are none, or no MiniLM. Raises ModelCorrupt."""
    try:
        return await asyncio.to_thread(_by_meaning, policy) if policy.topics else None
    except ModelMissing:
        return None


def _by_meaning(policy: AssistPolicy) -> Topics:
    from llm.retrieval.embedding import MiniLm  # ONNX Runtime is loaded only where there are topics

    return Topics(policy.topics, MiniLm().embed, policy.topic_likeness)
