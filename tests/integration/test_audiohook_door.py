"""AudioHook's socket: who may come in, and what becomes of sound and pauses before they reach a recogniser."""

import base64
import json
from collections.abc import AsyncIterator

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from streaming import keys
from streaming.bus import Bus
from streaming.facts import Ended, Skipped
from streaming.wire.audiohook.policy import AudiohookPolicy
from tests.audiohook import NOBODY, Hooked, opening, signed
from tests.gateway import Gateway
from tests.integration.test_twilio_door import ended, session

SECRET = base64.b64encode(b"a client secret of Genesys Cloud's").decode()


@pytest.fixture
async def hooked(redis_url: str, bus: Bus) -> AsyncIterator[Gateway]:
    """A gateway whose bank signs, and whose shop does not."""
    policy = AudiohookPolicy(secrets=(f"bank:{SECRET}",))
    tenants = ("bank:vault", "shop:sesame")
    gateway = await Gateway(redis_url, more={"audiohook": policy}, keys=tenants).up()
    yield gateway
    await gateway.down()


async def refused(gateway: Gateway, headers: dict[str, str]) -> str:
    """What is said to whoever is refused."""
    with pytest.raises(InvalidStatus) as wrong:
        async with Hooked(gateway.port, headers):
            pass
    assert wrong.value.response.status_code == 401
    return json.loads(wrong.value.response.body)["error"]["message"]


async def test_what_a_library_of_others_signs_is_let_in_once(hooked: Gateway, bus: Bus) -> None:
    headers = signed(hooked.port, "vault", SECRET)
    async with Hooked(hooked.port, headers) as hook:
        await hook.say("open", **opening())
        await hook.told("opened")
        assert (await session(bus)).tenant == "bank"
    assert "before" in await refused(hooked, headers)


async def test_whose_tenant_has_a_secret_must_sign_all_of_it_lately(hooked: Gateway) -> None:
    good = signed(hooked.port, "vault", SECRET)
    other = base64.b64encode(b"another").decode()
    assert "signature-input" in await refused(hooked, signed(hooked.port, "vault"))
    assert "does not fit" in await refused(hooked, signed(hooked.port, "vault", other))
    assert "does not fit" in await refused(hooked, good | {"Audiohook-Session-Id": NOBODY})
    assert "clocks" in await refused(hooked, signed(hooked.port, "vault", SECRET, age_s=60))
    less = good["Signature-Input"].replace('"@request-target" ', "")
    assert "cover" in await refused(hooked, good | {"Signature-Input": less})
    assert "not known" in await refused(hooked, signed(hooked.port, "guess"))


async def test_a_session_is_opened_pinged_paused_and_closed(hooked: Gateway, bus: Bus) -> None:
    async with Hooked(hooked.port) as hook:
        await hook.say("open", **opening())
        await hook.told("opened")
        config = await session(bus)
        await hook.play(bytes(2 * 16_000), pace=10)
        await hook.say("ping")
        await hook.told("pong")
        await hook.say("paused")
        await hook.say("resumed", start="PT2S", discarded="PT30S")
        hook.sent += 240_000
        await hook.say("discarded", start="PT32S", discarded="PT1S")
        hook.sent += 8_000
        await hook.say("close", reason="end")
        _, marks = await ended(bus, config.session_id)
    gaps = [(one.reason, one.samples) for one in marks if isinstance(one, Skipped)]
    assert sum(samples for reason, samples in gaps if reason == "paused") == 30 * 16_000
    assert sum(samples for reason, samples in gaps if reason == "lost") == 16_000
    assert marks[-1] == Ended(33 * 16_000, "client")


async def test_a_probe_begins_nothing(hooked: Gateway, bus: Bus) -> None:
    async with Hooked(hooked.port) as hook:
        await hook.say("open", **opening(conversationId=NOBODY))
        await hook.told("opened")
        await hook.say("close", reason="end")
        await hook.told("closed")
        await hook.socket.wait_closed()
        assert hook.socket.close_code == 1000
    assert not await bus.call("ZCARD", keys.LIVE)


async def test_what_is_wrong_is_told_by_disconnect_and_the_client_closes(hooked: Gateway) -> None:
    async with Hooked(hooked.port) as hook:
        await hook.say("open", **opening())
        await hook.told("opened")
        await hook.socket.send(b"\0")
        told = await hook.told("disconnect")
        assert told["reason"] == "error"
        assert "channels" in told["info"]
        await hook.say("close", reason="disconnect")
        await hook.told("closed")
        with pytest.raises(ConnectionClosed):
            await hook.socket.recv()
        assert hook.socket.close_code == 1003
