"""A client whose network lets nothing through but to a TURN server: the real coturn, as the guide sets it up."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCIceServer, RTCIceTransportPolicy, RTCPeerConnection

from streaming import keys
from streaming.bus import Bus
from streaming.ingress.webrtc.policy import WebrtcPolicy
from tests.gateway import Gateway, eventually
from tests.speech import RATE
from tests.stack import free_port
from tests.webrtc import Caller, Voice

SERVER = shutil.which("turnserver")
pytestmark = pytest.mark.skipif(SERVER is None, reason="coturn is not installed (apt-get install coturn)")
SECRET = "S3CRET"


@pytest.fixture
def coturn(tmp_path: Path) -> Iterator[int]:
    """Its port. On loopback it has to be told that peers may be there."""
    port = free_port()
    asked = ["-n", "--listening-ip=127.0.0.1", f"--listening-port={port}", "--relay-ip=127.0.0.1", "--no-tls",
             "--no-dtls", "--no-cli", "--use-auth-secret", f"--static-auth-secret={SECRET}", "--realm=example.org",
             "--allow-loopback-peers", "--log-file=stdout", f"--pidfile={tmp_path}/pid"]  # fmt: skip
    server = subprocess.Popen([str(SERVER), *asked], stdout=subprocess.DEVNULL, cwd=tmp_path)
    yield port
    server.kill()
    server.wait()


async def test_a_client_that_reaches_nothing_but_a_relay_is_heard(
    coturn: int, redis_url: str, bus: Bus
) -> None:
    policy = WebrtcPolicy(ice=(f"turn:127.0.0.1:{coturn}?transport=udp",), turn_secret=SECRET)
    gateway = await Gateway(redis_url, more={"webrtc": policy}).up()
    caller = Caller(f"http://127.0.0.1:{gateway.port}")
    try:
        told: Any = (await caller.http.get(f"{caller.url}/v1/ice")).json()["iceServers"]
        servers = [RTCIceServer(one["urls"], one["username"], one["credential"]) for one in told]
        caller.pc = RTCPeerConnection(
            RTCConfiguration(iceServers=servers, iceTransportPolicy=RTCIceTransportPolicy.RELAY)
        )
        begun = await caller.call(Voice(np.full(10 * RATE, 900, np.int16)))
        assert begun.status_code == 201, begun.text
        offer = caller.pc.localDescription.sdp
        assert {line.split()[7] for line in offer.splitlines() if line.startswith("a=candidate")} == {"relay"}
        sid = begun.headers["vivavoce-session-id"]

        async def samples() -> int:
            entries = await bus.call("XRANGE", keys.audio(sid), "-", "+")
            return sum(len(fields[1]) // 2 for _, fields in entries if fields[0] == b"pcm")

        assert await eventually(samples, lambda count: count > 2 * RATE, 20) > 2 * RATE
    finally:
        await caller.close()
        await asyncio.wait_for(gateway.down(), 20)
