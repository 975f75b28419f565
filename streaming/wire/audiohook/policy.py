"""What can be set about Genesys AudioHook."""

from typing import Annotated

from msgspec import Meta, Struct

from streaming.events import Mode

Secret = Annotated[str, Meta(pattern=r"^[^:]+:[A-Za-z0-9+/]+={0,2}$")]
Seconds = Annotated[float, Meta(gt=0)]


class AudiohookPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Section `audiohook` of the settings: `/v1/audiohook`.

    A client's API key is a key of `server.keys`. `secrets`: "tenant:client secret in base64" each; whose tenant has
    one must sign. `mode` of a session with two channels, unless its `customConfig` has another; `record`: the same.
    `partials`: they are told too. `closing_s`: finals are waited for so long when a client closes (it waits 10 s).
    """

    secrets: tuple[Secret, ...] = ()
    mode: Mode = "transcribe"
    record: bool = False
    partials: bool = True
    closing_s: Seconds = 8.0
