"""Documents' words as data that can give no orders: fenced by marks that no document can know, and made harmless.

Pure. A chat template knows its own marks in any text (`<|im_end|>`), so a document or a user that writes them could
end its message and begin another as the system. They are therefore broken up in all that comes from outside.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Final

from llm.grounding.sentences import spans
from llm.retrieval.passage import Passage

_MARKS: Final = re.compile(
    r"<(?=\|)|(?<=\|)>|<(?=/?(?:s|bos|eos|start_of_turn|end_of_turn|think|tool_call|tool_response|system|user|assistant)\b)"
    r"|\[(?=/?(?:INST|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|SYSTEM_PROMPT)\])|<(?=<(?:/?SYS)>>)|<(?=[｜])|(?<=[｜])>",
    re.IGNORECASE,
)
_INSTEAD: Final = {"<": "‹", ">": "›", "[": "("}


def neutral(text: str) -> str:
    """`text` with the marks of chat templates broken up, sign by sign: its length and its offsets stay."""
    return _MARKS.sub(lambda mark: _INSTEAD[mark.group()], text)


_ORDER: Final = re.compile(
    r"\b(?:ignor\w*|disregard\w*|forget|overrid\w*|bypass\w*)\b.{0,60}\b(?:instruction|prompt|rule|guideline|direction|above|previous|told)"
    r"|^\W*(?:system|assistant|developer|user)\s*:|\b(?:you are|act as|behave as|pretend to be) now\b"
    r"|\byou are now\b|\b(?:new|hidden|secret|real) (?:system )?(?:instruction|prompt)s?\b"
    r"|\b(?:answer|reply to|respond to) (?:every|each|all|any) (?:question|message|request)"
    r"|\bonly (?:say|answer|reply|output)\b|\breveal\b.{0,40}\bprompt\b",
    re.IGNORECASE,
)


def orders(sentence: str) -> bool:
    """It speaks to whoever answers, not about anything: neither told to the model, nor quoted by us."""
    return bool(_ORDER.search(sentence))


def fence(secret: bytes, passages: Sequence[Passage], question: str) -> str:
    """Eight hexadecimal digits that depend on a secret of this process and on what they enclose.

    Not drawn afresh each time: the same question about the same passages is then the same request, which caches know.
    """
    told = "\0".join([question, *(passage.text for passage in passages)])
    return hmac.new(secret, told.encode(errors="replace"), hashlib.sha256).hexdigest()[:8]


def fenced(passages: Sequence[Passage], mark: str) -> str:
    """The passages, numbered from 1, between lines with `mark`; each line that imitates one loses it."""
    lines: list[str] = []
    for number, passage in enumerate(passages, 1):
        title = " > ".join(part for part in (passage.title, passage.place) if part)
        lines.append(f"--- {mark} source {number}: {_line(title, mark)}")
        lines.append(neutral(_told(passage.text)).replace(mark, "········").strip())
    lines.append(f"--- {mark} end of sources")
    return "\n".join(lines)


def _told(text: str) -> str:
    out = text
    for begin, end in reversed(spans(text)):
        if orders(text[begin:end]):
            out = f"{out[:begin]}(…){out[end:]}"
    return out


def _line(text: str, mark: str) -> str:
    return " ".join(neutral(text).replace(mark, "········").split())
