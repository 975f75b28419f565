"""WHIP's texts (RFC 9725): what the query asks for, ICE fragments (RFC 8840), and what an answer says. Pure.

The query says what `session.start` says: `mode`, `language`, `prompt`, `moderation`, `hotwords` (again and again),
`translate`, `record`, `silence_ms`, `eager_ms`, `semantic`, and `metadata.NAME` for each piece of metadata.
"""

import json
import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from msgspec import Struct

from streaming.errors import ClientFault
from streaming.wire import messages as said
from streaming.wire import native
from streaming.wire.truth import truth

SDP: Final = "application/sdp"
FRAGMENT: Final = "application/trickle-ice-sdpfrag"
SOUND: Final = {"encoding": "pcm_s16le", "sample_rate": 16_000, "channels": 1}
"""What Opus is decoded to: a session has one voice."""

TEXT: Final = ("mode", "language", "prompt", "moderation")
OPUS: Final = "minptime=10;useinbandfec=1;maxplaybackrate=16000;maxaveragebitrate=40000;stereo=0"
"""What we ask senders for (RFC 7587, 6.1): a copy of each frame in the next one, and no sound above 8 kHz, which nobody
here listens to. Encoders make such copies only of what SILK encodes, which is all of it then."""
RTPMAP: Final = re.compile(r"^a=rtpmap:(\d+) opus/48000.*$", re.IGNORECASE | re.MULTILINE)
FMTP: Final = r"^a=fmtp:{} .*(?:\r?\n)"
CREDENTIAL: Final = re.compile(r"[A-Za-z0-9+/]{4,256}")


class IceServer(Struct, frozen=True, omit_defaults=True):
    """A STUN or TURN server, as browsers take it (`RTCIceServer`)."""

    urls: tuple[str, ...]
    username: str = ""
    credential: str = ""


class Fragment(NamedTuple):
    """ICE candidates that are sent behind an offer, each with the media section (`mid`) that it is for."""

    ufrag: str
    pwd: str
    candidates: tuple[tuple[str, str], ...]
    ended: bool


def asked(query: Iterable[tuple[str, str]]) -> said.SessionStart:
    """The session that a query asks for. Raises ClientFault, naming what cannot be."""
    start: dict[str, Any] = {"type": "session.start", "audio": SOUND}
    endpointing: dict[str, Any] = {}
    for name, value in query:
        match name.split(".", 1):
            case [word] if word in TEXT:
                start[word] = value
            case ["hotwords"]:
                start.setdefault("hotwords", []).append(value)
            case ["translate" | "record"]:
                start[name] = _truth(name, value)
            case ["semantic"]:
                endpointing[name] = _truth(name, value)
            case ["silence_ms" | "eager_ms"]:
                endpointing[name] = _number(name, value)
            case ["metadata", key]:
                start.setdefault("metadata", {})[key] = value
            case _:
                raise ClientFault("bad_request", f"the query has no {name[:60]!r}: see `session.start`")
    if endpointing:
        start["endpointing"] = endpointing
    message = native.decode(json.dumps(start))
    assert isinstance(message, said.SessionStart)
    return message


def _truth(name: str, value: str) -> bool:
    found = truth(value)
    if found is None:
        raise ClientFault("bad_request", f"{name} is true or false, not {value[:60]!r}")
    return found


def _number(name: str, value: str) -> int:
    if not value.isdecimal() or len(value) > 9:
        raise ClientFault("bad_request", f"{name} is a number of milliseconds, not {value[:60]!r}")
    return int(value)


def fragment(text: str) -> Fragment:
    """The body of a PATCH (RFC 8840, 9). Raises ClientFault for what is none."""
    found: dict[str, str] = {}
    mid, ended = "", False
    candidates: list[tuple[str, str]] = []
    for line in text.splitlines():
        kind, _, value = line.strip().partition(":")
        match kind:
            case "a=ice-ufrag" | "a=ice-pwd":
                found[kind] = value
            case "a=mid":
                mid = value
            case "a=candidate":
                candidates.append((mid, value))
            case "a=end-of-candidates":
                ended = True
            case _:
                pass  # m= lines and whatever else an offer has
    ufrag, pwd = found.get("a=ice-ufrag", ""), found.get("a=ice-pwd", "")
    if not (CREDENTIAL.fullmatch(ufrag) and CREDENTIAL.fullmatch(pwd)):
        told = "an ICE fragment has a=ice-ufrag and a=ice-pwd, then a=candidate lines (RFC 8840, section 9)"
        raise ClientFault("bad_request", told)
    return Fragment(ufrag, pwd, tuple(candidates), ended)


def restarted(ours: Fragment) -> str:
    """Our side of an ICE session that began anew (RFC 9725, 4.3.3), as an SDP fragment."""
    mid = ours.candidates[0][0] if ours.candidates else "0"
    lines = [
        "m=audio 9 UDP/TLS/RTP/SAVPF 0",
        f"a=mid:{mid}",
        f"a=ice-ufrag:{ours.ufrag}",
        f"a=ice-pwd:{ours.pwd}",
    ]
    lines += [f"a=candidate:{text}" for _, text in ours.candidates]
    return "".join(f"{line}\r\n" for line in [*lines, "a=end-of-candidates"])


def credentials(sdp: str) -> tuple[str, str]:
    """ICE's user fragment and password of a description ("" where there is none)."""
    found = [re.search(rf"^a={name}:(\S+)", sdp, re.MULTILINE) for name in ("ice-ufrag", "ice-pwd")]
    ufrag, pwd = (one[1] if one else "" for one in found)
    return ufrag, pwd


def wanting(answer: str) -> str:
    """The answer, saying how we want to have Opus."""
    for number in RTPMAP.findall(answer):
        answer = re.sub(FMTP.format(number), "", answer, flags=re.MULTILINE)
    return RTPMAP.sub(lambda line: f"{line[0].rstrip()}\r\na=fmtp:{line[1]} {OPUS}", answer)


def links(servers: Iterable[IceServer]) -> list[str]:
    """ICE servers as values of `Link` (RFC 9725, 4.6)."""
    out: list[str] = []
    for one in servers:
        secret = (
            f'; username="{one.username}"; credential="{one.credential}"; credential-type="password"'
            if one.credential
            else ""
        )
        out += [f'<{url}>; rel="ice-server"{secret}' for url in one.urls]
    return out
