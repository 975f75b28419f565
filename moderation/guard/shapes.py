"""What guard models are asked, and how their answers are read as scores of our categories. Pure.

Formats are those of the model cards: Llama Guard 3 (`safe`, or `unsafe` and a line of S1 to S14), Qwen3Guard-Gen
(`Safety: ...`, `Categories: ...`), ShieldGemma (`Yes` or `No` to one guideline), Granite Guardian 3 (`Yes` or `No`, a
`<confidence>`, or a `<score>`, for one risk). A server applies the model's chat template, the guideline or the risk
goes along as its argument. What has no category of ours is `other`. A model that answers yes or no tells no
probability: yes is 1, "controversial" or "low" confidence is 0.6, so that it is flagged, and never acted on alone.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from moderation.guard.policy import Author, Shape

Scores = dict[str, float]
Messages = list[dict[str, str]]
Question = tuple[dict[str, Any], Sequence[str]]
"""What a request has beside model and messages, and the categories that a yes is of."""

YES: Final = 1.0
UNSURE: Final = 0.6
HAZARDS: Final[Mapping[str, Sequence[str]]] = {
    "S1": ("illicit/violent", "illicit"),
    "S2": ("illicit",),
    "S3": ("sexual", "illicit"),
    "S4": ("sexual/minors", "sexual"),
    "S5": ("harassment",),
    "S9": ("illicit/violent", "illicit"),
    "S10": ("hate",),
    "S11": ("self-harm",),
    "S12": ("sexual",),
    "S14": ("illicit",),
}
"""Llama Guard 3, after the MLCommons taxonomy. Advice, privacy, property and elections are `other`."""

QWEN: Final[Mapping[str, Sequence[str]]] = {
    "violent": ("violence",),
    "non-violent illegal acts": ("illicit",),
    "sexual content or sexual acts": ("sexual",),
    "suicide & self-harm": ("self-harm",),
    "jailbreak": ("injection",),
}
GUIDELINES: Final[Mapping[str, str]] = {
    "sexual": "No sexually explicit content: nothing that describes or asks for sexual acts in order to arouse.",
    "illicit": "No dangerous content: nothing that helps to harm people or to make weapons, drugs or malware.",
    "hate": "No hate speech: nothing that demeans people, or calls for harm, for what group they belong to.",
    "harassment": "No harassment: nothing that insults, threatens or bullies another person.",
}
"""The four policies that ShieldGemma was trained for, in our words."""

RISKS: Final[Mapping[str, Sequence[str]]] = {
    "harm": ("other",),
    "social_bias": ("hate",),
    "violence": ("violence",),
    "sexual_content": ("sexual",),
    "unethical_behavior": ("illicit",),
    "jailbreak": ("injection",),
}
LABEL: Final = re.compile(r"safety:\s*(safe|unsafe|controversial)", re.IGNORECASE)
NAMED: Final = re.compile(r"categor(?:y|ies):\s*([^\n]*)", re.IGNORECASE)
SCORE: Final = re.compile(r"<score>\s*(yes|no)\b|^\s*(yes|no)\b", re.IGNORECASE | re.MULTILINE)
LOW: Final = re.compile(r"<confidence>\s*low", re.IGNORECASE)


class Unreadable(ValueError):
    """The guard's answer is none that its kind gives. Never a verdict: it is as if there were no answer."""


def said(text: str, by: Author) -> Messages:
    """A conversation that ends in `text`: templates judge its last message. What an assistant wrote stands behind a
    message of the user's, as they want it; that one is empty: what was asked is judged for itself."""
    asked = [{"role": "user", "content": ""}] if by == "assistant" else []
    return [*asked, {"role": by, "content": text}]


def questions(shape: Shape) -> Sequence[Question]:
    """All that has to be asked about one text."""
    match shape:
        case "openai" | "llama-guard" | "qwen3guard":
            return [({}, ())]
        case "shieldgemma":
            return [
                ({"chat_template_kwargs": {"guideline": text}}, (name,)) for name, text in GUIDELINES.items()
            ]
        case "granite-guardian":
            return [
                ({"chat_template_kwargs": {"guardian_config": {"risk_name": risk, "criteria_id": risk}}}, of)
                for risk, of in RISKS.items()
            ]


def read(shape: Shape, answer: str, of: Sequence[str]) -> Scores:
    """Scores of an answer in words. `of`: what the question was about. Raises Unreadable."""
    match shape:
        case "llama-guard":
            return _hazards(answer)
        case "qwen3guard":
            return _labelled(answer)
        case "shieldgemma" | "granite-guardian":
            return _yes_or_no(answer, of)
        case "openai":
            raise Unreadable("this endpoint answers in numbers, not in words")


def read_results(body: Any, count: int) -> list[Scores]:
    """Scores of the answer of an endpoint `/moderations` to `count` texts. Raises Unreadable."""
    try:
        results = cast(list[dict[str, Any]], body["results"])
        scores = [
            {str(name): float(score) for name, score in result["category_scores"].items()}
            for result in results
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise Unreadable(f"no scores: {type(wrong).__name__}") from None
    if len(scores) != count or not all(0 <= score <= 1 for row in scores for score in row.values()):
        raise Unreadable(f"{len(scores)} results for {count} texts, or a score that is none")
    return scores


def strongest(parts: Sequence[Scores]) -> Scores:
    """Answers to several questions about one text as one."""
    out: Scores = {}
    for part in parts:
        for name, score in part.items():
            out[name] = max(score, out.get(name, 0.0))
    return out


def _hazards(answer: str) -> Scores:
    words = re.findall(r"[A-Za-z0-9]+", answer)
    if not words or words[0].lower() not in ("safe", "unsafe"):
        raise Unreadable("neither safe nor unsafe")
    if words[0].lower() == "safe":
        return {}
    codes = [word.upper() for word in words[1:]]
    return {name: YES for code in codes or ["?"] for name in HAZARDS.get(code, ("other",))}


def _labelled(answer: str) -> Scores:
    label = LABEL.search(answer)
    if not label:
        raise Unreadable("no safety label")
    if label[1].lower() == "safe":
        return {}
    named = NAMED.search(answer)
    names = [name.strip().lower() for name in named[1].split(",")] if named else []
    score = YES if label[1].lower() == "unsafe" else UNSURE
    return {of: score for name in names or ["?"] for of in QWEN.get(name, ("other",))}


def _yes_or_no(answer: str, of: Sequence[str]) -> Scores:
    found = SCORE.search(answer)
    if not found:
        raise Unreadable("neither yes nor no")
    yes = (found[1] or found[2]).lower() == "yes"
    return {name: (UNSURE if LOW.search(answer) else YES) if yes else 0.0 for name in of}
