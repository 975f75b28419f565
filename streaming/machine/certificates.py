"""A certificate of this machine's own, for trying things that insist on TLS: a small authority and what it vouches for.

Both are in `tls/` of the home folder, which only its owner can read: whoever has the authority's key can speak as any
site to those who trust it.
"""

import ipaddress
import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

FOLDER: Final = "tls"
AUTHORITY_DAYS: Final = 3650
DAYS: Final = 397
"""Browsers refuse a server's certificate that is good for longer."""
LEAST_DAYS: Final = 30
"""One that is good for less is made anew."""

Key = ec.EllipticCurvePrivateKey


class Pair(NamedTuple):
    """Files: a server's certificate, its key, and the authority that is to be trusted."""

    cert: Path
    key: Path
    authority: Path


def develop(home: Path, host: str = "") -> Pair:
    """The certificate of this machine, made if there is none that will do. Raises OSError."""
    folder = home / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    pair = Pair(folder / "server.pem", folder / "server.key", folder / "authority.pem")
    names = _names(host)
    if not _good(pair, names):
        key, authority = _authority(folder, pair.authority)
        own = ec.generate_private_key(ec.SECP256R1())
        _write(pair.cert, _server(names, own, authority, key).public_bytes(serialization.Encoding.PEM))
        _write(pair.key, _pem(own))
    return pair


def _names(host: str) -> list[x509.GeneralName]:
    names = dict.fromkeys(
        ["localhost", "127.0.0.1", "::1", socket.gethostname().lower(), host.strip("[]").lower()]
    )
    return [_name(name) for name in names if name and name not in ("0.0.0.0", "::")]


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _good(pair: Pair, names: list[x509.GeneralName]) -> bool:
    """Whether what is there is for these names, and long enough."""
    try:
        cert = x509.load_pem_x509_certificate(pair.cert.read_bytes())
        authority = x509.load_pem_x509_certificate(pair.authority.read_bytes())
        own = serialization.load_pem_private_key(pair.key.read_bytes(), None)
        cert.verify_directly_issued_by(authority)
        there = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except Exception:  # noqa: BLE001 - missing, cut off, or of another making: made anew
        return False
    lasts = cert.not_valid_after_utc - datetime.now(UTC) > timedelta(days=LEAST_DAYS)
    return lasts and own.public_key() == cert.public_key() and set(names) <= set(there)


def _authority(folder: Path, to: Path) -> tuple[Key, x509.Certificate]:
    """The authority that is there, so that who trusts it need not do so again; else a new one."""
    kept = folder / "authority.key"
    try:
        key = serialization.load_pem_private_key(kept.read_bytes(), None)
        cert = x509.load_pem_x509_certificate(to.read_bytes())
        lasts = cert.not_valid_after_utc - datetime.now(UTC) > timedelta(days=DAYS)
        if isinstance(key, Key) and lasts and key.public_key() == cert.public_key():
            return key, cert
    except (OSError, ValueError):
        pass
    key = ec.generate_private_key(ec.SECP256R1())
    name = _called(f"Vivavoce on {socket.gethostname()}"[:64])
    cert = (
        _begun(name, name, key, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(to, cert.public_bytes(serialization.Encoding.PEM))
    _write(kept, _pem(key))
    return key, cert


def _server(names: list[x509.GeneralName], own: Key, by: x509.Certificate, key: Key) -> x509.Certificate:
    issued = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    return (
        _begun(_called("Vivavoce"), by.subject, own, DAYS)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issued, critical=False)
        .sign(key, hashes.SHA256())
    )


def _begun(name: x509.Name, by: x509.Name, key: Key, days: int) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(identifier, critical=False)
    )


def _called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    others = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
         "decipher_only"), False,
    )  # fmt: skip
    return x509.KeyUsage(digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, **others)


def _pem(key: Key) -> bytes:
    encoding, shape = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, shape, serialization.NoEncryption())


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing, and for nobody else's eyes."""
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as to:
        to.write(content)
    beside.replace(path)
