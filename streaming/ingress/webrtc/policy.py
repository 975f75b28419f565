"""What can be set about WebRTC, and the ICE servers that clients are told of."""

import base64
import hashlib
import hmac
from typing import Annotated

from msgspec import Meta, Struct

from streaming.wire.whip import IceServer

Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]


class WebrtcPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Section `webrtc` of the settings.

    `ice`: URLs of STUN and TURN servers (`stun:host:port`, `turn:host:port?transport=udp`), for us and for clients.
    TURN servers take `turn_username` and `turn_password`, or names that live for `turn_ttl_s`, made with `turn_secret`
    (coturn's `static-auth-secret`). `connections` at once; one that is not there within `connect_s` is given up.
    """

    ice: tuple[str, ...] = ()
    turn_username: str = ""
    turn_password: str = ""
    turn_secret: str = ""
    turn_ttl_s: Positive = 3600
    connections: Positive = 200
    connect_s: Seconds = 20.0


def ice_servers(policy: WebrtcPolicy, tenant: str, now_s: float) -> list[IceServer]:
    """The servers as a client of `tenant` is told of them at `now_s` (Unix seconds). Each client has a TURN name of its
    own, which ends by itself: the name is its expiry, the password an HMAC of it (draft-uberti-behave-turn-rest)."""
    plain = tuple(url for url in policy.ice if not url.startswith("turn"))
    relays = tuple(url for url in policy.ice if url.startswith("turn"))
    out = [IceServer(plain)] if plain else []
    if not relays:
        return out
    name, password = policy.turn_username, policy.turn_password
    if policy.turn_secret:
        name = f"{int(now_s) + policy.turn_ttl_s}:{tenant}"
        made = hmac.new(policy.turn_secret.encode(), name.encode(), hashlib.sha1)
        password = base64.b64encode(made.digest()).decode()
    return [*out, IceServer(relays, name, password)]
