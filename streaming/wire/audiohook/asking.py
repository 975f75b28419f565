"""What an `open` asks for, as a session. Pure."""

from typing import Any, Final, NamedTuple

from streaming.errors import ClientFault, Close
from streaming.languages import base
from streaming.parts import AudioFormat
from streaming.wire.audiohook.messages import Medium, Open
from streaming.wire.audiohook.policy import AudiohookPolicy
from streaming.wire.messages import SessionStart
from streaming.wire.telephone import asked_start

RATE: Final = 8_000
SIDES: Final = ("external", "internal")
"""Channels 0 and 1 in what is told: the customer's side and the agent's."""
KNOWN: Final = ("mode", "record", "moderation", "hotwords", "prompt", "translate")
MOST: Final = 64


class Wanted(NamedTuple):
    """A session, the medium that was chosen, and AudioHook's channel of each of the session's."""

    start: SessionStart
    medium: Medium
    channels: tuple[int, ...]


def wanted(asked: Open, policy: AudiohookPolicy) -> Wanted:
    """The session. In mode assist the agent (internal) is its channel 0; else channels stay as they are sent.

    Raises:
        ClientFault: no medium is one that we take (1003), or `customConfig` asks for what there is not (1008).
    """
    medium = _chosen(asked.media)
    given = asked.custom_config or {}
    channels = tuple(SIDES.index(name) for name in medium.channels)
    mode = "transcribe" if policy.mode == "assist" and len(channels) < 2 else policy.mode
    members: dict[str, Any] = {"mode": mode, "record": policy.record}
    members |= {name: given[name] for name in KNOWN if name in given}
    if asked.language:
        members["language"] = base(asked.language)
    if members["mode"] == "assist":
        channels = tuple(sorted(channels, reverse=True))
    members["audio"] = AudioFormat("mulaw", RATE, len(channels))
    members["metadata"] = _metadata(asked, given)
    return Wanted(asked_start(members, "customConfig"), medium, channels)


def _chosen(media: list[Medium]) -> Medium:
    """Both sides where they are offered, else one."""
    fit = [
        one
        for one in media
        if (one.type, one.format, one.rate) == ("audio", "PCMU", RATE)
        and one.channels in (["external", "internal"], ["internal", "external"], ["external"], ["internal"])
    ]
    if not fit:
        told = "no medium is PCMU at 8000 Hz with the channels external, internal, or both"
        raise ClientFault("bad_format", told, close=Close.ENCODING)
    return max(fit, key=lambda one: len(one.channels))


def _metadata(asked: Open, given: dict[str, Any]) -> dict[str, str]:
    """Ids, and what `customConfig` has that is nothing to us. No telephone numbers."""
    kept = {
        name: str(value)
        for name, value in given.items()
        if name not in KNOWN and isinstance(value, str | int)
    }
    ids = {"conversationId": asked.conversation_id, "organizationId": asked.organization_id}
    return dict(list(kept.items())[:MOST]) | ids | {"api": "audiohook"}
