"""Redis behind TLS, for a user who may do what we do and nothing else."""

import asyncio
import datetime
import re
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from streaming.app import run_role
from streaming.bus import Bus, BusDown, RedisPolicy
from streaming.config import Settings
from streaming.lua import SCRIPTS
from streaming.refusal import Refusal
from tests.chaos import coded
from tests.chaos.speakers import Speaker, faults, judged
from tests.cluster import answering, command, served
from tests.ensemble import ensemble
from tests.stack import free_port

KEYS = "~{*}:* ~wake:* ~incarnation:* ~live ~workers ~dead"
COMMANDS = (
    "+info +time +script|load +eval +evalsha +wait +bgrewriteaof +config|get "
    "+exists +del +pexpire +get +set +sadd +sismember "
    "+hget +hmget +hgetall +hset +hsetnx +hdel +hincrby +hvals "
    "+zadd +zrem +zrevrange +zrangebyscore "
    "+xadd +xdel +xlen +xrange +xrevrange +xread +xtrim +xsetid +xinfo|stream "
    "+xgroup|create +xreadgroup +xack +xclaim +xautoclaim +xpending"
)
"""The smallest list that suffices for one server; `cluster|slots` and `asking` come to it for a cluster."""
USER = f"reset on >secret {KEYS} {COMMANDS}"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `ca.pem`, and with `cert.pem` and `key.pem` of 127.0.0.1, which that CA signed."""
    folder, now = tmp_path_factory.mktemp("tls"), datetime.datetime.now(datetime.UTC)

    def made(name: str, key: ec.EllipticCurvePrivateKey, *, ca: bool) -> x509.CertificateBuilder:
        named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = x509.CertificateBuilder().subject_name(named).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now)
        builder = builder.not_valid_after(now + datetime.timedelta(days=1))
        return builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)

    above, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ours")])
    authority = made("ours", above, ca=True).issuer_name(issuer).sign(above, hashes.SHA256())
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    leaf = made("redis", key, ca=False).issuer_name(issuer).add_extension(here, critical=False)
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(authority.public_bytes(pem))
    (folder / "cert.pem").write_bytes(leaf.sign(above, hashes.SHA256()).public_bytes(pem))
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(pem, *plain))
    return folder


@pytest.fixture(scope="module")
def guarded(certificates: Path) -> Iterator[tuple[int, int]]:
    """A server's port with TLS, which wants a certificate of clients too, and one without TLS for us."""
    tls = free_port()
    files = {"ca-cert": "ca", "cert": "cert", "key": "key"}
    options = [
        word for name, file in files.items() for word in (f"--tls-{name}-file", f"{certificates / file}.pem")
    ]
    with served("--tls-port", str(tls), *options) as (port, _):
        answering(port, "PING", until="PONG")
        assert "+OK" in command(port, "ACL", "SETUSER", "vivavoce", *USER.split())
        yield tls, port


def policy(folder: Path) -> RedisPolicy:
    return RedisPolicy(ca=f"{folder / 'ca'}.pem", cert=f"{folder / 'cert'}.pem", key=f"{folder / 'key'}.pem")


async def test_a_session_lives_over_tls_as_a_user_who_may_do_little(
    guarded: tuple[int, int], certificates: Path
) -> None:
    url = f"rediss://vivavoce:secret@127.0.0.1:{guarded[0]}"
    command(guarded[1], "ACL", "LOG", "RESET")
    async with ensemble(url, policy(certificates)) as (where, bus):
        speaker = await Speaker(coded.plan(1, 1), 1).run(where, patience_s=10)
        assert faults(await judged(bus, [speaker])) == []
        with pytest.raises(BusDown, match="'keys' command"):
            await bus.call("KEYS", "*")
        assert await bus.call("EXISTS", "live") in (0, 1)  # and all else goes on as before
    refused = command(guarded[1], "ACL", "LOG")
    assert refused.startswith("*1\r\n"), refused
    assert "\r\nkeys\r\n" in refused


@pytest.mark.parametrize("given", ["no CA", "no certificate"])
async def test_a_server_or_client_that_cannot_prove_itself_is_not_spoken_to(
    guarded: tuple[int, int], certificates: Path, given: str
) -> None:
    ca = "" if given == "no CA" else f"{certificates / 'ca'}.pem"
    bus = Bus(f"rediss://vivavoce:secret@127.0.0.1:{guarded[0]}", RedisPolicy(ca=ca))
    with pytest.raises(BusDown, match="away"):
        await bus.call("INFO")
    await bus.close()


async def test_a_user_who_may_too_little_is_told_which_command_and_no_word_of_the_password(
    guarded: tuple[int, int], certificates: Path
) -> None:
    command(guarded[1], "ACL", "SETUSER", "less", *USER.split(), "-set")
    url = f"rediss://less:secret@127.0.0.1:{guarded[0]}"
    with pytest.raises(Refusal, match="'set' command") as told:
        async with asyncio.timeout(10):
            await run_role("moderator", Settings(redis=policy(certificates)), url)
    assert "secret" not in str(told.value)


def test_the_user_may_do_all_that_scripts_do_and_nothing_that_we_never_do() -> None:
    scripts = "".join(file.read_text() for file in SCRIPTS.glob("*.lua"))
    python = "".join(file.read_text() for file in SCRIPTS.parent.rglob("*.py"))
    may = {one.partition("|")[0].upper() for one in COMMANDS.replace("+", "").split()}
    assert set(re.findall(r"redis\.p?call\('([A-Z]+)'", scripts)) - may == set()
    assert may - set(re.findall(r"""["']([A-Z]+)["']""", scripts + python)) == set()
