"""The session of `GET /v1/realtime` as its client configures it, and what that is in our terms. Pure.

A `session.update` is merged deeply into what is so: what it leaves out stays, and only an explicit null clears. What
comes out says what is in force: what this server cannot do and that would change nothing that is heard or answered (a
voice, noise reduction, thresholds) is not in it; what would is refused by its name, and nothing of that update holds.
"""

import re
from typing import Annotated, Any, Final, Literal, TypeAlias, cast

import msgspec
from msgspec import UNSET, Meta, Struct

from streaming.events import Moderation
from streaming.parts import AudioFormat, Encoding
from streaming.wire.messages import EndpointingAsked, SessionStart
from streaming.wire.messages import SessionUpdate as Updated
from streaming.wire.openai.faults import Wrong, member

Kind: TypeAlias = Literal["realtime", "transcription"]
Tree: TypeAlias = dict[str, Any]
RATE: Final = 24_000
ENCODINGS: Final[dict[str, tuple[Encoding, int]]] = {
    "audio/pcm": ("pcm_s16le", RATE),
    "audio/pcmu": ("mulaw", 8_000),
    "audio/pcma": ("alaw", 8_000),
}
EAGERNESS: Final[dict[str, int | None]] = {"high": 300, "medium": None, "auto": None, "low": 1_000}
"""Milliseconds of silence that end a turn of which the voice says nothing; None: as the server is set."""
NULLS: Final = ("turn_detection", "transcription", "noise_reduction", "include", "prompt", "tracing")
"""Members for which null is a value; any other one has its default again."""
CANNOT: Final = {
    "tools": "functions are not called here: leave `tools` out",
    "prompt": "prompts are kept by no server of ours: send `instructions`",
    "tracing": "traces are kept by no server of ours: leave `tracing` out",
}


class Format(Struct, frozen=True):
    """How sound comes."""

    type: Literal["audio/pcm", "audio/pcmu", "audio/pcma"] = "audio/pcm"
    rate: int | None = None


class Transcription(Struct, frozen=True):
    """What is told of what was said. `model` is whatever the client calls it: this server has its own."""

    model: str | None = None
    language: str | None = None
    prompt: Annotated[str, Meta(max_length=1_000)] | None = None
    keywords: Annotated[list[Annotated[str, Meta(min_length=1, max_length=60)]], Meta(max_length=100)] = []


class TurnDetection(Struct, frozen=True):
    """When a turn is over, and what follows."""

    type: Literal["server_vad", "semantic_vad"] = "server_vad"
    create_response: bool | None = True
    interrupt_response: bool | None = True
    silence_duration_ms: Annotated[int, Meta(ge=100, le=5_000)] | None = None
    eagerness: Literal["low", "medium", "high", "auto"] | None = None
    idle_timeout_ms: int | None = None


class Input(Struct, frozen=True):
    """The sound that comes."""

    format: Format = Format()
    transcription: Transcription | None = None
    turn_detection: TurnDetection | None = TurnDetection()
    noise_reduction: None = None


class Audio(Struct, frozen=True):
    """Sound, of which there is only what comes in."""

    input: Input = Input()


class Session(Struct, frozen=True):
    """All of it."""

    id: str
    type: Kind
    object: str
    model: str = ""
    instructions: str = ""
    output_modalities: tuple[str, ...] = ("text",)
    max_output_tokens: Annotated[int, Meta(ge=1)] | Literal["inf"] = "inf"
    audio: Audio = Audio()
    tools: list[Any] = []
    tool_choice: Any = "auto"
    include: list[str] | None = None


class Able(Struct, frozen=True):
    """What the service can do now: `semantic`: a recogniser hears when somebody is done; `models` that reply, by name,
    and are told the newest `messages` of a conversation. `track`: the format of a media track by which the sound comes,
    where it does not come in events. `moderation`: how strictly what is said and answered is moderated. `answers`: the
    client may have responses."""

    semantic: bool = True
    models: tuple[str, ...] = ()
    track: AudioFormat | None = None
    moderation: Moderation = "hold"
    messages: int = 256
    answers: bool = True


def opened(name: str, kind: Kind, model: str) -> Session:
    """The session before anything was said about it. Transcripts are told in a conversation when they are asked for."""
    told = Transcription() if kind == "transcription" else None
    thing = "realtime.transcription_session" if kind == "transcription" else "realtime.session"
    return Session(
        id=f"sess_{name}", type=kind, object=thing, model=model, audio=Audio(Input(transcription=told))
    )


