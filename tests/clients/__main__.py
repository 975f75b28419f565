"""`make test-clients`: each client hears a prompt and prints what it says. The exit code is how many fail."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import wave
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

from streaming.machine.certificates import develop
from tests import speech
from tests.conftest import running_redis
from tests.integration.test_openai_realtime_speech import at
from tests.stack import Stack

HERE, CLIENTS = Path(__file__).parent, Path(__file__).parents[2] / ".clients"
NAME = "auth-thankyou"
AT_ONCE = 3
"""They spend most of their time speaking."""


def main() -> int:
    """Every client against one service, by TLS where it insists on that."""
    with tempfile.TemporaryDirectory() as place, running_redis() as redis:
        folder = Path(place)
        path, pair = folder / "said.wav", develop(folder)
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 24_000, 0, "NONE", ""))
            file.writeframes(at(speech.join(0.3, NAME, 2.0), 24_000).tobytes())
        tls = {"VIVAVOCE_SERVER__TLS_CERT": str(pair.cert), "VIVAVOCE_SERVER__TLS_KEY": str(pair.key)}
        model = {"VIVAVOCE_LLM__MODEL": "smollm2-135m", "VIVAVOCE_SERVER__MAX_LOAD": "1000"}
        stack = Stack(redis, folder, model)
        secure = Stack(redis, folder, model | tls)
        try:
            stack.start()
            stack.await_ready()
            secure.start("gateway")
            listens(secure.port)
            found = commands(stack, secure, path)
            with ThreadPoolExecutor(AT_ONCE) as pool:
                failed = [*pool.map(partial(heard, pair.authority), found, found.values())].count(False)
        finally:
            secure.close()
            stack.close()
    return failed


def listens(port: int, seconds: float = 60) -> None:
    """Wait until somebody does there. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError(f"nobody listens at port {port}")


def commands(stack: Stack, secure: Stack, path: Path) -> dict[str, list[str]]:
    """What runs each of them."""
    python, node = str(CLIENTS / "venv/bin/python"), os.environ.get("NODE", "node")
    plain, sure = f"127.0.0.1:{stack.port}", f"https://localhost:{secure.port}"
    found: dict[str, tuple[str, str, str]] = {
        "LiveKit, OpenAI": (python, "livekit_openai.py", f"http://{plain}/v1"),
        "Pipecat, OpenAI": (python, "pipecat_openai.py", f"ws://{plain}/v1/realtime"),
        "openai (npm)": (node, "openai_npm.mjs", f"{sure}/v1"),
        "LiveKit, Deepgram": (python, "livekit_deepgram.py", f"http://{plain}/v1/listen"),
        "LiveKit, Flux": (python, "livekit_deepgram.py", f"ws://{plain}/v2/listen"),
        "Pipecat, Deepgram": (python, "pipecat_deepgram.py", f"ws://{plain}"),
        "Pipecat, Flux": (python, "pipecat_deepgram.py", f"ws://{plain}/v2/listen"),
        "@deepgram/sdk (npm)": (node, "deepgram_npm.mjs", f"http://{plain}/v1/listen"),
        "@deepgram/sdk, Flux": (node, "deepgram_npm.mjs", f"http://{plain}/v2/listen"),
    }
    return {
        name: [program, str(HERE / script), url, str(path)] for name, (program, script, url) in found.items()
    }


def heard(authority: Path, name: str, command: list[str]) -> bool:
    """Whether the client heard what was said."""
    environment = {**os.environ, "NODE_EXTRA_CA_CERTS": str(authority)}
    done = subprocess.run(
        command, check=False, cwd=CLIENTS, env=environment, capture_output=True, text=True, timeout=150
    )
    wrong = speech.errors(speech.plain(speech.said()[NAME]), speech.plain(done.stdout))
    good = not done.returncode and wrong <= 1
    sys.stdout.write(f"{name:21}{'ok' if good else 'FAILED'}  {done.stdout.strip()!r}\n")
    if not good:
        sys.stdout.write(done.stderr[-2_000:] + "\n")
    return good


if __name__ == "__main__":
    sys.exit(main())
