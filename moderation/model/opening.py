"""The judge that the settings ask for: heads on this machine, a guard model on a server, or both in turn."""

from collections.abc import Sequence
from pathlib import Path

from moderation.guard.guard import Guard
from moderation.guard.policy import Author, GuardPolicy
from moderation.model import heads
from moderation.model.judge import Closing, HeadJudge, Judge, Judges, Scores
from moderation.names.asking import Namer
from moderation.policy import ModerationPolicy
from streaming.errors import ServiceFault


class Several:
    """Judges one after the other: the strongest score of each category counts. All must answer."""

    def __init__(self, judges: Sequence[Judge]) -> None:
        self._judges = judges

    @property
    def ref(self) -> str:
        """All of them."""
        return "+".join(judge.ref for judge in self._judges)

    async def close(self) -> None:
        """Close each that holds something."""
        for judge in self._judges:
            if isinstance(judge, Closing):
                await judge.close()

    async def scores(self, texts: Sequence[str], by: Author = "user") -> list[Scores]:
        """See `Judge`."""
        out: list[Scores] = [{} for _ in texts]
        for judge in self._judges:
            for mine, theirs in zip(out, await judge.scores(texts, by), strict=True):
                for name, score in theirs.items():
                    mine[name] = max(score, mine.get(name, 0.0))
        return out


def local(folder: Path, embedding: str) -> HeadJudge:
    """The shipped heads on the embedding in `folder`, whose hash is `embedding`.

    Raises:
        ServiceFault: the heads are broken, or were made for another embedding.
    """
    try:
        made = heads.load()
    except (OSError, heads.HeadsBroken) as wrong:
        raise ServiceFault("heads_broken", f"the moderation heads cannot be used: {wrong}") from None
    if made.embedding != embedding:
        raise ServiceFault("heads_broken", "the moderation heads were made for another embedding model")
    from streaming.machine.minilm import Sentences  # ONNX Runtime: only where heads are wanted

    return HeadJudge(Sentences(folder).embed, made)


def namer(policy: ModerationPolicy) -> Namer | None:
    """Who finds names of people, if they are to be masked. Raises Refusal: spaCy or its pipeline is not installed."""
    if not policy.names:
        return None
    from moderation.names import entities  # spaCy: only where names are wanted

    return entities.opened(policy.names_model)


def opened(found: tuple[Path, str] | None, guard: GuardPolicy) -> Judges:
    """`found`: folder and hash of the embedding, when the heads are wanted. A guard that is `inline` judges with them,
    another after the reply."""
    judges: list[Judge] = [local(*found)] if found else []
    model = Guard(guard) if guard.url else None
    if model and guard.inline:
        judges.append(model)
    judge = judges[0] if len(judges) == 1 else Several(judges) if judges else None
    return Judges(judge, None if guard.inline else model)
