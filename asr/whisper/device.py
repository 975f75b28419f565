"""Finds out what this machine has for the recogniser. The shell of `asr.whisper.profile`."""

import os
from pathlib import Path
from typing import Final

import ctranslate2

from asr.whisper.profile import Device

QUOTA: Final = Path("/sys/fs/cgroup/cpu.max")


def device(kind: str, quota: Path = QUOTA) -> Device:
    """The device that CTranslate2 calls `kind`; for "auto" the GPU, if there is one, else the CPU."""
    if kind == "auto":
        kind = "cuda" if ctranslate2.get_cuda_device_count() else "cpu"
    return Device(kind, cores(quota), frozenset(ctranslate2.get_supported_compute_types(kind)))


def cores(quota: Path = QUOTA) -> float:
    """CPU cores that this process may use: those it is bound to, as far as its control group lets it."""
    bound = float(len(os.sched_getaffinity(0)))
    try:
        most, period = quota.read_text().split()
        return bound if most == "max" else min(bound, int(most) / int(period))
    except (OSError, ValueError, ZeroDivisionError):
        return bound
