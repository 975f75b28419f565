"""What a stream's custom parameters and ids ask for, as a session. Pure."""

from typing import Any, Final, NamedTuple

from streaming import audio
from streaming.errors import ClientFault, Close
from streaming.languages import base
from streaming.parts import AudioFormat, Encoding
from streaming.wire.messages import SessionStart
from streaming.wire.telephone import Proof, asked_start
from streaming.wire.truth import truth
from streaming.wire.twilio.messages import MediaFormat, Start, whole

ENCODINGS: Final[dict[str, Encoding]] = {
    "audio/x-mulaw": "mulaw",
    "audio/x-alaw": "alaw",
    "audio/x-l16": "pcm_s16le",
}
BOTH: Final = ("inbound", "outbound")
TEXTS: Final = ("mode", "moderation", "prompt")
SWITCHES: Final = ("record", "translate")
APART: Final = frozenset({"language", "hotwords", "agent", "key", "ticket", "tenant", *TEXTS, *SWITCHES})
MOST: Final = 64
"""Parameters that are kept as metadata."""


class Wanted(NamedTuple):
    """A session, its proof, and its tracks in the order of its channels."""

    start: SessionStart
    proof: Proof
    tracks: tuple[str, ...]


def track(name: str | None) -> str:
    """A track as `start.tracks` has it; without a name it is the caller's."""
    return (name or "inbound").removesuffix("_track")


def wanted(stream: Start, stream_sid: str, tracks: tuple[str, ...]) -> Wanted:
    """The session that a stream with these `tracks` is. In mode assist the agent is channel 0: the outbound track,
    unless the parameter `agent` is "inbound"; else the channels are inbound, outbound.

    Raises:
        ClientFault: a parameter, or the format, is none that we know (1008, 1003).
    """
    given = {
        name: str(value).strip()
        for name, value in (stream.custom_parameters or {}).items()
        if value is not None
    }
    if given.get("mode") == "assist" and given.get("agent", "outbound") == "outbound":
        tracks = tuple(reversed(tracks))
    asked: dict[str, Any] = {name: given[name] for name in TEXTS if given.get(name)}
    switched = {name: (given[name], truth(given[name])) for name in SWITCHES if name in given}
    asked |= {name: text if found is None else found for name, (text, found) in switched.items()}
    if language := given.get("language"):
        asked["language"] = base(language)
    if hotwords := given.get("hotwords"):
        asked["hotwords"] = [word.strip() for word in hotwords.split(",") if word.strip()]
    asked["audio"] = _format(stream.media_format or MediaFormat(), len(tracks))
    asked["metadata"] = _metadata(stream, stream_sid, given)
    proof = Proof(*(given.get(name, "") for name in ("key", "ticket", "tenant")))
    return Wanted(asked_start(asked, "customParameters"), proof, tracks)


def _metadata(stream: Start, stream_sid: str, given: dict[str, str]) -> dict[str, str]:
    kept = [(name, value) for name, value in given.items() if name not in APART][:MOST]
    sids = {"callSid": stream.call_sid, "streamSid": stream_sid, "accountSid": stream.account_sid}
    return dict(kept) | {name: sid for name, sid in sids.items() if sid} | {"api": "twilio"}


def _format(told: MediaFormat, channels: int) -> AudioFormat:
    encoding = ENCODINGS.get((told.encoding or "audio/x-mulaw").partition(";")[0].lower())
    if encoding is None or whole(told.channels or 1) != 1:
        known = ", ".join(ENCODINGS)
        raise ClientFault("bad_format", f"mediaFormat must be {known} with one channel", close=Close.ENCODING)
    sound = AudioFormat(encoding, whole(told.sample_rate or 8_000) or 0, channels)
    audio.check(sound)
    return sound
