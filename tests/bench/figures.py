"""What the benchmark of the main job reads off a session, and how it sums it up."""

import statistics
from pathlib import Path

from streaming.events import TranscriptFinal, TranscriptPartial
from tests.conversation import Arrival
from tests.stack import Stack


def word_times(arrivals: list[Arrival]) -> tuple[list[float], list[float]]:
    """Of each word of the finals: seconds from its end in the sound to its first sight, and to its commit."""
    firsts: list[float] = []
    commits: list[float] = []
    for arrival in arrivals:
        final = arrival.message.event
        if not isinstance(final, TranscriptFinal):
            continue
        for word in final.words:
            upto = final.text[: word.offset + len(word.text)].lower().rstrip(".,?!")
            seen = committed = arrival.at
            for earlier in reversed(arrivals[: arrivals.index(arrival)]):
                partial = earlier.message.event
                if isinstance(partial, TranscriptPartial) and partial.segment == final.segment:
                    if partial.text.lower().startswith(upto):
                        seen = earlier.at
                    if partial.text[: partial.stable].lower().startswith(upto):
                        committed = earlier.at
            firsts.append(seen - word.end_ms / 1000)
            commits.append(committed - word.end_ms / 1000)
    return firsts, commits


def rss(stack: Stack) -> dict[str, float]:
    """MB that each role has now."""
    found: dict[str, float] = {}
    for worker in stack.readyz()["workers"]:
        pid = worker["name"].rpartition(":")[2]
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        kilobytes = next(line.split()[1] for line in lines if line.startswith("VmRSS"))
        found[worker["role"]] = round(int(kilobytes) / 1024, 1)
    return found


def summary(values: list[float]) -> dict[str, float]:
    """p50 and p95, seconds."""
    ordered = sorted(values)
    at = min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))
    return {"p50": round(statistics.median(ordered), 3), "p95": round(ordered[at], 3), "n": len(ordered)}
