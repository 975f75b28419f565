"""What can be set about Twilio Media Streams."""

from typing import Annotated

from msgspec import Meta, Struct

Keys = Annotated[str, Meta(pattern=r"^[0-9*#A-D]*$")]


class TwilioPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Section `twilio` of the settings: `/v1/twilio`.

    `tokens`: "tenant:auth token" each; where there are any, a connection must be signed with one of them, or show a key
    or a ticket in its headers. `url`: of the stream, exactly as in TwiML, where a proxy changes what we see of it.

    `pause_keys` and `unpause_keys` of a telephone pause the session and go on with it (one key may do both), so that a
    card's number that is keyed in, and said, is kept nowhere. `keys_shown`: of keys that are pressed shortly after one
    another, so many are told (`dtmf`); the others are bullets, since they may be a number that is nobody's business.
    """

    tokens: tuple[str, ...] = ()
    url: str = ""
    pause_keys: Keys = ""
    unpause_keys: Keys = ""
    keys_shown: int = 1