def updated(was: Session, patch: Tree, able: Able) -> Session:
    """The session after a `session.update`. Raises Wrong (`param` names the member), and then nothing has changed."""
    kind = patch.get("type", was.type)
    if kind not in ("realtime", "transcription"):
        raise Wrong("session.type is realtime or transcription", "session.type", "invalid_value")
    if kind != was.type:
        opening = opened(was.id.removeprefix("sess_"), kind, was.model)
        was = msgspec.structs.replace(opening, audio=_kept(was, opening), instructions=was.instructions)
    if patch.get("output_modalities") not in (None, ["text"]):
        told = "speech is not made here: ask for output_modalities ['text']"
        raise Wrong(told, "session.output_modalities", "unsupported_parameter")
    for name, why in CANNOT.items():
        if patch.get(name):
            raise Wrong(why, f"session.{name}", "unsupported_parameter")
    fixed = {"id": was.id, "object": was.object, "model": was.model, "type": kind}
    try:
        made = msgspec.convert(
            {**_merged(cast(Tree, msgspec.to_builtins(was)), patch), **fixed}, type=Session
        )
    except msgspec.ValidationError as wrong:
        raise Wrong(f"session: {wrong}", f"session.{member(str(wrong))}", "invalid_value") from None
    _possible(made, able)
    return made


def _kept(was: Session, opening: Session) -> Audio:
    """The sound's configuration when the kind of session changes: whether words are told is the new kind's."""
    told = was.audio.input.transcription or opening.audio.input.transcription
    return Audio(msgspec.structs.replace(was.audio.input, transcription=told))


def _merged(was: Tree, patch: Tree) -> Tree:
    made = dict(was)
    for name, value in patch.items():
        before = made.get(name)
        if value is None and name not in NULLS:
            made.pop(name, None)
        elif name == "noise_reduction":
            made[name] = None
        elif isinstance(value, dict) and isinstance(before, dict):
            new, old = cast(Tree, value), cast(Tree, before)
            other = new.get("type", old.get("type")) != old.get("type")
            made[name] = _merged({} if other else old, new)
        else:
            made[name] = _merged({}, cast(Tree, value)) if isinstance(value, dict) else value
    return made


def _possible(session: Session, able: Able) -> None:
    heard, turns = session.audio.input, session.audio.input.turn_detection
    if session.type == "realtime" and not able.answers:
        told = "this ticket is for sessions that transcribe: session.type stays transcription"
        raise Wrong(told, "session.type", "invalid_value")
    if heard.format.type == "audio/pcm" and heard.format.rate not in (None, RATE):
        told = f"audio/pcm comes at {RATE} Hz here"
        raise Wrong(told, "session.audio.input.format.rate", "invalid_value")
    if turns and turns.idle_timeout_ms:
        told = "nobody is asked whether they are still there: leave idle_timeout_ms out"
        raise Wrong(told, "session.audio.input.turn_detection.idle_timeout_ms", "unsupported_parameter")
    if turns and turns.type == "semantic_vad" and not able.semantic:
        told = "semantic_vad needs a model that this server lacks (`models pull smart-turn`): send server_vad"
        raise Wrong(told, "session.audio.input.turn_detection.type", "unsupported_parameter")


def shown(session: Session) -> Tree:
    """The session as its client is told of it: the members of its own kind."""
    tree = cast(Tree, msgspec.to_builtins(session))
    if session.type == "transcription":
        own = ("id", "type", "object", "audio", "include")
        tree = {name: value for name, value in tree.items() if name in own}
    wire = tree["audio"]["input"]["format"]
    tree["audio"]["input"]["format"] = {"type": wire["type"], "rate": RATE} if wire["type"] == "audio/pcm" else {
        "type": wire["type"]
    }  # fmt: skip
    return tree


def sound(session: Session, able: Able) -> AudioFormat:
    """The sound that comes."""
    encoding, rate = ENCODINGS[session.audio.input.format.type]
    return able.track or AudioFormat(encoding, rate)


def start(session: Session, able: Able) -> SessionStart:
    """The session in which its sound is heard."""
    told = update(session)
    assert told.hotwords is not UNSET
    assert told.prompt is not UNSET
    assert told.language is not UNSET
    assert told.endpointing is not UNSET
    return SessionStart(
        mode="transcribe",
        audio=sound(session, able),
        language=told.language,
        hotwords=told.hotwords,
        prompt=told.prompt,
        endpointing=told.endpointing,
        moderation=able.moderation,
        metadata={"api": "realtime"},
    )


def update(session: Session) -> Updated:
    """What the recogniser is told of the session."""
    wish = session.audio.input.transcription or Transcription()
    return Updated(
        language=_language(wish.language),
        hotwords=wish.keywords,
        prompt=wish.prompt or "",
        endpointing=_endpointing(session.audio.input.turn_detection),
    )


def _language(asked: str | None) -> str | None:
    """`en` of `en-US`; None: it is heard."""
    found = re.match(r"[a-z]{2,3}", (asked or "").lower())
    return found[0] if found else None


def _endpointing(turns: TurnDetection | None) -> EndpointingAsked:
    if turns is None:
        return EndpointingAsked(silence_ms=None, semantic=False, eager_ms=0)
    if turns.type == "semantic_vad":
        silence = turns.silence_duration_ms or EAGERNESS[turns.eagerness or "auto"]
        return EndpointingAsked(silence_ms=silence, semantic=True, eager_ms=0)
    return EndpointingAsked(silence_ms=turns.silence_duration_ms, semantic=False, eager_ms=0)
