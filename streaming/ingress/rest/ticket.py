"""Tickets: leave to hear one session for a while, without a key. Pure, and nothing is kept of them.

A ticket is its expiry, and an HMAC-SHA256 of session and expiry under the reader's key: who has it can check that, and
nobody else can make one. A key that is taken away takes its tickets with it.
"""

import hmac
from typing import Final

from streaming.errors import ClientFault
from streaming.ingress.door import Reader, ServerPolicy
from streaming.ingress.rest.shapes import Ticket

VALID_MS: Final = 600_000


def issued(policy: ServerPolicy, reader: Reader, session_id: str, now: int) -> Ticket:
    """A ticket for this reader; an empty one where no key is needed."""
    expires_at = now + VALID_MS
    for one, key in _keys(policy):
        if one == reader:
            return Ticket(f"{expires_at}.{_signed(key, session_id, expires_at)}", expires_at)
    return Ticket("", expires_at)


def shown(policy: ServerPolicy, ticket: str, session_id: str, now: int) -> Reader:
    """Whose ticket this is.

    Raises:
        ClientFault: it is nobody's, another session's, or out of date (`unauthorized`).
    """
    expiry, _, signature = ticket.partition(".")
    expires_at = int(expiry) if expiry.isascii() and expiry.isdecimal() and len(expiry) < 16 else 0
    if now < expires_at:
        for reader, key in _keys(policy):
            if hmac.compare_digest(_signed(key, session_id, expires_at).encode(), signature.encode()):
                return reader
    told = (
        "the ticket is not for this session, or has expired: get another one by POST /v1/sessions/{id}/ticket"
    )
    raise ClientFault("unauthorized", told)


def _keys(policy: ServerPolicy) -> list[tuple[Reader, str]]:
    out: list[tuple[Reader, str]] = []
    for one in policy.readers:
        named, _, key = one.partition(":")
        tenant, _, name = named.partition("/")
        out.append((Reader(tenant, name or tenant), key))
    return out


def _signed(key: str, session_id: str, expires_at: int) -> str:
    return hmac.digest(key.encode(), f"vivavoce audio {session_id} {expires_at}".encode(), "sha256").hex()
