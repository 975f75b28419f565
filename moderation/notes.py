"""What is moderated as a whole: summaries, an agent's feedback, citations; and alerts, which hold no text. Pure.

Nothing of it grows on a screen, so it is shown once it is judged. A piece of text with something that is blocked in it
is left out.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from moderation.floor import Floor, Step, verdicts
from moderation.gate import Judged, masked
from moderation.screen import Screen
from moderation.watch import REMOVED
from streaming.answers import SuggestionFeedback, Summary
from streaming.drafts import DraftAlert, DraftChecklist, DraftDone, DraftSummary
from streaming.events import AgentNote, Event, Target
from streaming.facts import Feedback
from streaming.parts import Citation, Section

BETWEEN = "\n"
"""Between the sections of a summary, where a verdict's span counts its text as one."""


def judged(screen: Screen, text: str, shown: int = 0) -> tuple[str, list[Judged]]:
    """`text` as it may be shown ("" when something in it is blocked), and what was found, told as standing behind
    `shown` code points."""
    findings = screen.look(text, closed=True).findings
    block = next((found for found in findings if found.action == "block"), None)
    if block:
        return "", [Judged((shown, shown), "block", block.categories)]
    return masked(text, findings, (0, len(text)), shown)


def clean(screen: Screen, text: str) -> str:
    """`text` as it may be shown, where no verdict is told of it."""
    return judged(screen, text)[0]


def cleaned(screen: Screen, done: DraftDone) -> DraftDone:
    """The end of a reply as the rules let it be told: its error and its citations masked, what they block left out."""
    error = None if done.error is None else clean(screen, done.error)
    return replace(done, error=error, citations=[_cited(screen, one) for one in done.citations])


def _cited(screen: Screen, citation: Citation) -> Citation:
    return replace(
        citation,
        quote=clean(screen, citation.quote) or REMOVED,
        title=clean(screen, citation.title),
        place=clean(screen, citation.place),
        before=clean(screen, citation.before),
        after=clean(screen, citation.after),
    )


def whole(screen: Screen, summary: Summary) -> str:
    """A summary's text as the rules let it be shown, where verdicts count it as one."""
    return BETWEEN.join(clean(screen, section.text) for section in summary.sections)


def told(
    screen: Screen,
    floor: Floor,
    fact: DraftSummary | DraftAlert | DraftChecklist,
    others: Sequence[Judged] = (),
) -> Step:
    """A summary, of which the judge found `others`, an alert, or the operator's own checklist. A number that was there
    before is an echo of the past."""
    match fact:
        case DraftSummary(summary=summary) if summary.summary > floor.summaries:
            return _summed(screen, floor, summary, others)
        case DraftAlert(alert=alert) if alert.alert > floor.alerts:
            return replace(floor, alerts=alert.alert), [alert]
        case DraftChecklist(checklist=checklist) if (ticked := checklist.ticked) > floor.ticked:
            return replace(floor, ticked=ticked), [checklist]
        case _:
            return floor, []


def _summed(screen: Screen, floor: Floor, summary: Summary, others: Sequence[Judged]) -> Step:
    """Masked, with its verdicts behind it; without any text, when the judge has blocked it."""
    if any(one.action == "block" for one in others):
        summary = replace(summary, sections=[replace(one, text="") for one in summary.sections])
    sections: list[Section] = []
    found: list[Judged] = []
    size = 0
    for section in summary.sections:
        text, more = judged(screen, section.text, size)
        sections.append(Section(name=section.name, text=text))
        found += more
        size += len(text) + len(BETWEEN)
    found += others
    judgement = verdicts(Target(summary=summary.summary), found, max(0, size - len(BETWEEN)), screen.ref)
    event: Event = replace(summary, sections=sections)
    return replace(floor, summaries=summary.summary), [event, *judgement]


def fed_back(screen: Screen, floor: Floor, fact: Feedback | AgentNote) -> Step:
    """What the agent did with a suggestion, or is told by a supervisor, its text masked. A number that no suggestion
    had changes nothing.

    No verdict is told: one about a suggestion counts code points of the suggestion's own text.
    """
    if isinstance(fact, AgentNote):
        return floor, [replace(fact, text=clean(screen, fact.text))]
    if floor.mode != "assist" or not 0 < fact.suggestion <= floor.replied:
        return floor, []
    text = clean(screen, fact.text)
    return floor, [SuggestionFeedback(fact.suggestion, fact.action, text, fact.by)]
