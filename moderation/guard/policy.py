"""What can be set about a guard model. Apart from the code that reads it."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Shape = Literal["openai", "llama-guard", "qwen3guard", "shieldgemma", "granite-guardian"]
Author = Literal["user", "assistant"]
"""Who wrote what is judged: guard models judge by that."""


class GuardPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Section `moderation.guard` of the settings.

    `url`: of an OpenAI-compatible server, with its `/v1`; empty: no guard. `key`, `model`: as it wants them. `shape`:
    how it is asked and answers; `openai` is its own endpoint `/moderations`, the others are models behind
    `/chat/completions`. `inline`: it judges as the heads do, window by window, and within
    `moderation.judge_timeout_s`; else it is asked once about what was said, and what was shown of a reply, while no
    reply is on its way, and whatever it finds is flagged: nothing waits for it but the end of the session.
    `timeout_s`: for one call. `at_once`: requests at a time. After `failures` in a row it is left alone for `rest_s`.
    """

    url: str = ""
    key: str = ""
    model: str = ""
    shape: Shape = "openai"
    inline: bool = False
    timeout_s: Annotated[float, Meta(gt=0)] = 3.0
    at_once: Annotated[int, Meta(ge=1)] = 8
    failures: Annotated[int, Meta(ge=1)] = 3
    rest_s: Annotated[float, Meta(gt=0)] = 10.0
