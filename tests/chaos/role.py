"""One role of the service as a process of its own, forked from one that has imported everything already."""

import ctypes
import importlib
import os
import signal
import sys

import streaming.app
import streaming.cli
from streaming.config import Settings
from streaming.machine.tether import PR_SET_PDEATHSIG
from streaming.working import Worker
from tests.chaos.decoding import Decoder

# Imported before anything forks, so that each role starts at once.
for name in ("moderation.worker", "streaming.service.serving", "streaming.app"):
    importlib.import_module(name)


def run(role: str, environment: dict[str, str], log: str) -> None:
    """`vivavoce serve --role`, whose recogniser reads coded frames. Dies with its parent."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.environ.update(environment)
    with open(log, "ab", buffering=0) as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    real = streaming.app.worker

    def worker(role: str, settings: Settings) -> Worker:
        return Decoder(settings.asr) if role == "asr" else real(role, settings)

    if os.environ.get("CHAOS_ENGINE") != "real":
        streaming.app.worker = worker
    sys.exit(streaming.cli.run(["serve", "--role", role]))
