"""Tickets for one session, without a key and for a while. Pure, and nothing is kept of them.

A ticket is its expiry, and an HMAC-SHA256 of what it lets do, session and expiry under the reader's key: who has it can
check that, and nobody else can make one. A key that is taken away takes its tickets with it. What lets do more than
hear says so: `<expiry>.<may>.<name>.<signature>`.
"""

import hmac
import re
from typing import Final

from streaming.errors import ClientFault, Close
from streaming.ingress.door import Reader, ServerPolicy
from streaming.ingress.rest.shapes import May, SessionTicketAsked, Ticket

VALID_MS: Final = 600_000
"""How long one is good for, unless it is said otherwise;"""
LONGEST_S: Final = {"hear": 600.0, "read": 43_200.0, "assist": 43_200.0}
"""at most, in seconds."""
ENOUGH: Final[dict[May, tuple[str, ...]]] = {
    "hear": ("hear", "read", "assist"),
    "read": ("read", "assist"),
    "assist": ("assist",),
}
"""Who may more may less."""
LIKE: Final = re.compile(r"\d+\.")
"""How a ticket begins."""
NAME: Final = re.compile(r"[A-Za-z0-9_-]{0,40}")


def issued(
    policy: ServerPolicy, reader: Reader, session_id: str, asked: SessionTicketAsked, now: int
) -> Ticket:
    """A ticket from this reader; an empty one where no key is needed. Raises ClientFault (`bad_request`)."""
    longest = LONGEST_S[asked.may]
    seconds = VALID_MS / 1000 if asked.seconds is None else asked.seconds
    if not 0 < seconds <= longest:
        raise ClientFault("bad_request", f"seconds must be above 0 and up to {longest:g}")
    if not NAME.fullmatch(asked.name) or (asked.name and asked.may == "hear"):
        told = "name is up to 40 of A-Z, a-z, 0-9, - and _, of an agent or a reader; who only hears has none"
        raise ClientFault("bad_request", told)
    expires_at = now + round(seconds * 1000)
    for one, key in _keys(policy):
        if one == reader:
            what = "" if asked.may == "hear" else f"{asked.may}.{asked.name}"
            middle = what and what + "."
            return Ticket(f"{expires_at}.{middle}{_signed(key, what, session_id, expires_at)}", expires_at)
    return Ticket("", expires_at)


def shown(policy: ServerPolicy, ticket: str, session_id: str, now: int, may: May = "hear") -> Reader:
    """Whose ticket this is, by the name that is in it if there is one.

    Raises:
        ClientFault: it is nobody's, another session's, for less than is asked, or out of date (`unauthorized`).
    """
    expiry, _, rest = ticket.partition(".")
    what, _, signature = rest.rpartition(".")
    lets, _, name = what.partition(".")
    expires_at = int(expiry) if expiry.isascii() and expiry.isdecimal() and len(expiry) < 16 else 0
    if now < expires_at and (lets or "hear") in ENOUGH[may]:
        for reader, key in _keys(policy):
            if hmac.compare_digest(_signed(key, what, session_id, expires_at).encode(), signature.encode()):
                return Reader(reader.tenant, name or reader.name)
    told = "the ticket is not for this, not for this session, or has expired: get another one by "
    raise ClientFault("unauthorized", told + "POST /v1/sessions/{id}/ticket", close=Close.POLICY)


def _keys(policy: ServerPolicy) -> list[tuple[Reader, str]]:
    out: list[tuple[Reader, str]] = []
    for one in policy.readers:
        named, _, key = one.partition(":")
        tenant, _, name = named.partition("/")
        out.append((Reader(tenant, name or tenant), key))
    return out


def _signed(key: str, what: str, session_id: str, expires_at: int) -> str:
    """`what` is empty for hearing alone."""
    signed = f"vivavoce {what or 'audio'} {session_id} {expires_at}"
    return hmac.digest(key.encode(), signed.encode(), "sha256").hex()
