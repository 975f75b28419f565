"""When a summary is due, and how it is made."""

import asyncio
import logging

from llm.assist.borne import borne
from llm.assist.dialogue import Dialogue
from llm.assist.items import Put, Summed
from llm.assist.means import Means
from llm.assist.place import Place
from llm.assist.policy import AssistPolicy
from llm.assist.writing import Unreadable, read_summary, summary_messages, summary_schema
from streaming.answers import SummaryKind
from streaming.errors import ServiceFault

log = logging.getLogger(__name__)


def due(place: Place, now_ms: int, policy: AssistPolicy) -> SummaryKind | None:
    """Which summary is due at `now_ms`, if any. Nothing is under way then, so that no suggestion waits for it."""
    if place.step != "done" or place.open or place.over:
        return None
    if place.ending_ms:
        return None if place.wrapped else "wrapup"
    new = place.latest - place.summed
    by_turns = 0 < policy.summary_turns <= new
    by_time = new > 0 and 0 < policy.summary_s * 1000 <= now_ms - place.summed_ms
    return "progress" if by_turns or by_time else None


def wait_ms(place: Place, now_ms: int, policy: AssistPolicy) -> int | None:
    """How long until time alone makes one due; None: it does not."""
    if not policy.summary_s or place.latest <= place.summed or place.ending_ms:
        return None
    return max(0, place.summed_ms + round(policy.summary_s * 1000) - now_ms)


async def summarise(means: Means, dialogue: Dialogue, kind: SummaryKind, put: Put) -> None:
    """Make it of what was said up to now, and of the one before it; without sections, if it cannot be made."""
    policy, before = means.policy.assist, dialogue.summary
    lines = dialogue.lines()
    up_to = lines[-1].turn if lines else 0
    new = [line for line in lines if before is None or line.turn > before.up_to]
    made = Summed(kind, up_to, [], "")
    if lines:
        room = means.policy.context - policy.summary_tokens
        sections = before.sections if before else []
        chat = summary_messages(means.prompts.summary.text, policy.sections, sections, new, room)
        ask = means.ask(chat, policy.summary_tokens, summary_schema(policy.sections))
        try:
            async with asyncio.timeout(policy.wrapup_s if kind == "wrapup" else None):
                whole = await means.whole(ask, means.prompts.summary)
            found = borne(read_summary(whole.text, policy.sections), lines)
            made = Summed(kind, up_to, found, whole.made_by)
        except (ServiceFault, Unreadable, TimeoutError) as why:
            code = why.code if isinstance(why, ServiceFault) else type(why).__name__
            log.warning("no summary was made: %s", code, extra={"sid": means.config.session_id})
        except Exception as wrong:  # noqa: BLE001 - the session goes on, and what went wrong may hold what was said
            log.error("no summary was made: %s", type(wrong).__name__, extra={"sid": means.config.session_id})
    await put(made)
