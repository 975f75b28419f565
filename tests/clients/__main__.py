"""`make test-clients`: each client hears a prompt and prints what it says. The exit code is how many fail."""

import os
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

from streaming.machine.certificates import develop
from tests import speech
from tests.conftest import running_redis
from tests.integration.test_openai_realtime_speech import at
from tests.stack import Stack

HERE, CLIENTS = Path(__file__).parent, Path(__file__).parents[2] / ".clients"
NAME = "auth-thankyou"


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
            failed = sum(
                not heard(name, command, pair.authority)
                for name, command in commands(stack, secure, path).items()
            )
        finally:
            secure.close()
            stack.close()
    return failed


def commands(stack: Stack, secure: Stack, path: Path) -> dict[str, list[str]]:
    """What runs each of them."""
    python, node = str(CLIENTS / "venv/bin/python"), os.environ.get("NODE", "node")
    plain = f"127.0.0.1:{stack.port}/v1"
    return {
        "LiveKit": [python, str(HERE / "livekit_openai.py"), f"http://{plain}", str(path)],
        "Pipecat": [python, str(HERE / "pipecat_openai.py"), f"ws://{plain}/realtime", str(path)],
        "openai (npm)": [
            node,
            str(HERE / "openai_npm.mjs"),
            f"https://localhost:{secure.port}/v1",
            str(path),
        ],
    }


def heard(name: str, command: list[str], authority: Path) -> bool:
    """Whether the client heard what was said."""
    environment = {**os.environ, "NODE_EXTRA_CA_CERTS": str(authority)}
    done = subprocess.run(
        command, check=False, cwd=CLIENTS, env=environment, capture_output=True, text=True, timeout=150
    )
    wrong = speech.errors(speech.plain(speech.said()[NAME]), speech.plain(done.stdout))
    good = not done.returncode and wrong <= 1
    sys.stdout.write(f"{name:14}{'ok' if good else 'FAILED'}  {done.stdout.strip()!r}\n")
    if not good:
        sys.stdout.write(done.stderr[-2_000:] + "\n")
    return good


if __name__ == "__main__":
    sys.exit(main())
