"""Who may come in: keys and origins, the same for every dialect."""

import hmac
import logging
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from msgspec import Struct

from streaming.bus import Refused
from streaming.capacity import FULL, foretold
from streaming.errors import ClientFault, Close, Fault, Overloaded, ServiceFault
from streaming.roster import Present, served

log = logging.getLogger(__name__)

OPEN_TENANT = "default"
ORIGINS = "VIVAVOCE_SERVER__ORIGINS"


class ServerPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the gateway listens (`host`, `port`) and who may speak to it. `keys`: "name:key" each; `origins`: of
    other sites' pages.
    `readers`: "tenant/name:key" each, who may watch, search, replay, export and forget all sessions of that tenant.

    `max_sessions` at once, `max_viewers` who watch or replay, and `max_exports` transcripts and files being made: each
    has the whole text of its session in memory. One more session with sound is refused if it would make the recognisers
    busier than `max_load` (1: no more than they can do), and may come back after `retry_after_s`. `ticket_s`: so long a
    ticket is good at most. `tls_cert`, `tls_key`: files (PEM) with which it speaks TLS alone.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    keys: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    max_sessions: int = 1000
    max_viewers: int = 1_000
    max_exports: int = 32
    max_load: float = FULL
    retry_after_s: float = 5.0
    ticket_s: float = 60.0
    tls_cert: str = ""
    tls_key: str = ""


class Reader(NamedTuple):
    """Who reads what was recorded, or is being said."""

    tenant: str
    name: str


def knock(policy: ServerPolicy, headers: Mapping[str, str], offered: Sequence[str] = ()) -> None:
    """Whether a peer may say what it wants. Whoever shows no key yet may have another proof: a watch token.

    Raises:
        ClientFault: a page of another site, or a key that nobody has (1008).
    """
    checked(policy, headers)
    if policy.keys and _shown(headers, offered):
        _named((*policy.keys, *policy.readers), headers, offered, "VIVAVOCE_SERVER__KEYS")


def admit(policy: ServerPolicy, headers: Mapping[str, str], offered: Sequence[str] = ()) -> str:
    """The tenant (the key's name) of a peer. `offered`: the key as a subprotocol offered it, if it did.

    Raises:
        ClientFault: a page of another site, or no key that we know (1008).
    """
    checked(policy, headers)
    if not policy.keys:
        return OPEN_TENANT
    return _named(policy.keys, headers, offered, "VIVAVOCE_SERVER__KEYS")


def read(policy: ServerPolicy, headers: Mapping[str, str], offered: Sequence[str] = ()) -> Reader:
    """Who reads, and of which tenant. Where neither keys nor readers are set (on loopback) anybody here may.

    Raises:
        ClientFault: a page of another site, or no reader's key that we know (1008).
    """
    checked(policy, headers)
    if not policy.readers and not policy.keys:
        return Reader(OPEN_TENANT, "local")
    tenant, _, name = _named(policy.readers, headers, offered, "VIVAVOCE_SERVER__READERS").partition("/")
    return Reader(tenant, name or tenant)


def _named(named: Sequence[str], headers: Mapping[str, str], offered: Sequence[str], setting: str) -> str:
    """The name of the key that was shown. Raises ClientFault."""
    shown = _shown(headers, offered)
    for one in named:
        name, _, key = one.partition(":")
        if any(hmac.compare_digest(key.encode(), seen.encode()) for seen in shown):
            return name
    told = "a key is needed: send `Authorization: Bearer <key>`, or from a browser the subprotocol `vivavoce-key.<key>`"
    if shown:
        told = f"this key is not known here: ask whoever runs this server for one ({setting})"
    raise ClientFault("unauthorized", told, close=Close.POLICY)


def _shown(headers: Mapping[str, str], offered: Sequence[str]) -> list[str]:
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    return [*([bearer.strip()] if scheme.lower() == "bearer" else []), *offered]


def seat(policy: ServerPolicy, workers: Sequence[Present], posted: int) -> None:
    """Whether the recognisers of `workers` have room for a session with sound, when the work of `posted` sessions is
    posted already. Those that are taken by no recogniser yet count as newcomers. No recogniser: all may wait for one.
    Nobody posted: there is room, however slow the machine is or was thought to be, or it would never take anybody.

    Raises:
        Overloaded: they have not.
    """
    asr = [worker for worker in workers if worker.role == "asr"]
    loads = [worker.load for worker in asr if worker.load]
    waiting = max(0, posted - sum(worker.sessions for worker in asr))
    if posted and loads and foretold(loads, waiting + 1) > policy.max_load:
        told = f"there is no room for one more voice: try again in {policy.retry_after_s:g} s"
        raise Overloaded(told, retry_after=policy.retry_after_s)


def judged(workers: Sequence[Present], close: int | None = None) -> None:
    """See `judges`.

    Raises:
        ClientFault: none of them has the model for it.
    """
    if not judges(workers):
        told = "endpointing.semantic is not supported by this server: it lacks a model (`models pull smart-turn`)"
        raise ClientFault("unsupported", told, close=close)


def judges(workers: Sequence[Present]) -> bool:
    """Whether a recogniser of `workers` can tell by the voice when a turn is over. No recogniser: one may come."""
    asr = [worker for worker in workers if worker.role == "asr"]
    return not asr or bool(served(asr, "turn"))


def refused(error: Exception) -> Fault:
    """What to tell a client whose input Redis did not take."""
    if not isinstance(error, Refused):
        log.error("what a client sent was not taken (%s)", type(error).__name__)
        return ServiceFault("internal", "what you sent could not be stored: resume the session")
    match error.word:
        case "REPLACED":
            return ClientFault(
                "replaced", "another connection has taken this session over", close=Close.REPLACED
            )
        case "ENDED":
            return ClientFault("order", "the session has ended: start a new one", close=Close.ORDER)
        case "HOLE":
            told = "the server lost sound that only you have: resume the session, and send it again"
            return ServiceFault("lost_sound", told, close=Close.DRAINING)
        case _:
            return ClientFault("unknown_session", "the session is gone: start a new one", close=Close.POLICY)


def checked(policy: ServerPolicy, headers: Mapping[str, str]) -> None:
    """Whether a peer may speak to us at all, whatever it shows. Raises ClientFault: a page of another site (1008)."""
    host = headers.get("host", "")
    if not policy.keys and not _ours(policy, host):
        told = f"without a key this server answers by its address alone, not as {host}: add its page to {ORIGINS}"
        raise ClientFault("bad_origin", told, close=Close.POLICY)
    origin = headers.get("origin")
    if origin is None or origin in policy.origins or _same_site(policy, origin, host):
        return
    told = f"pages of {origin} may not connect here: add it to {ORIGINS}"
    raise ClientFault("bad_origin", told, close=Close.POLICY)


def _same_site(policy: ServerPolicy, origin: str, host: str) -> bool:
    """Whether a page is one of this very server's."""
    try:
        page = urlsplit(origin)
    except ValueError:  # whoever writes it is no browser
        return False
    return page.netloc == host and (page.scheme == "https" or not policy.tls_cert)


def _ours(policy: ServerPolicy, host: str) -> bool:
    """Whether `host` is an address, or a name that only this machine or its owner gives: any other name may be that of
    a page which had it point here once it was loaded (DNS rebinding), and then reads as its own what is said here."""
    if host in {"localhost", *(urlsplit(page).netloc for page in policy.origins)}:
        return True
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or bool(ip_address(name))
    except ValueError:
        return False
