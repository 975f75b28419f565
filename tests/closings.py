"""One client of each dialect that has a WebSocket: how it begins, what 200 ms of sound are, and how it says goodbye."""

import base64
import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from websockets.asyncio.client import ClientConnection, connect

from tests.audiohook import Envelopes, medium, opening, signed
from tests.gateway import START, Gateway
from tests.media_stream import CONNECTED, STOP, media, start

SAMPLES: Final = 3_200
"""Of that sound, at 16 kHz."""


class Client(NamedTuple):
    """`told`: the type of what tells that the session has begun, where anything does. `bye`: None: it just closes."""

    path: str
    begins: Sequence[str] = ()
    sound: str | bytes = bytes(2 * SAMPLES)
    bye: str | None = None
    told: str = ""
    headers: dict[str, str] | None = None

    async def connect(self, gateway: Gateway, **more: object) -> ClientConnection:
        """A connection whose session has begun and has some sound."""
        url = f"ws://127.0.0.1:{gateway.port}{self.path}"
        socket = await connect(url, compression=None, additional_headers=self.headers, **more)  # type: ignore[arg-type]
        for frame in self.begins:
            await socket.send(frame)
        while self.told and json.loads(await socket.recv())["type"] != self.told:
            pass
        await socket.send(self.sound)
        return socket


def _append() -> str:
    sound = base64.b64encode(bytes(9_600)).decode()
    return json.dumps({"type": "input_audio_buffer.append", "audio": sound})


def _hooked() -> Client:
    envelopes = Envelopes()
    begins = [envelopes.write("open", **opening([medium("external")]))]
    bye = envelopes.write("close", reason="end")
    return Client("/v1/audiohook", begins, bytes(1_600), bye, "opened", signed(0, "sesame"))


CLIENTS: Final = {
    "native": Client("/v1/stream", [START], bye='{"type":"session.end"}', told="session.started"),
    "deepgram": Client("/v1/listen?encoding=linear16&sample_rate=16000", bye='{"type":"CloseStream"}'),
    "flux": Client(
        "/v2/listen?model=flux-general-en&encoding=linear16&sample_rate=16000",
        bye='{"type":"CloseStream"}',
        told="Connected",
    ),
    "assemblyai": Client(
        "/v3/ws?sample_rate=16000&inactivity_timeout=1", bye='{"type":"Terminate"}', told="Begin"
    ),
    "twilio": Client(
        "/v1/twilio",
        [json.dumps(CONNECTED), json.dumps(start(("inbound",)))],
        json.dumps(media(bytes(1_600))),
        json.dumps(STOP),
    ),
    "realtime": Client("/v1/realtime?intent=transcription", [], _append(), None, "session.created"),
    "audiohook": _hooked(),
}
