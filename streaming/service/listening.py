"""May we listen there? Asked before anything is started, so that the answer comes at once."""

import ipaddress
import resource
import socket
import ssl

from streaming.config import ServerPolicy
from streaming.refusal import Refusal
from streaming.wire.twilio.policy import TwilioPolicy


class ListenError(Refusal):
    """We may not or cannot listen there; the message is one line that says what to do."""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def check_keys(policy: ServerPolicy) -> None:
    """Raises ListenError when others could use the service without a key, or a key is not `name:key`."""
    for number, entry in enumerate(policy.keys, 1):
        name, colon, key = entry.partition(":")
        if not (name and colon and key):
            raise ListenError(
                f"server.keys: entry {number} is not name:key (VIVAVOCE_SERVER__KEYS=name:key,...)"
            )
    if not policy.keys and not is_loopback(policy.host):
        raise ListenError(
            f"Refusing to listen on {policy.host} without a key: whoever reaches this machine could use the service. "
            'Set one, for example: export VIVAVOCE_SERVER__KEYS="me:$(openssl rand -hex 24)"'
        )


def check_tokens(policy: TwilioPolicy) -> None:
    """Raises ListenError when a token is not `tenant:token`: with an empty one anybody could sign."""
    for number, entry in enumerate(policy.tokens, 1):
        tenant, _, token = entry.partition(":")
        if not (tenant and token):
            raise ListenError(
                f"twilio.tokens: entry {number} is not tenant:token (VIVAVOCE_TWILIO__TOKENS=tenant:token,...)"
            )


def open_doors() -> None:
    """Let this process, and those that it starts, have as many sockets as the machine allows: what a shell gives (often
    1,024) is less than the sessions that we serve."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def check_tls(policy: ServerPolicy) -> None:
    """Raises ListenError when TLS is wanted and its files cannot be used."""
    if not (policy.tls_cert or policy.tls_key):
        return
    if not (policy.tls_cert and policy.tls_key):
        raise ListenError("TLS needs both a certificate and its key: --tls-cert FILE --tls-key FILE")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(policy.tls_cert, policy.tls_key)
    except OSError as wrong:  # ssl.SSLError is one
        told = f"TLS with {policy.tls_cert} and {policy.tls_key} is not possible: {wrong.strerror or wrong}"
        raise ListenError(f"{told}. Both are PEM, and the key is the certificate's") from None


def check_port(policy: ServerPolicy) -> None:
    """Raises ListenError when the address cannot be bound."""
    family = socket.AF_INET6 if ":" in policy.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((policy.host, policy.port))
        except OSError as wrong:
            raise ListenError(
                f"Port {policy.port} on {policy.host} cannot be had: {wrong.strerror}. "
                f"Choose another: PORT={policy.port + 1} make run, or vivavoce serve --port {policy.port + 1}"
            ) from None


def address(policy: ServerPolicy) -> str:
    """The service's address for people and for clients on this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(policy.host, policy.host)
    bracketed = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"http{'s' if policy.tls_cert else ''}://{bracketed}:{policy.port}"
