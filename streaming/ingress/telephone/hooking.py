"""Who may speak as Genesys Cloud: by its API key, and a signature where its tenant has a client secret."""

import base64
import hashlib
import time

from starlette.requests import HTTPConnection

from streaming import keys
from streaming.errors import ClientFault, Close
from streaming.ingress import tickets
from streaming.ingress.gateway import Gateway
from streaming.ingress.telephone.admitting import Settled
from streaming.ingress.tickets import Grant
from streaming.wire.audiohook.signature import AGE_S, SKEW_S, Request, Unsigned, verified
from streaming.wire.telephone import Proof


async def admitted(gateway: Gateway, peer: HTTPConnection) -> Settled:
    """A connection of AudioHook's.

    Raises:
        ClientFault: no key that we know, or not signed as it must be.
        Overloaded: Redis is away, which knows the signatures that were used.
    """
    shown = peer.headers.get("x-api-key")
    grant = await tickets.admitted(gateway, peer, [shown] if shown else [])
    pairs = (one.partition(":") for one in gateway.audiohook.secrets)
    secrets = {tenant: base64.b64decode(secret + "=" * (-len(secret) % 4)) for tenant, _, secret in pairs}
    if grant.tenant in secrets:
        await _signed(gateway, peer, secrets[grant.tenant])

    async def settled(_: Proof) -> Grant:
        return grant

    return settled


async def _signed(gateway: Gateway, peer: HTTPConnection, secret: bytes) -> None:
    path: bytes = peer.scope.get("raw_path") or peer.url.path.encode()
    query: bytes = peer.scope.get("query_string", b"")
    target = path.split(b"?")[0] + (b"?" + query if query else b"")
    request = Request(target.decode("latin-1"), peer.headers)
    try:
        nonce = verified(request, lambda _: secret, time.time())
    except Unsigned as wrong:
        raise ClientFault(
            "unauthorized", f"this connection is not signed: {wrong}", close=Close.POLICY
        ) from None
    name = keys.nonce(hashlib.sha256(nonce.encode()).hexdigest())
    lasts_ms = (AGE_S + 2 * SKEW_S) * 1_000
    with gateway.unless_away():
        first = await gateway.bus.call("SET", name, 1, "PX", lasts_ms, "NX")
    if not first:
        raise ClientFault("unauthorized", "this signature was shown before: sign anew", close=Close.POLICY)
