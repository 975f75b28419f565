"""What a gateway writes of a session, kept so that it can be written again if Redis forgets it: see journal.py."""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from streaming import keys
from streaming.clock import now_ms
from streaming.facts import SessionConfig
from streaming.journal import Arg, Journal, Page, Put

if TYPE_CHECKING:
    from streaming.ingress.intake import Deposit, Inlet


def begun(
    journal: Journal,
    config: SessionConfig,
    record: Mapping[str, Arg],
    entries: Sequence[Put],
    floors: Sequence[str],
) -> None:
    """A session has begun, with this record and these entries; `floors`: who reads its sound, if there are several."""
    page = _page(journal, config.session_id, keys.kept_ms(config.record))
    page.fields = dict(record)
    page.again = [_lives(config.session_id)]
    page.again += [("HSETNX", keys.floors(config.session_id), role, "0-0") for role in floors]
    page.again += [("PEXPIRE", keys.floors(config.session_id), keys.RECORDED_MS)] * bool(floors)
    page.whole = (keys.audio(config.session_id), 0)
    for entry in entries:
        journal.put(page, entry)


def taken_up(journal: Journal, config: SessionConfig, record: Mapping[str, Arg], *, ending: bool) -> None:
    """A session goes on at a socket of ours; `record`: its number, and what else of the record is known."""
    page = _page(journal, config.session_id, keys.kept_ms(config.record))
    contiguous = page.fields.get("stored") == record["stored"]
    page.fields |= record
    if not ending:
        page.again = [*_others(page), _lives(config.session_id)]
    if not contiguous:
        page.whole = (keys.audio(config.session_id), int(record["stored"]))


def took(journal: Journal, inlet: "Inlet", deposit: "Deposit", entry: str) -> None:
    """Redis took it: `entry` is its id, "" when that is not known. Call it before `inlet.stored` moves on."""
    page = _page(journal, inlet.session_id, inlet.kept_ms)
    page.fields["socket"] = inlet.socket
    if deposit.config:
        page.fields["config"] = deposit.config
    if deposit.stored is not None:
        page.whole = page.whole or (deposit.key, inlet.stored)
        page.fields["stored"] = deposit.stored
        entry = deposit.entry_id
    if deposit.when == "ending":
        page.fields["ending"] = "1"
    if deposit.ref:
        page.names[deposit.ref] = page.at
    if entry:
        words = (deposit.field, deposit.value, "t", deposit.at_ms)
        journal.put(page, Put(deposit.key, entry, words, keys.ttl(deposit.key, inlet.kept_ms)))


def ended(journal: Journal, session_id: str) -> None:
    """Nobody need look after it any more."""
    for page in journal.pages:
        if page.hash == keys.session(session_id):
            page.again = [*_others(page), ("ZREM", keys.LIVE, session_id)]


def _page(journal: Journal, session_id: str, kept_ms: int) -> Page:
    return journal.page(keys.session(session_id), "record", kept_ms, time.monotonic())


def _others(page: Page) -> list[tuple[Arg, ...]]:
    return [command for command in page.again if command[1] != keys.LIVE]


def _lives(session_id: str) -> tuple[Arg, ...]:
    return ("ZADD", keys.LIVE, "NX", now_ms(), session_id)
