"""What is Vivavoce's own: the home folder, who serves from it, the door, the models, the page."""

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from streaming.config import ServerPolicy
from streaming.machine import home
from streaming.machine.catalog import ModelError, ModelMissing
from streaming.machine.models import Shelf
from streaming.refusal import Refusal
from streaming.service import listening
from streaming.service.doctor.finding import Finding, Patient, ok, warning, wrong

PAGE = Path(__file__).parents[3] / "web" / "dist" / "index.html"
ENDS_SOON = timedelta(days=14)


def folder(patient: Patient) -> Iterator[Finding]:
    """The home folder is there, or can be made; it is ours alone."""
    place = patient.home
    if not place.exists():
        above = next(path for path in place.parents if path.exists())
        if os.access(above, os.W_OK | os.X_OK):
            yield ok("home folder", f"{place} is not there yet: the first start makes it")
        else:
            yield wrong("home folder", f"{place} cannot be made: {above} is not ours to write", _elsewhere())
    elif not (place.is_dir() and os.access(place, os.R_OK | os.W_OK | os.X_OK)):
        yield wrong("home folder", f"{place} cannot be written", _elsewhere())
    elif stat.S_IMODE(place.stat().st_mode) & 0o077:
        yield warning("home folder", f"others of this machine can read {place}", f"chmod 700 {place}")
    else:
        yield ok("home folder", str(place))


def _elsewhere() -> str:
    return "Give it to this user (chown, chmod u+rwx), or set VIVAVOCE_HOME to another folder"


def port(patient: Patient) -> Iterator[Finding]:
    """The address can be had, or it is ours already."""
    server = patient.settings.server
    where, holder = listening.address(server), home.serves(patient.home)
    if holder and holder.address == where:
        yield ok("port", f"Vivavoce serves at {where}, process {holder.pid}, since {holder.since}")
        return
    if holder:
        told = f"Vivavoce serves from this home at {holder.address}, process {holder.pid}"
        yield warning(
            "port", told, f"Stop it before another is started, or set VIVAVOCE_HOME ({where} was asked for)"
        )
        return
    try:
        listening.check_port(server)
    except Refusal as why:
        yield wrong(
            "port", _whose(server, str(why)), f"Stop that, or choose another: serve --port {server.port + 1}"
        )
    else:
        yield ok("port", f"{where} is free")


def _whose(server: ServerPolicy, told: str) -> str:
    from streaming.bench.processes import PROC, listener

    pid = listener(server.port)
    if pid is None:
        return told.partition(". Choose")[0]
    name = (PROC / str(pid) / "comm").read_text().strip()
    return f"port {server.port} is taken by process {pid} ({name})"


def door(patient: Patient) -> Iterator[Finding]:
    """Who comes in shows a key, and TLS can be spoken; browsers give the microphone to safe pages only."""
    settings = patient.settings
    for what, check in (
        ("keys", lambda: listening.check_keys(settings.server)),
        ("twilio tokens", lambda: listening.check_tokens(settings.twilio)),
        ("TLS", lambda: listening.check_tls(settings.server)),
    ):
        try:
            check()
        except Refusal as why:
            yield wrong(what, str(why), "Mend the setting: vivavoce config show --changed")
    keys, local = settings.server.keys, listening.is_loopback(settings.server.host)
    if keys or local:
        yield ok(
            "keys", f"{len(keys)} may come in" if keys else "none are asked for: only this machine gets in"
        )
    if settings.server.tls_cert:
        yield from _certificate(Path(settings.server.tls_cert))
    if local or settings.server.tls_cert:
        yield ok("browsers", "they will give the page the microphone")
    else:
        told = f"http://{settings.server.host} is no safe page for them: they give it no microphone"
        mend = "Serve with --tls dev, with --tls-cert and --tls-key, or behind a proxy that speaks TLS"
        yield warning("browsers", told, mend)


def _certificate(file: Path) -> Iterator[Finding]:
    from cryptography import x509

    ends = x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    left = ends - datetime.now(UTC)
    if left < timedelta():
        yield wrong("TLS", f"the certificate ended on {ends:%Y-%m-%d}", f"Put a new one into {file}")
    elif left < ENDS_SOON:
        yield warning("TLS", f"the certificate ends on {ends:%Y-%m-%d}", f"Put a new one into {file}")
    else:
        yield ok("TLS", f"the certificate is good until {ends:%Y-%m-%d}")


def models(patient: Patient) -> Iterator[Finding]:
    """What the roles need is there, whole and unchanged."""
    from streaming.service.serving import needed

    shelf = Shelf(patient.home / "models")
    for name in needed(patient.settings):
        try:
            shelf.look(name, afresh=patient.full)
        except ModelMissing:
            told = f"vivavoce models pull {name}, or leave it: the first start gets it"
            yield warning(f"model {name}", "not here yet", told)
        except ModelError as why:
            what, _, mend = str(why).partition(" Mend it with: ")
            yield wrong(f"model {name}", what, mend or "vivavoce models list")
        else:
            yield ok(f"model {name}", "here, and it is the pinned one")


def page(_: Patient) -> Iterator[Finding]:
    """Browsers have something to open."""
    if PAGE.exists():
        yield ok("page", "built")
    else:
        yield warning("page", "it is not built: browsers get no page, clients are served", "make page")
