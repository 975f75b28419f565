"""Who may speak as Twilio: by a signature, by a key or a ticket in the headers, or by what its first message shows."""

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

from starlette.requests import HTTPConnection

from streaming.errors import ClientFault, Close
from streaming.ingress import door, tickets
from streaming.ingress.gateway import Gateway
from streaming.ingress.tickets import Grant
from streaming.wire.telephone import Proof
from streaming.wire.twilio.policy import TwilioPolicy

Settled = Callable[[Proof], Awaitable[Grant]]
"""Whom a client's first message lets in, when its headers have been looked at. Raises Fault."""

SIGNATURE: Final = "x-twilio-signature"
SETTINGS: Final = "x-twilio-webhooks-signature-settings"


async def admitted(gateway: Gateway, peer: HTTPConnection) -> Settled:
    """A connection of Twilio's, or of somebody who speaks like it.

    Raises:
        ClientFault: it is not signed as it must be, a page of another site, or no key or ticket that we know.
        Overloaded: Redis is away, and with it the tickets.
    """
    policy = gateway.twilio
    if policy.tokens and SIGNATURE in peer.headers:
        return _among(_signers(policy, peer))
    keyed = bool(gateway.server.keys and peer.headers.get("authorization"))  # without keys any would do
    shown = keyed or tickets.offered(peer) is not None
    if shown or policy.tokens or not gateway.server.keys:
        if policy.tokens and not shown:
            told = "this connection must be signed (X-Twilio-Signature), or show a key or a ticket in its headers"
            raise ClientFault("unauthorized", told, close=Close.POLICY)
        return _known(await tickets.admitted(gateway, peer))
    door.checked(gateway.server, peer.headers)
    return lambda proof: _proved(gateway, peer.headers, proof)


def _among(tenants: list[str]) -> Settled:
    async def settled(proof: Proof) -> Grant:
        if proof.tenant and proof.tenant not in tenants:
            told = f"this stream is not signed for tenant {proof.tenant}: it is for {', '.join(tenants)}"
            raise ClientFault("unauthorized", told, close=Close.POLICY)
        return Grant(proof.tenant or tenants[0])

    return settled


def _known(grant: Grant) -> Settled:
    async def settled(_: Proof) -> Grant:
        return grant

    return settled


async def _proved(gateway: Gateway, headers: Mapping[str, str], proof: Proof) -> Grant:
    """By the custom parameters `ticket` or `key`: Twilio sends no headers of ours, and no query."""
    if not proof.ticket:
        return Grant(door.admit(gateway.server, headers, [proof.key] if proof.key else []))
    return await tickets.shown_by(gateway, headers, proof.ticket)


def _signers(policy: TwilioPolicy, peer: HTTPConnection) -> list[str]:
    """The tenants whose token signed this request. Raises ClientFault: nobody's did."""
    shown = peer.headers[SIGNATURE].encode()
    sha = hashlib.sha256 if "HMAC_SHA256" in peer.headers.get(SETTINGS, "").upper() else hashlib.sha1
    found: list[str] = []
    for one in policy.tokens:
        tenant, _, token = one.partition(":")
        made = [
            base64.b64encode(hmac.digest(token.encode(), url.encode(), sha)) for url in _urls(policy, peer)
        ]
        fits = [hmac.compare_digest(shown, signature) for signature in made]  # all, whichever it is
        if any(fits):
            found.append(tenant)
    if not found:
        told = "X-Twilio-Signature does not fit: is the token this account's, and is twilio.url the URL in TwiML?"
        raise ClientFault("unauthorized", told, close=Close.POLICY)
    return found


def _urls(policy: TwilioPolicy, peer: HTTPConnection) -> Iterable[str]:
    """The URL as Twilio may have signed it: as TwiML has it, `wss://`, without POST parameters, for there are none
    (twilio.com/docs/usage/security)."""
    if policy.url:
        return [policy.url]
    url, host = peer.url, peer.headers.get("host", "")
    rest = url.path + (f"?{url.query}" if url.query else "")
    bare = host.removesuffix(":443").removesuffix(":80")
    hosts = dict.fromkeys([host, bare, f"{bare}:443" if ":" not in bare else host])
    return [f"{scheme}://{one}{rest}" for scheme in ("wss", "ws", "https", "http") for one in hosts]
