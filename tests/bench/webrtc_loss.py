"""What is left of speech when the network loses packets: `python -m tests.bench.webrtc_loss [--loss 0 5 10]`, as JSON.

A real Chromium in a network namespace of its own speaks a recording to the real service in another one, over WHIP and
over the page's WebSocket, while packets in both directions are dropped at random. For WHIP: sound that is missing
(lost or made up), beside the share of packets that the network really dropped; for both: word errors.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Playwright, sync_playwright

from tests.browser.conftest import FLAGS, speaking
from tests.conftest import running_redis
from tests.namespaces import SERVER, Cable, cable, cannot
from tests.speech import RATE, errors, join, plain, said
from tests.stack import ROOT, Stack

NAMES = ("demo-congrats", "conf-getpin", "demo-abouttotry", "auth-thankyou", "agent-user")
KEY = "measuring"
LEAD_S, TAIL_S = 2.0, 3.0

CALL = """async (key) => {
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const stream = await navigator.mediaDevices.getUserMedia({ audio });
  const pc = new RTCPeerConnection();
  const channel = pc.createDataChannel("vivavoce.v1");
  const events = [];
  channel.onmessage = (event) => events.push(JSON.parse(event.data));
  pc.addTrack(stream.getAudioTracks()[0], stream);
  await pc.setLocalDescription();
  await new Promise((done) => {
    if (pc.iceGatheringState === "complete") done();
    pc.onicegatheringstatechange = () => pc.iceGatheringState === "complete" && done();
  });
  const headers = { "Content-Type": "application/sdp", Authorization: `Bearer ${key}` };
  const body = pc.localDescription.sdp;
  const answer = await fetch("/whip?mode=transcribe&language=en", { method: "POST", headers, body });
  if (answer.status !== 201) throw new Error(await answer.text());
  await pc.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  window.call = { pc, channel, events };
}"""


def recording(path: Path, names: tuple[str, ...]) -> float:
    """Prompts with pauses, as a file that is a microphone; its seconds."""
    parts: list[str | float] = [LEAD_S]
    for name in names:
        parts += [name, 1.2]
    sound = join(*parts, TAIL_S)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sound.astype("<i2").tobytes())
    return len(sound) / RATE


def _told(events: list[dict[str, Any]], names: tuple[str, ...]) -> dict[str, Any]:
    text = " ".join(event["text"] for event in events if event["type"] == "transcript.final")
    words = plain(" ".join(said()[name] for name in names))
    return {"wer": round(100 * errors(words, plain(text)) / len(words), 2), "words": len(words), "text": text}


def over_whip(page: Page, line: Cable, names: tuple[str, ...], seconds: float) -> dict[str, Any]:
    """One call by WebRTC."""
    page.evaluate(CALL, KEY)
    page.wait_for_timeout(seconds * 1000)
    page.evaluate("() => call.channel.send(JSON.stringify({ type: 'session.end' }))")
    page.wait_for_function("() => call.events.some((one) => one.type === 'session.ended')", timeout=60_000)
    events: list[dict[str, Any]] = page.evaluate("() => call.events")
    came, dropped = line.counted()
    [account] = next(event for event in events if event["type"] == "session.ended")["accounting"]
    duration, gaps = account["duration_ms"], account["gap_ms"]
    summed = account["transcribed_ms"] + account["silence_ms"] + sum(gaps.values())
    return {
        "dropped": round(100 * dropped / max(1, came), 2),
        "missing": round(100 * sum(gaps.values()) / duration, 2),
        "concealed_ms": gaps.get("concealed", 0),
        "lost_ms": gaps.get("lost", 0),
        "duration_ms": duration,
        "adds_up": summed == duration,
        **_told(events, names),
    }


def over_websocket(page: Page, names: tuple[str, ...], seconds: float) -> dict[str, Any]:
    """The same by the page as it is."""
    events: list[dict[str, Any]] = []

    def read(frame: str | bytes) -> None:
        if isinstance(frame, str):
            events.append(json.loads(frame))

    page.on("websocket", lambda socket: socket.on("framereceived", read))
    page.get_by_label("Language").select_option("en")
    page.get_by_role("button", name="Microphone").click()
    page.wait_for_timeout(seconds * 1000)
    page.get_by_role("button", name="Microphone").click()
    page.wait_for_timeout(5_000)
    return _told(events, names)


def inside(server: str, client: str, losses: list[int], names: tuple[str, ...], ways: list[str]) -> None:
    """The measurement itself, in the server's namespace; JSON on stdout."""
    line = Cable()
    line.server, line.client = server, client
    folder = Path(tempfile.mkdtemp(prefix="vv-loss-"))
    seconds = recording(folder / "said.wav", names)
    chromium = folder / "chromium"
    chromium.write_text(f'#!/bin/sh\nexec ip netns exec {client} {shutil.which("chromium")} "$@"\n')
    chromium.chmod(0o755)
    settings = {"VIVAVOCE_SERVER__HOST": "0.0.0.0", "VIVAVOCE_SERVER__KEYS": f"bench:{KEY}"}
    settings |= {"VIVAVOCE_LLM__MODEL": "smollm2-135m", "VIVAVOCE_SERVER__MAX_LOAD": "1000"}
    with running_redis() as redis_url, sync_playwright() as driver:
        stack = Stack(redis_url, folder, settings)
        stack.start()
        try:
            stack.await_ready()
            line.lose(0)
            rows = [
                {"loss": loss, "way": way}
                | _row(driver, line, (way, loss, stack.port), (names, seconds, folder))
                for loss in losses
                for way in ways
            ]
        finally:
            stack.close()
            shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps({"seconds": round(seconds, 1), "rows": rows}, indent=1))


