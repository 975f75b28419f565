"""The clients of others' dialects that `Bent` speaks of."""

import base64
import copy
import json
from typing import Any, ClassVar, Final

from tests.audiohook import ORGANIZATION, SESSION, Envelopes, opening
from tests.bent import Bent
from tests.malformed import Json
from tests.media_stream import CONNECTED, STOP, dtmf, mark, media, start


class Deepgram(Bent):
    """A client of `/v1/listen`."""

    path = "/v1/listen"
    names = ("encoding", "sample_rate", "channels", "multichannel", "endpointing", "utterance_end_ms", "keyterm",
             "keywords", "language", "extra", "tag", "interim_results", "callback", "ticket", "unknown")  # fmt: skip

    def address(self, *, bent: bool) -> str:
        sound = self._chance.choice(
            ["encoding=mulaw", "encoding=opus", "", "encoding=linear16&sample_rate=16000"]
        )
        return super().address(bent=True) if bent else f"{self.path}?{sound}"

    def sentinel(self, number: int) -> str:
        return f"sentinel {number}"

    def answers(self, told: Json, number: int) -> bool:
        return told.get("message") == f"sentinel {number}"

    def shaped(self, told: Json) -> bool:
        if told["type"] == "Error":
            return {"variant", "description", "message"} <= told.keys()
        return told["type"] in ("ConfigureSuccess", "ConfigureFailure", "Metadata", "Results")

    def _message(self) -> Json:
        kind = self._chance.choice(["KeepAlive", "Finalize", "CloseStream", "Configure"])
        more = {"keyterms": ["a", "b"], "features": {"numerals": True}} if kind == "Configure" else {}
        return {"type": kind, **more}


class Flux(Bent):
    """A client of Deepgram's `/v2/listen`, where what is not understood ends the session."""

    path = "/v2/listen"
    names = ("model", "encoding", "sample_rate", "eot_threshold", "eager_eot_threshold", "eot_timeout_ms", "keyterm",
             "language_hint", "tag", "ticket", "unknown")  # fmt: skip
    tells = ("Connected", "ConfigureSuccess", "ConfigureFailure", "Warning", "Error")
    kinds = ("KeepAlive", "ForceEndTurn", "CloseStream", "Configure")
    more: ClassVar[Json] = {"thresholds": {"eot_threshold": 0.8}, "keyterms": ["a"]}

    def address(self, *, bent: bool) -> str:
        if bent:
            return super().address(bent=True)
        return f"{self.path}?model=flux-general-en&encoding=linear16&sample_rate=16000"

    def sentinel(self, number: int) -> str:
        return f"sentinel {number}"

    def answers(self, told: Json, number: int) -> bool:
        return told["type"] == "Error"

    def shaped(self, told: Json) -> bool:
        return told["type"] in self.tells

    def _message(self) -> Json:
        kind = self._chance.choice(self.kinds)
        return {"type": kind, **(copy.deepcopy(self.more) if kind == self.kinds[-1] else {})}


class AssemblyAI(Flux):
    """A client of `/v3/ws`, where an `Error` has the code of the close that follows."""

    path = "/v3/ws"
    closes = frozenset({1000, 1007, 1008, 3006})
    names = ("encoding", "sample_rate", "inactivity_timeout", "include_partial_turns", "language_code",
             "language_codes", "language_detection", "speech_model", "min_turn_silence", "token")  # fmt: skip
    tells = ("Begin", "Warning", "Error", "Termination")
    kinds = ("KeepAlive", "ForceEndpoint", "Terminate", "UpdateConfiguration")
    more: ClassVar[Json] = {"keyterms_prompt": ["a"], "max_turn_silence": 900}

    def address(self, *, bent: bool) -> str:
        return Bent.address(self, bent=bent)

    def shaped(self, told: Json) -> bool:
        return super().shaped(told) and (told["type"] != "Error" or told["error_code"] in self.closes)


class Twilio(Bent):
    """A sender of media streams."""

    path = "/v1/twilio"

    def begins(self) -> list[str]:
        return [json.dumps(CONNECTED), json.dumps(start(self._tracks()))]

    def sentinel(self, number: int) -> str:
        return json.dumps(mark(f"sentinel {number}"))

    def answers(self, told: Json, number: int) -> bool:
        return told["mark"]["name"] == f"sentinel {number}"

    def shaped(self, told: Json) -> bool:
        return told["event"] == "mark" and told.keys() == {"event", "streamSid", "mark"}

    def _tracks(self) -> tuple[str, ...]:
        return self._chance.choice([("inbound",), ("inbound", "outbound"), ()])

    def _message(self) -> Json:
        piece = self._chance.randbytes(self._chance.choice([0, 160, 161, 8_000]))
        track, at = self._chance.choice(["inbound", "outbound"]), self._chance.choice([0, 20, 7_000])
        made: list[Json] = [
            start(self._tracks(), mode=self._chance.choice(["transcribe", "chat", "assist", "x"])),
            *[media(piece, track, self._chance.randint(0, 9), at)] * 3,
            dtmf("1"),
            mark("m"),
            STOP,
            CONNECTED,
        ]
        return json.loads(json.dumps(self._chance.choice(made)))


