"""The native dialect, `GET /v1/stream`: JSON text frames and binary audio frames, subprotocol `vivavoce.v1`.

Unknown fields of client messages are errors; what is not there yet is answered with `unsupported`, never ignored.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from streaming.errors import ClientFault, Close, Fault, about
from streaming.events import Event, SessionDegraded
from streaming.facts import Endpointing, Hints, SessionConfig
from streaming.wire.messages import (
    AudioSkip,
    ClientMessage,
    EndpointingAsked,
    ErrorTold,
    SessionReplay,
    SessionResume,
    SessionStart,
    SessionUpdate,
    SessionWatch,
    SuggestionFeedback,
    Text,
    Transient,
)

SUBPROTOCOL: Final = "vivavoce.v1"
KEY_PREFIX: Final = "vivavoce-key."
MAX_TEXT: Final = 8_000
EVENT_ID: Final = re.compile(r"[0-9]{1,18}-[0-9]{1,18}")
_decoder = msgspec.json.Decoder(ClientMessage)
_encoder = msgspec.json.Encoder()


def decode(frame: str) -> ClientMessage:
    """A client's text frame.

    Raises:
        ClientFault: it is no JSON, or no message of ours (1007); a feature that is not there yet (goes on).
    """
    try:
        message = _decoder.decode(frame)
    except msgspec.ValidationError as error:
        told = f"{error}. The messages are described in /v1/schema.json"
        raise ClientFault("bad_message", told, close=Close.MALFORMED) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        told = f"a text frame must be one JSON object: {error}"
        raise ClientFault("bad_json", told, close=Close.MALFORMED) from None
    with about(message.ref):
        _check(message)
    return message


def _check(message: ClientMessage) -> None:
    match message:
        case SuggestionFeedback(text=text) if len(text) > MAX_TEXT:
            told = f"suggestion.feedback.text must have up to {MAX_TEXT} characters"
            raise ClientFault("bad_text", told)
        case SessionStart():
            _check_start(message)
        case SessionUpdate(endpointing=endpointing):
            _check_hints(message, fatal=False)
            if endpointing is not UNSET:
                _check_endpointing(endpointing, fatal=False)
        case SessionResume(last_event_id=after) if not EVENT_ID.fullmatch(after):
            raise _no_event("last_event_id", after)
        case SessionReplay():
            _check_replay(message)
        case SessionWatch(after=after) if not EVENT_ID.fullmatch(after):
            raise _no_event("after", after)
        case AudioSkip(samples=samples) if samples <= 0:
            raise ClientFault("bad_message", "audio.skip.samples must be above 0", close=Close.MALFORMED)
        case Text(text=text) if not text.strip() or len(text) > MAX_TEXT:
            raise ClientFault("bad_text", f"text must have 1 to {MAX_TEXT} characters that are not all blank")
        case _:
            pass


def _check_replay(asked: SessionReplay) -> None:
    if not 0.5 <= asked.speed <= 16:
        told = f"session.replay.speed must be 0.5 to 16, not {asked.speed:g}"
        raise ClientFault("bad_message", told, close=Close.MALFORMED)
    if not EVENT_ID.fullmatch(asked.after):
        raise _no_event("after", asked.after)


def _no_event(name: str, after: str) -> ClientFault:
    return ClientFault("bad_message", f"{name} {after!r} is no id of an event", close=Close.MALFORMED)


def _check_start(start: SessionStart) -> None:
    _check_hints(start, fatal=True)
    _check_endpointing(start.endpointing, fatal=True)
    if start.mode == "transcribe" and start.audio is None:
        raise ClientFault(
            "bad_message", "mode transcribe needs audio: {encoding, sample_rate, channels}", close=1007
        )
    if start.mode == "assist" and (start.audio is None or start.audio.channels < 2):
        told = "mode assist needs audio with two channels at least: 0 is the agent, 1 the customer"
        raise ClientFault("bad_message", told, close=Close.MALFORMED)


def _check_hints(asked: SessionStart | SessionUpdate, *, fatal: bool) -> None:
    close, words, prompt = Close.MALFORMED if fatal else None, asked.hotwords, asked.prompt
    if words is not UNSET and not (
        len(words) <= 100 and all(word.strip() and len(word) <= 60 for word in words)
    ):
        raise ClientFault("bad_message", "hotwords must be up to 100 of 1 to 60 characters each", close=close)
    if prompt is not UNSET and len(prompt) > 1_000:
        raise ClientFault("bad_message", "prompt must have up to 1000 characters", close=close)


def _check_endpointing(asked: EndpointingAsked, *, fatal: bool) -> None:
    close = Close.MALFORMED if fatal else None
    silence_ms, eager_ms = asked.silence_ms, asked.eager_ms
    if isinstance(silence_ms, int) and not 100 <= silence_ms <= 5_000:
        raise ClientFault("bad_message", "endpointing.silence_ms must be 100 to 5000", close=close)
    if isinstance(eager_ms, int) and eager_ms and not 100 <= eager_ms <= 5_000:
        raise ClientFault("bad_message", "endpointing.eager_ms must be 100 to 5000, or 0", close=close)


def unsupported(feature: object, *, fatal: bool = False) -> ClientFault:
    """The answer to what is not there yet."""
    told = f"{feature} is not supported by this server yet: leave it out"
    return ClientFault("unsupported", told, close=Close.POLICY if fatal else None)


def started(message: SessionStart, session_id: str, tenant: str) -> SessionConfig:
    """The configuration that a `session.start` asks for."""
    return SessionConfig(
        session_id=session_id,
        mode=message.mode,
        audio=message.audio,
        language=message.language,
        hints=Hints(tuple(message.hotwords), message.prompt),
        translate=message.translate,
        endpointing=ending(Endpointing(), message.endpointing),
        moderation=message.moderation,
        record=message.record,
        origin=message.origin,
        parent=message.parent,
        tenant=tenant,
        metadata=message.metadata,
    )


def updated(config: SessionConfig, message: SessionUpdate) -> SessionConfig:
    """The configuration after a `session.update`."""
    if message.language is not UNSET:
        config = replace(config, language=message.language)
    if message.hotwords is not UNSET:
        config = replace(config, hints=replace(config.hints, hotwords=tuple(message.hotwords)))
    if message.prompt is not UNSET:
        config = replace(config, hints=replace(config.hints, prompt=message.prompt))
    if message.endpointing is not UNSET:
        config = replace(config, endpointing=ending(config.endpointing, message.endpointing))
    return config


def semantic(asked: EndpointingAsked | UnsetType) -> bool:
    """Whether turns are to end by what the voice sounds like."""
    return isinstance(asked, EndpointingAsked) and asked.semantic is True


def ending(was: Endpointing, asked: EndpointingAsked) -> Endpointing:
    """How turns end now: as before in what was left out."""
    said = {name: value for name, value in msgspec.structs.asdict(asked).items() if value is not UNSET}
    return replace(was, **said)


def encode(message: Transient | SessionDegraded) -> str:
    """A message that is in no log."""
    return _encoder.encode(message).decode()


def told(fault: Fault) -> ErrorTold:
    """A fault as the client is told of it."""
    fatal = True if fault.close is not None else UNSET
    return ErrorTold(
        code=fault.code, message=fault.message, fatal=fatal, retry_after=fault.retry_after, ref=fault.ref
    )


def joined(entry_id: str, body: bytes, extra: Sequence[tuple[str, str]] = ()) -> str:
    """An event of the log as it is sent: its id (and what only this client is told) joined on, nothing decoded."""
    more = "".join(f'"{name}":"{value}",' for name, value in extra)
    return f'{{"id":"{entry_id}",{more}{body[1:].decode()}'


def schema() -> dict[str, Any]:
    """JSON Schema (Draft 2020-12) of all messages, both ways."""
    roots = [ClientMessage, Event, Transient]
    (client, event, transient), parts = msgspec.json.schema_components(roots, ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SUBPROTOCOL,
        "$defs": {**parts, "ClientMessage": client, "Event": event, "Transient": transient},
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in ("ClientMessage", "Event", "Transient")],
    }
