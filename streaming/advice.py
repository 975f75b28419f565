"""What an agent is told in mode `assist`, and where answers come from, as lines for a terminal."""

from collections.abc import Sequence

from rich.text import Text

from streaming.events import Alert, Checklist, SuggestionDone, SuggestionFeedback, Summary
from streaming.parts import Citation

MARKS = {"answer": "say", "question": "ask", "checklist": "to do"}


def suggested(done: SuggestionDone) -> list[Text]:
    """A suggestion that is whole, with its sources; one that came to nothing is told in a word."""
    if not done.text and done.status == "cancelled":
        return []
    line = Text(f"  [{MARKS[done.kind]}] ", style="green").append(done.text, style="default")
    if done.status != "completed":
        line.append(f" [{done.status}{': ' + done.error if done.error else ''}]", style="yellow")
    return [line, *sources(done.citations)]


def sources(citations: Sequence[Citation]) -> list[Text]:
    """Where an answer comes from, a line each."""
    named = [(one.number, (one.title or one.document, one.place)) for one in citations]
    return [Text(f"    [{number}] {' > '.join(part for part in parts if part)}") for number, parts in named]


def told(event: Summary | Alert | Checklist | SuggestionFeedback) -> list[Text]:
    """A summary, an alert, the checklist, or what the agent did with a suggestion."""
    match event:
        case Summary(kind=kind, sections=sections):
            head = Text("  [summary]" if kind == "wrapup" else "  [so far]", style="cyan")
            return [head, *(Text(f"    {one.name}: {one.text}") for one in sections)]
        case Alert(kind=kind, name=name, value=value):
            much = "" if value is None else f" ({value:.3g})"
            what = kind.replace("_", " ")
            return [Text(f"  [alert: {what if name == what else f'{what}: {name}'}{much}]", style="red")]
        case Checklist(items=items):
            return [
                Text(f"  [{'x' if one.done else ' '}] {one.name}: {one.say}", style="cyan") for one in items
            ]
        case SuggestionFeedback(suggestion=number, action=action):
            return [Text(f"  [suggestion {number} {action}]", style="cyan")]
