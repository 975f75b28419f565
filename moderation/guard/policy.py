"""What can be set about a guard model. Apart from the code that reads it."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Shape = Literal["openai", "llama-guard", "qwen3guard", "shieldgemma", "granite-guardian"]


class GuardPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Section `moderation.guard` of the settings.

    `url`: of an OpenAI-compatible server, with its `/v1`; empty: no guard. `key`, `model`: as it wants them. `shape`:
    how it is asked and answers; `openai` is its own endpoint `/moderations`, the others are models behind
    `/chat/completions`. `inline`: a text is shown only when the guard has judged it; else it is asked after the reply.
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
