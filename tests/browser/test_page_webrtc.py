"""The page by WebRTC, in a real Chromium against the real service; and by WebSocket where WebRTC comes to nothing."""

from pathlib import Path

import pytest
from playwright.sync_api import WebSocket, expect

from tests import speech
from tests.browser.conftest import Launch, speaking
from tests.browser.test_page_live import FIRST, heard, recording, wait_for_words
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.models, pytest.mark.slow]

THEN = "conf-getpin"
DEAF = """() => {
  const { prototype } = RTCPeerConnection;
  const whole = prototype.setRemoteDescription;
  prototype.setRemoteDescription = function (told) {
    const deaf = told.sdp.replaceAll(/a=candidate.*\\r\\n/g, "");
    const sdp = deaf.replaceAll(/a=ice-pwd:.*/g, `a=ice-pwd:${"x".repeat(24)}`);
    return whole.call(this, { type: told.type, sdp });
  };
}"""
"""Nothing that this browser sends reaches the server."""


@pytest.mark.parametrize("blocked", [False, True], ids=["by WebRTC", "by WebSocket where WebRTC is blocked"])
def test_what_is_spoken_is_written(launch: Launch, server: Stack, tmp_path: Path, *, blocked: bool) -> None:
    sound = recording(tmp_path / "microphone.wav", 3.0, FIRST, 10.0)
    page = launch(*speaking(sound), "--disable-features=WebRtcHideLocalIpsWithMdns").new_page()
    page.set_default_timeout(20_000)
    page.goto(f"http://127.0.0.1:{server.port}")
    if blocked:
        page.evaluate(DEAF)
    sockets: list[WebSocket] = []

    def opened(socket: WebSocket) -> None:
        sockets.append(socket)

    page.on("websocket", opened)
    page.get_by_label("Language").select_option("en")
    page.get_by_label("Reply to me").uncheck(force=True)
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("WebRTC").check(force=True)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Microphone").click()
    words = speech.plain(speech.said()[FIRST])
    wait_for_words(page, words, 30)
    footer = expect(page.locator("footer"))
    footer.to_contain_text("Connected")
    (footer.not_to_contain_text if blocked else footer.to_contain_text)("by WebRTC")
    assert bool(sockets) == blocked
    page.get_by_role("button", name="Microphone").click()
    page.wait_for_timeout(1_000)
    assert speech.errors(words, heard(page)) <= 1


KEPT = """
window.calls = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) { super(...given); calls.push(this); }
};
"""
MOVED = """() => {
  const [call] = calls;
  Object.defineProperty(call, "connectionState", { value: "disconnected", configurable: true });
  call.onconnectionstatechange(new Event("connectionstatechange"));
  const way = (all) => [...all.values()].find((one) => one.type === "transport").iceLocalUsernameFragment;
  return call.getStats().then(way);
}"""
"""As when this browser has another network: what it says of its connection, and by which ICE session it is."""


def test_a_browser_that_has_another_network_restarts_ice_and_is_heard_on(
    launch: Launch, server: Stack, tmp_path: Path
) -> None:
    sound = recording(tmp_path / "microphone.wav", 3.0, FIRST, 9.0, THEN, 10.0)
    page = launch(*speaking(sound), "--disable-features=WebRtcHideLocalIpsWithMdns").new_page()
    page.add_init_script(KEPT)
    page.goto(f"http://127.0.0.1:{server.port}")
    page.get_by_label("Language").select_option("en")
    page.get_by_label("Reply to me").uncheck(force=True)
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("WebRTC").check(force=True)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Microphone").click()
    first, then = (speech.plain(speech.said()[name]) for name in (FIRST, THEN))
    wait_for_words(page, first, 30)
    with page.expect_response(lambda answer: answer.request.method == "PATCH") as told:
        before = page.evaluate(MOVED)
    assert told.value.status == 200
    assert told.value.headers["content-type"] == "application/trickle-ice-sdpfrag"
    page.evaluate("delete calls[0].connectionState")
    page.wait_for_function(
        """async (before) => {
        const all = [...(await calls[0].getStats()).values()], way = all.find((one) => one.type === "transport");
        return way.iceState === "connected" && way.iceLocalUsernameFragment !== before; }""",
        arg=before,
    )
    wait_for_words(page, [*first, *then], 30)
    assert page.evaluate("calls.length") == 1, "no other connection was made"
