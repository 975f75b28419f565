"""Tickets: leave to come in without a key, for a short while and, unless it is said otherwise, once.

A page cannot keep a key from whoever reads it. Whoever has one gets a ticket (`POST /v1/tickets`) and hands that to the
page, which shows it as the subprotocol `vivavoce-ticket.<ticket>` or as `?ticket=` of any dialect's socket. A ticket is
known to all gateways: Redis has its hash, and what it lets in, until it expires.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import HTTPConnection

from streaming import keys
from streaming.bus import Bus
from streaming.errors import ClientFault, Close
from streaming.events import Mode
from streaming.ingress import door
from streaming.ingress.door import ServerPolicy
from streaming.ingress.gateway import Gateway

PREFIX: Final = "vivavoce-ticket."
"""Of the subprotocol that shows one."""


class Grant(Struct, frozen=True, omit_defaults=True):
    """What a ticket lets in: sessions of `tenant`, of this `mode` alone, from pages of this `origin` alone, where these
    are set. `session`: what its dialect wants to know again. `once`: the first session has used it up. `ticket`: which
    is still to be used up (`use`); "" for one that is, and for a key's."""

    tenant: str
    mode: Mode | None = None
    origin: str = ""
    session: msgspec.Raw = msgspec.Raw(b"null")
    once: bool = True
    ticket: str = ""

    def allow(self, mode: Mode) -> None:
        """Raises ClientFault (1008): it is for another mode."""
        if self.mode not in (None, mode):
            told = f"this ticket is for sessions of mode {self.mode}, not {mode}: start one of those"
            raise ClientFault("unauthorized", told, close=Close.POLICY)


GRANT: Final = msgspec.json.Decoder(Grant)


async def issue(bus: Bus, grant: Grant, seconds: float, prefix: str = "") -> str:
    """A ticket, `prefix` and 32 characters of A-Z, a-z, 0-9, - and _, that is good for so long. Raises BusDown."""
    ticket = prefix + secrets.token_urlsafe(24)
    await bus.call("SET", _key(ticket), msgspec.json.encode(grant), "PX", max(1, int(seconds * 1000)))
    return ticket


async def look(bus: Bus, ticket: str) -> Grant:
    """What the ticket lets in. It is used up by `use` alone: whoever is refused for want of room may show it again.

    Raises:
        ClientFault: nobody gave it out, or it has expired, or was used (1008; told alike).
        BusDown.
    """
    body = await bus.call("GET", _key(ticket))
    if body is None:
        raise _used()
    grant = GRANT.decode(body)
    return replace(grant, ticket=ticket if grant.once else "")


async def use(bus: Bus, grant: Grant) -> Grant:
    """`grant`, whose ticket is used up. Of several who do this at once, at any gateway, one has it.

    Raises:
        ClientFault: nobody gave it out, or it has expired, or was used (1008; told alike).
        BusDown: whether it was used is not known: ask for another one.
    """
    if grant.ticket and await bus.call("DEL", _key(grant.ticket)) != 1:
        raise _used()
    return replace(grant, ticket="")


def _used() -> ClientFault:
    told = "this ticket was used, or has expired, or is none: get another one (POST /v1/tickets)"
    return ClientFault("unauthorized", told, close=Close.POLICY)


async def admitted(
    gateway: Gateway, peer: HTTPConnection, shown: Sequence[str] = (), ticket: str | None = None
) -> Grant:
    """Who starts a session, and what it may be: by a ticket where one is shown, else by a key. `shown`, `ticket`: keys,
    and a ticket, that were offered in the dialect's own way.

    Raises:
        ClientFault: a page of another site, or no key or ticket that we know (1008).
        Overloaded: Redis is away, and with it the tickets.
    """
    ticket = ticket or offered(peer)
    if ticket is None:
        return Grant(door.admit(gateway.server, peer.headers, shown))
    return await shown_by(gateway, peer.headers, ticket)


async def shown_by(gateway: Gateway, headers: Mapping[str, str], ticket: str) -> Grant:
    """What the ticket of a peer with these headers lets in. Raises as `admitted` does."""
    door.checked(gateway.server, headers)
    with gateway.unless_away():
        grant = await look(gateway.bus, ticket)
    if grant.origin and grant.origin != headers.get("origin"):
        told = f"this ticket is for pages of {grant.origin} alone"
        raise ClientFault("bad_origin", told, close=Close.POLICY)
    return grant


def offered(peer: HTTPConnection) -> str | None:
    """The ticket that a peer shows."""
    names: Sequence[str] = peer.scope.get("subprotocols", ())
    for name in names:
        if name.startswith(PREFIX):
            return name.removeprefix(PREFIX)
    return peer.query_params.get("ticket")


def lasting(policy: ServerPolicy, seconds: float | None) -> float:
    """How long a ticket is to last, when so long was asked for. Raises ClientFault (`bad_request`)."""
    if seconds is None:
        return policy.ticket_s
    if not 0 < seconds <= policy.ticket_s:
        raise ClientFault("bad_request", f"seconds must be above 0 and up to {policy.ticket_s:g}")
    return seconds


def _key(ticket: str) -> str:
    return keys.ticket(hashlib.sha256(ticket.encode()).hexdigest())
