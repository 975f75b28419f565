"""What can be set about OpenAI's REST API."""

from typing import Annotated

from msgspec import Meta, Struct

Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]


class ApiPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Section `api` of the settings: `/v1/chat/completions`, `/v1/moderations`.

    `body_bytes` of a request, `messages` of a conversation, `texts` and, of them all, `characters` of a moderation, at
    most (spaced digits, the dearest, take 30 us each). `requests`: at work at
    the same time with one key; who sends more is told 429. `silence_s`: a reply of which nothing came for so long has
    failed; `examine_s`: so long the moderator may take for a whole request. `upload_bytes`: of a file to be
    transcribed, at most; it lies on disk (`TMPDIR`) while it is.
    """

    body_bytes: Positive = 1 << 20
    messages: Positive = 256
    texts: Positive = 64
    characters: Positive = 1 << 16
    requests: Positive = 32
    silence_s: Seconds = 60.0
    examine_s: Seconds = 10.0
    upload_bytes: Positive = 1 << 30