def _row(
    driver: Playwright, line: Cable, what: tuple[str, int, int], spoken: tuple[tuple[str, ...], float, Path]
) -> dict[str, Any]:
    (way, loss, port), (names, seconds, folder) = what, spoken
    url = f"http://{SERVER}:{port}/"
    flags = [*FLAGS, *speaking(folder / "said.wav"), "--disable-features=WebRtcHideLocalIpsWithMdns"]
    flags.append(f"--unsafely-treat-insecure-origin-as-secure={url.rstrip('/')}")
    browser = driver.chromium.launch(executable_path=folder / "chromium", args=flags)
    try:
        page = browser.new_page()
        page.goto(url)
        page.evaluate("(key) => sessionStorage.setItem('vivavoce-key', key)", KEY)
        page.reload()
        line.lose(loss)
        if way == "websocket":
            return over_websocket(page, names, seconds)
        return over_whip(page, line, names, seconds)
    finally:
        line.lose(0)
        browser.close()


def measured(
    losses: list[int], names: tuple[str, ...] = NAMES, ways: str = "whip,websocket"
) -> dict[str, Any]:
    """The figures at each of `losses` (per cent). Namespaces are made and removed here."""
    with cable() as line:
        command = ["ip", "netns", "exec", line.server, sys.executable, "-m", "tests.bench.webrtc_loss"]
        told = ["--inside", line.server, line.client, "--ways", ways, "--names", *names]
        done = subprocess.run(
            [*command, *told, "--loss", *map(str, losses)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            check=True,
            timeout=120 + 200 * len(losses),
        )
    return json.loads(done.stdout)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loss", type=int, nargs="+", default=[0, 5, 10])
    parser.add_argument("--ways", default="whip,websocket")
    parser.add_argument("--names", nargs="+", default=NAMES)
    parser.add_argument("--inside", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    names, ways = tuple(options.names), options.ways.split(",")
    if options.inside:
        server, client = options.inside
        inside(server, client, options.loss, names, ways)
        return
    if why := cannot():
        sys.exit(why)
    began = time.monotonic()
    print(
        json.dumps(
            measured(options.loss, names, options.ways) | {"took_s": round(time.monotonic() - began)},
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
