"""HTTP message signatures as AudioHook uses them: RFC 9421 with hmac-sha256, over the headers of the upgrade. Pure.

The components that must be covered, the age and the nonce are those of Genesys' description of AudioHook's security.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

COVERED: Final = frozenset(
    {
        "@request-target",
        "@authority",
        "audiohook-organization-id",
        "audiohook-session-id",
        "audiohook-correlation-id",
        "x-api-key",
    }
)
SKEW_S: Final = 3
AGE_S: Final = 10
NONCE: Final = 22
INPUT: Final = re.compile(
    r'([a-z*][a-z0-9_.*-]*)=(\(((?:"[^"\\]*"(?: "[^"\\]*")*)?)\)((?:;[a-z*][a-z0-9_.*-]*=(?:"[^"\\]*"|\d{1,15}))*))'
)
PARAMETER: Final = re.compile(r';([a-z*][a-z0-9_.*-]*)=(?:"([^"\\]*)"|(\d{1,15}))')


class Request(NamedTuple):
    """The upgrade: path and query as they were sent, and the headers, whose names are in lower case."""

    target: str
    headers: Mapping[str, str]

    def component(self, name: str) -> str | None:
        """The value of a component that may be signed."""
        if name == "@request-target":
            return self.target
        if name == "@authority":
            return self.headers.get("host", "").lower().removesuffix(":443")
        return None if name.startswith("@") else self.headers.get(name)


class Unsigned(Exception):
    """The signature is none that can be trusted; the message says why, for logs and people."""


def verified(request: Request, secret: Callable[[str], bytes | None], now_s: float) -> str:
    """The nonce of a request that is signed by its API key's client secret. `secret`: that of a key, if it has one.

    Raises:
        Unsigned: it is not, or is too old.
    """
    label, base, parameters = _signed(request)
    found = re.search(
        rf"(?:^|,\s*){re.escape(label)}=:([A-Za-z0-9+/=]*):", request.headers.get("signature", "")
    )
    try:
        shown = base64.b64decode(found[1] if found else "", validate=True)
    except binascii.Error:
        raise Unsigned("the header signature is not base64") from None
    key = parameters.get("keyid", "")
    if key != request.headers.get("x-api-key"):
        raise Unsigned("keyid is not the key in x-api-key")
    if parameters.get("alg", "hmac-sha256") != "hmac-sha256":
        raise Unsigned("alg must be hmac-sha256")
    _timely(parameters, now_s)
    known = secret(key)
    made = hmac.digest(known or b"nobody's", base.encode(), "sha256")
    if not hmac.compare_digest(made, shown) or known is None:
        raise Unsigned("the signature does not fit: is the client secret the same on both sides?")
    return parameters["nonce"]


def _signed(request: Request) -> tuple[str, str, dict[str, str]]:
    """Label, signature base (RFC 9421, 2.5) and parameters of the first signature."""
    told = INPUT.match(request.headers.get("signature-input", ""))
    if told is None:
        raise Unsigned("there is no header signature-input that can be read")
    names = re.findall(r'"([^"]*)"', told[3])
    if missing := COVERED - set(names):
        raise Unsigned(f"the signature does not cover {', '.join(sorted(missing))}")
    lines: list[str] = []
    for name in names:
        value = request.component(name)
        if value is None or names.count(name) > 1:
            raise Unsigned(f"component {name[:60]} is not there, or twice")
        lines.append(f'"{name}": {value.strip()}')
    lines.append(f'"@signature-params": {told[2]}')
    return (
        told[1],
        "\n".join(lines),
        {name: text or number for name, text, number in PARAMETER.findall(told[4])},
    )


def _timely(parameters: Mapping[str, str], now_s: float) -> None:
    created, expires = (int(parameters.get(name) or 0) for name in ("created", "expires"))
    if not created - SKEW_S <= now_s <= created + AGE_S + SKEW_S:
        raise Unsigned("the signature was made too long ago, or in the future: are the clocks right?")
    if expires and now_s > expires + SKEW_S:
        raise Unsigned("the signature has expired")
    if len(parameters.get("nonce", "")) < NONCE:
        raise Unsigned(f"nonce must have {NONCE} characters at least")
