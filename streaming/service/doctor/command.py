"""`vivavoce doctor`: all checks, one line each. Exit code 1 when something is wrong."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
from rich.console import Console
from rich.text import Text

from streaming.config import FILE, Settings, load
from streaming.machine import home
from streaming.service.doctor import house, machine, store
from streaming.service.doctor.finding import Check, Finding, Patient, examined, ok, wrong
from streaming.settings import SettingsError

CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("libraries", machine.libraries),
    ("home folder", house.folder),
    ("disk", machine.disk),
    ("memory", machine.memory),
    ("open files", machine.files),
    ("clock", machine.clock),
    ("port", house.port),
    ("keys", house.door),
    ("Redis", store.redis),
    ("models", house.models),
    ("GPU", machine.gpu),
    ("microphone", machine.microphone),
    ("page", house.page),
)
SIGNS: Final = {"ok": ("ok", "green"), "warning": ("warning", "yellow"), "wrong": ("WRONG", "red")}
WIDTH: Final = 8


def run(options: argparse.Namespace) -> int:
    """Look at everything; the exit code."""
    found: list[Finding] = []
    console = Console(highlight=False, soft_wrap=True)
    for one in findings(options):
        found.append(one)
        if not options.json:
            _tell(console, one)
    if options.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=1).decode() + "\n")
    else:
        console.print(_sum(found))
    return 1 if any(one.state == "wrong" for one in found) else 0


def findings(options: argparse.Namespace) -> Iterator[Finding]:
    """What there is to tell, as it is found."""
    place = home.locate()
    file = options.config or place / FILE
    try:
        if options.config is not None and not options.config.is_file():
            raise SettingsError(f"There is no settings file {options.config}")
        settings = load(file)
    except SettingsError as why:
        yield wrong("settings", str(why), "Mend that line; all below is told of the defaults")
        settings = Settings()
    else:
        yield ok("settings", str(file) if file.exists() else f"the defaults: there is no {file}")
    yield from examined(Patient(place, settings, options.full), CHECKS)


def _tell(console: Console, one: Finding) -> None:
    sign, style = SIGNS[one.state]
    console.print(Text.assemble((sign.ljust(WIDTH), style), f"{one.what}: {one.found}"))
    if one.mend:
        console.print(Text(f"{' ' * WIDTH}{one.mend}", "bold" if one.state == "wrong" else "dim"))


def _sum(found: Iterable[Finding]) -> str:
    counts = {state: sum(one.state == state for one in found) for state in ("wrong", "warning")}
    if not any(counts.values()):
        return "All is well."
    return f"{counts['wrong']} wrong, {counts['warning']} to know of."
