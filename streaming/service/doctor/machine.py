"""What the machine gives: libraries, a microphone, a GPU, the time, files and memory."""

import ctypes
import importlib
import platform
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from streaming.service.doctor.finding import Finding, Patient, ok, warning, wrong

LIBRARIES: Final = ("ctranslate2", "onnxruntime", "av", "xllamacpp", "redis", "uvicorn")
LEAST_BYTES, FEW_BYTES = 200_000_000, 2_000_000_000
EACH: Final = 4
"""Open files for a session: its socket, and a share of what is asked of Redis and the archive."""
TIME_ERROR: Final = 5
"""What adjtimex(2) answers while nobody keeps the clock right."""
MEMORY: Final = Path("/proc/meminfo")
DRIVER: Final = Path("/proc/driver/nvidia/version")


def libraries(_: Patient) -> Iterator[Finding]:
    """What `serve` is made of can be loaded."""
    broken: list[str] = []
    mend = "pip install 'vivavoce[server]'"
    for name in LIBRARIES:
        try:
            importlib.import_module(name)
        except ImportError as why:
            broken.append(f"{name} ({why})")
            mend = "apt-get install libgomp1" if "libgomp" in str(why) else mend
    yield ok("Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    if broken:
        yield wrong("libraries", f"cannot be loaded: {'; '.join(broken)}", mend)
    else:
        yield ok("libraries", f"{', '.join(LIBRARIES)} can be loaded")


def microphone(_: Patient) -> Iterator[Finding]:
    """`vivavoce transcribe mic` and `chat --mic` can hear. Browsers have their own."""
    what, without = "microphone", "Browsers and files are not touched by this"
    try:
        sound: Any = importlib.import_module("sounddevice")
        inputs = [one["name"] for one in sound.query_devices() if one["max_input_channels"]]
    except ModuleNotFoundError:
        yield warning(what, "sounddevice is not installed", f"pip install 'vivavoce[mic]'. {without}")
    except OSError as why:
        yield warning(what, str(why), f"apt-get install libportaudio2. {without}")
    else:
        if inputs:
            yield ok(what, f"{len(inputs)}, the first is {inputs[0]}")
        else:
            yield warning(
                what, "this machine has none", f"Plug one in for `vivavoce transcribe mic`. {without}"
            )


def gpu(patient: Patient) -> Iterator[Finding]:
    """The device that the settings ask for is there."""
    from asr.whisper.device import cores

    ctranslate2: Any = importlib.import_module("ctranslate2")
    count, asked = ctranslate2.get_cuda_device_count(), patient.settings.asr.device
    if count:
        yield ok("GPU", f"{count}, which CTranslate2 can use")
    elif asked == "cuda":
        mend = 'Install the driver and CUDA 12 with cuDNN 9, or set asr.device = "auto"'
        yield wrong("GPU", 'asr.device is "cuda", and CTranslate2 finds no such device', mend)
    elif DRIVER.exists():
        mend = "Install CUDA 12 and cuDNN 9, or leave it: it runs on the CPU"
        yield warning("GPU", "there is a driver, and CTranslate2 finds no device", mend)
    else:
        yield ok("GPU", f"none: it runs on {cores():g} CPU cores")


def clock(_: Patient) -> Iterator[Finding]:
    """Somebody keeps it right: sessions, tickets and signatures tell the time."""
    state = timekeeping()
    if state == TIME_ERROR:
        mend = "timedatectl set-ntp true, or install chrony (in a container: on its host)"
        yield warning("clock", "the kernel says that nobody keeps it right", mend)
    elif state < 0:
        yield warning("clock", "the kernel does not say whether it is kept right", "Look: timedatectl")
    else:
        yield ok("clock", "kept right, says the kernel")


def timekeeping() -> int:
    """What adjtimex(2) says of the kernel's clock."""
    return ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))  # it asks only: `modes` is 0


def disk(patient: Patient) -> Iterator[Finding]:
    """There is room for logs and recordings."""
    place = next(path for path in (patient.home, *patient.home.parents) if path.exists())
    free = shutil.disk_usage(place).free
    found = f"{free / 1e9:.1f} GB are free at {place}"
    mend = "Make room there, or set VIVAVOCE_HOME to a folder on a larger disk"
    if free < LEAST_BYTES:
        yield wrong("disk", found, mend)
    elif free < FEW_BYTES:
        yield warning("disk", f"{found}: an hour of recorded sound takes up to 0.2 GB", mend)
    else:
        yield ok("disk", found)


def files(patient: Patient) -> Iterator[Finding]:
    """As many may be open as sessions need."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    sessions = patient.settings.server.max_sessions
    if most != resource.RLIM_INFINITY and most < EACH * sessions:
        mend = f"Raise it (ulimit -Hn, LimitNOFILE=), or set server.max_sessions to {most // EACH}"
        yield warning("open files", f"{most} at most, and server.max_sessions is {sessions}", mend)
    else:
        yield ok("open files", "no bound" if most == resource.RLIM_INFINITY else f"{most} at most")


def memory(patient: Patient) -> Iterator[Finding]:
    """The models have room in it."""
    from streaming.machine.models import Shelf
    from streaming.service.serving import needed

    known = Shelf(patient.home / "models").models
    need = sum(known[name].size for name in needed(patient.settings) if name in known) + 1_000_000_000
    free = 0
    for line in MEMORY.read_text().splitlines():
        if line.startswith("MemAvailable:"):
            free = int(line.split()[1]) * 1024
    found = f"{free / 1e9:.1f} GB are free; models and service take about {need / 1e9:.1f} GB"
    if free < need:
        yield warning("memory", found, "Choose smaller models (asr.model, llm.model), or stop something else")
    else:
        yield ok("memory", found)
