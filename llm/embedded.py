"""The embedded engine: a llama.cpp server in this process, which our one client speaks to like to any other.

It listens on a loopback port of its own choice, behind a random key that never leaves this process.
"""

import os
import secrets
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import xllamacpp

from llm.policy import LlmPolicy
from streaming.errors import ServiceFault

BATCH: Final = 128
"""Tokens of a prompt computed in one go. A short request beside a long prefill waits for one batch, and a closed
request ends after one: measured 1.1 s instead of 9.9, and 1.4 s instead of 7.9, on two cores, at no cost."""

PREFIX_CACHE_MIB: Final = 128
"""Memory for prefixes of conversations that have no slot at the moment (the library's default is 8 GiB), of all
embedded engines together."""

ERRORS_ONLY: Final = 1


class Embedded:
    """A server for one GGUF file. `start` and `stop` block: call them in a thread.

    `adapters`: LoRA adapters of that very model. They are loaded, and do nothing to a request that does not name them
    by their place (`lora`).
    """

    def __init__(self, file: Path, policy: LlmPolicy, adapters: Sequence[Path] = ()) -> None:
        self._file = file
        self._adapters = list(adapters)
        self._policy = policy
        self._server: xllamacpp.Server | None = None
        self._key = secrets.token_urlsafe(32)

    def start(self) -> tuple[str, str]:
        """Load the model and listen; (base URL, key).

        The engine's threads inherit `nice` from the calling thread, which is left with it: call it in a thread of its
        own.

        Raises:
            ServiceFault: the file is missing or is not a model.
        """
        if not self._file.is_file():
            raise ServiceFault("model_missing", f"there is no language model at {self._file}")
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), self._policy.nice)
        for adapter in self._adapters:
            if not adapter.is_file():
                raise ServiceFault("model_missing", f"there is no adapter at {adapter}")
        try:
            self._server = xllamacpp.Server(self._parameters())
        except (RuntimeError, ValueError) as wrong:
            raise ServiceFault(
                "model_broken", f"{self._file} cannot be loaded as a language model{self._with()}: {wrong}"
            ) from wrong
        return self._server.listening_address + "/v1", self._key

    def stop(self) -> None:
        """Stop listening and free the model. The library does both when the last reference is gone."""
        self._server = None

    def _with(self) -> str:
        return f" with {', '.join(str(adapter) for adapter in self._adapters)}" if self._adapters else ""

    def _parameters(self) -> xllamacpp.CommonParams:
        policy, wanted = self._policy, xllamacpp.CommonParams()
        wanted.model.path = str(self._file)
        wanted.hostnames = ["127.0.0.1"]
        wanted.port = 0
        wanted.api_keys = [self._key]
        wanted.ui = wanted.endpoint_slots = False  # slots would show what others say
        wanted.n_batch = wanted.n_ubatch = BATCH
        wanted.n_parallel = policy.slots
        wanted.n_ctx = policy.context * policy.slots
        wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = policy.thread_count()
        # Prompts beside the slots are found by their words alone, whichever adapter read them (llama.cpp, issue 26207).
        wanted.cache_ram_mib = 0 if self._adapters else max(1, PREFIX_CACHE_MIB // policy.neighbours())
        wanted.lora_adapters = [_loaded(adapter) for adapter in self._adapters]
        wanted.verbosity = ERRORS_ONLY
        return wanted


def _loaded(adapter: Path) -> xllamacpp.CommonAdapterLoraInfo:
    wanted = xllamacpp.CommonAdapterLoraInfo()
    wanted.path, wanted.scale = str(adapter), 0.0
    return wanted
