"""A client of AudioHook 2: its envelopes, its transactions, and its signatures as a library of others makes them."""

import asyncio
import base64
import datetime
import json
import secrets
import uuid
from collections.abc import Sequence
from typing import Any

import requests
from http_message_signatures.algorithms import HMAC_SHA256  # pyright: ignore[reportPrivateImportUsage]
from http_message_signatures.resolvers import HTTPSignatureKeyResolver
from http_message_signatures.signatures import HTTPMessageSigner
from websockets.asyncio.client import ClientConnection, connect

SESSION, ORGANIZATION, CONVERSATION = (str(uuid.uuid5(uuid.NAMESPACE_DNS, name)) for name in "soc")
NOBODY = "00000000-0000-0000-0000-000000000000"
BOTH = ("external", "internal")
COVERED = (
    "@request-target",
    "@authority",
    "audiohook-organization-id",
    "audiohook-session-id",
    "audiohook-correlation-id",
    "x-api-key",
)


def medium(*channels: str) -> dict[str, Any]:
    """A format that is offered."""
    return {"type": "audio", "format": "PCMU", "channels": list(channels), "rate": 8_000}


def opening(media: Sequence[dict[str, Any]] = (), **more: Any) -> dict[str, Any]:
    """The parameters of an `open`."""
    nobody = {"id": NOBODY, "ani": "", "aniName": "", "dnis": ""}
    told = {"organizationId": ORGANIZATION, "conversationId": CONVERSATION, "participant": nobody}
    return told | {"media": list(media) or [medium(*BOTH), medium("external")]} | more


class Envelopes:
    """Numbers messages as a client does."""

    def __init__(self) -> None:
        self.seq = self.serverseq = self.sent = 0

    def write(self, kind: str, **parameters: Any) -> str:
        """A message. `sent`: samples so far."""
        self.seq += 1
        told = {"version": "2", "id": SESSION, "type": kind, "seq": self.seq, "serverseq": self.serverseq}
        return json.dumps(told | {"position": f"PT{self.sent / 8_000}S", "parameters": parameters})


class _Key(HTTPSignatureKeyResolver):
    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def resolve_private_key(self, key_id: str) -> bytes:
        del key_id
        return self._secret

    def resolve_public_key(self, key_id: str) -> bytes:
        del key_id
        return self._secret


def signed(port: int, key: str, secret: str = "", *, age_s: int = 0) -> dict[str, str]:
    """The headers of an upgrade, signed if there is a secret."""
    headers = {
        "Audiohook-Organization-Id": ORGANIZATION,
        "Audiohook-Session-Id": SESSION,
        "Audiohook-Correlation-Id": str(uuid.uuid4()),
        "X-API-KEY": key,
    }
    if not secret:
        return headers
    url = f"http://127.0.0.1:{port}/v1/audiohook"
    request = requests.Request("GET", url, headers={**headers, "Host": f"127.0.0.1:{port}"}).prepare()
    signer = HTTPMessageSigner(signature_algorithm=HMAC_SHA256, key_resolver=_Key(base64.b64decode(secret)))
    now = datetime.datetime.now() - datetime.timedelta(seconds=age_s)  # noqa: DTZ005 - as that library wants it
    ends = now + datetime.timedelta(seconds=30)
    signer.sign(
        request,
        key_id=key,
        created=now,
        expires=ends,
        nonce=secrets.token_urlsafe(24),
        covered_component_ids=COVERED,
        label="sig1",
    )
    return headers | {name: str(request.headers[name]) for name in ("Signature-Input", "Signature")}


class Hooked(Envelopes):
    """One connection."""

    def __init__(self, port: int, headers: dict[str, str] | None = None) -> None:
        super().__init__()
        self._url = f"ws://127.0.0.1:{port}/v1/audiohook"
        self._headers = signed(port, "sesame") if headers is None else headers
        self.events: list[dict[str, Any]] = []

    async def __aenter__(self) -> "Hooked":
        self.socket: ClientConnection = await connect(
            self._url, additional_headers=self._headers, compression=None
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()

    async def say(self, kind: str, **parameters: Any) -> None:
        """A message."""
        await self.socket.send(self.write(kind, **parameters))

    async def told(self, kind: str) -> dict[str, Any]:
        """The parameters of the next message of this type; entities before it are kept."""
        async with asyncio.timeout(20):
            while True:
                message = json.loads(await self.socket.recv())
                assert (message["version"], message["id"]) == ("2", SESSION)
                assert message["seq"] == self.serverseq + 1
                assert message["clientseq"] <= self.seq
                self.serverseq = message["seq"]
                if message["type"] == "event":
                    self.events += message["parameters"]["entities"]
                if message["type"] == kind:
                    return message["parameters"]

    async def play(self, frames: bytes, channels: int = 2, pace: float = 1.0) -> None:
        """Sound, in frames of 200 ms."""
        size = 1_600 * channels
        for at in range(0, len(frames), size):
            await self.socket.send(frames[at : at + size])
            self.sent += len(frames[at : at + size]) // channels
            await asyncio.sleep(0.2 / pace)