class Realtime(Bent):
    """A client of OpenAI's `/v1/realtime`."""

    path = "/v1/realtime"
    names = ("model", "intent", "moderation", "ticket", "unknown")

    def begins(self) -> list[str]:
        sound = base64.b64encode(bytes(4_800)).decode()
        return [json.dumps({"type": "input_audio_buffer.append", "audio": sound})]

    def sentinel(self, number: int) -> str:
        asked = {"type": "conversation.item.retrieve", "item_id": "none", "event_id": f"sentinel {number}"}
        return json.dumps(asked)

    def answers(self, told: Json, number: int) -> bool:
        return told["type"] == "error" and told["error"]["event_id"] == f"sentinel {number}"

    def shaped(self, told: Json) -> bool:
        fine = isinstance(told["event_id"], str) and isinstance(told["type"], str)
        if told["type"] != "error":
            return fine
        return fine and {"type", "code", "message", "param", "event_id"} <= told["error"].keys()

    def _message(self) -> Json:
        part = {"type": "input_text", "text": "hello"}
        item = {"id": self._chance.choice(["a", "b"]), "type": "message", "role": "user", "content": [part]}
        turns = {"type": self._chance.choice(["server_vad", "semantic_vad"]), "silence_duration_ms": 300}
        heard = {"format": {"type": "audio/pcm", "rate": 24_000}, "turn_detection": turns}
        session = {"type": self._chance.choice(["realtime", "transcription"]), "audio": {"input": heard}}
        piece = base64.b64encode(self._chance.randbytes(self._chance.choice([0, 1, 4_800, 9_601]))).decode()
        made: tuple[Json, ...] = (
            {"type": "session.update", "session": session},
            *[{"type": "input_audio_buffer.append", "audio": piece}] * 2,
            {"type": "input_audio_buffer.commit"},
            {"type": "input_audio_buffer.clear"},
            {"type": "conversation.item.create", "item": item, "previous_item_id": "root"},
            {"type": self._chance.choice(["conversation.item.retrieve", "conversation.item.delete"]), "item_id": "a"},
            {"type": "conversation.item.truncate", "item_id": "a", "content_index": 0, "audio_end_ms": 10},
            {"type": "response.create", "response": {"instructions": "be brief", "input": [item]}},
            {"type": "response.cancel", "response_id": "r"},
        )  # fmt: skip
        return json.loads(json.dumps(self._chance.choice(made)))


class AudioHook(Bent):
    """A client of Genesys' AudioHook: its numbers are right, mostly, or nothing else of it would be looked at."""

    path = "/v1/audiohook"

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.envelopes = Envelopes()
        self._seq = 0

    def headers(self) -> dict[str, str]:
        self.envelopes, self._seq = Envelopes(), 0
        return {
            "Audiohook-Organization-Id": ORGANIZATION,
            "Audiohook-Session-Id": SESSION,
            "X-API-KEY": "any",
        }

    def begins(self) -> list[str]:
        return [self.envelopes.write("open", **opening())]

    def sentinel(self, number: int) -> str:
        return self.envelopes.write("ping")

    def answers(self, told: Json, number: int) -> bool:
        return told["type"] == "pong"

    def shaped(self, told: Json) -> bool:
        self._seq += 1
        members = {"version", "id", "type", "seq", "clientseq", "parameters"}
        self.envelopes.serverseq = self._seq
        return told.keys() == members and (told["version"], told["seq"]) == ("2", self._seq)

    def replied(self, told: Json) -> str | None:
        """Most close when they are told to."""
        over = told["type"] == "disconnect" and self._chance.random() < 0.9
        return self.envelopes.write("close", reason="end") if over else None

    def _message(self) -> Json:
        gap: Any = {"start": "PT1S", "discarded": "PT0.5S"}
        kind, parameters = self._chance.choice(
            [("open", opening()), ("close", {"reason": "end"}), ("ping", {"rtt": "PT0.1S"}), ("paused", {}),
             ("update", {"language": "de-DE"}), ("resumed", gap), ("discarded", gap), ("error", {"code": 405})]
        )  # fmt: skip
        return json.loads(self.envelopes.write(kind, **parameters))


DIALECTS: Final[dict[str, type[Bent]]] = {
    "deepgram": Deepgram,
    "flux": Flux,
    "assemblyai": AssemblyAI,
    "twilio": Twilio,
    "realtime": Realtime,
    "audiohook": AudioHook,
}
