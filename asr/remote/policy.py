"""What can be set about a transcription server. Apart from the code that speaks to it: settings load no client."""

from typing import Annotated

from msgspec import Meta, Struct

Seconds = Annotated[float, Meta(gt=0)]


class RemotePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """`url`: base of an OpenAI-compatible server, as OpenAI's own clients take it (`http://host:8000/v1`; without a
    path `/v1` is added); empty: there is none, and the model of ours transcribes. `key` is sent to it as a bearer
    token, `model` is what is asked for there.

    A partial is due after `step_s` of new sound, since each asks for the whole utterance anew. `at_once`: requests that
    may be under way. One that takes longer than `timeout_s` has failed; a server that failed is asked again after
    `again_s`, or later if it says so, but at the latest after `latest_s`.
    """

    url: str = ""
    key: str = ""
    model: str = "whisper-1"
    step_s: Seconds = 1.0
    at_once: Annotated[int, Meta(ge=1)] = 4
    timeout_s: Seconds = 30.0
    again_s: Seconds = 1.0
    latest_s: Seconds = 30.0
