"""What the commands on this machine's home folder can be told on the command line."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

Command: TypeAlias = Callable[[Any, str, str, str], argparse.ArgumentParser]
"""Makes a command: where, its name, what it does, an example."""
CONFIG = "settings file (vivavoce.toml in the home folder)"


def of_serve(serve: argparse.ArgumentParser, roles: Sequence[str]) -> None:
    """Its arguments."""
    serve.add_argument(
        "--role", choices=(*roles, "all"), default="all", help="one part alone (needs REDIS_URL)"
    )
    serve.add_argument("--host", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", help="port to listen on (8080)")
    serve.add_argument("--config", type=Path, help=CONFIG)
    serve.add_argument("--tls-cert", metavar="FILE", help="speak TLS with this certificate (PEM)")
    serve.add_argument("--tls-key", metavar="FILE", help="and this key")
    serve.add_argument(
        "--tls", choices=("dev",), help="dev: with a certificate that is made for this machine"
    )


def of_models(commands: Any, command: Command) -> None:
    """Its actions."""
    models = command(commands, "models", "list, pull or verify models", "vivavoce models pull base")
    actions = models.add_subparsers(dest="action", metavar="ACTION", required=True)
    command(actions, "list", "what there is and what is here", "vivavoce models list")
    pull = command(actions, "pull", "get models", "vivavoce models pull base --from ~/whisper-base")
    pull.add_argument("names", nargs="+", metavar="NAME")
    pull.add_argument(
        "--from", dest="given", type=Path, metavar="PATH", help="a folder or file that you have"
    )
    verify = command(actions, "verify", "read and hash what is here", "vivavoce models verify base")
    verify.add_argument("names", nargs="*", metavar="NAME", help="all that are here when none is named")


def of_archive(commands: Any, command: Command) -> None:
    """Backup, restore and new keys."""
    backup = command(commands, "backup", "write what was recorded to a file", "vivavoce backup monday.tar")
    backup.add_argument("file", type=Path, metavar="FILE.tar")
    backup.add_argument("--with-keys", action="store_true", help="with tenants' keys: who has it reads all")
    restore = command(commands, "restore", "put a backup into an empty home", "vivavoce restore monday.tar")
    restore.add_argument("file", type=Path, metavar="FILE.tar")
    rekey = command(commands, "rekey", "give a tenant's recordings a new key", "vivavoce rekey desk")
    rekey.add_argument("tenant", metavar="TENANT")
    for one in (backup, restore, rekey):
        one.add_argument("--config", type=Path, help=CONFIG)


def of_dead(commands: Any, command: Command) -> None:
    """Its actions."""
    dead = command(commands, "dead", "what was given up after three tries", "vivavoce dead list")
    dead.add_argument("--config", type=Path, help=CONFIG)
    actions = dead.add_subparsers(dest="action", metavar="ACTION", required=True)
    command(actions, "list", "sessions, roles and times", "vivavoce dead list")
    export = command(actions, "export", "the sound that is kept", "vivavoce dead export SESSION kept.wav")
    drop = command(actions, "drop", "forget it", "vivavoce dead drop SESSION")
    for action in (export, drop):
        action.add_argument("session", metavar="SESSION", help="its id")
    export.add_argument("file", type=Path, metavar="FILE.wav", help="to write")


def of_config(commands: Any, command: Command) -> None:
    """Its actions."""
    config = command(
        commands, "config", "what is set, and a file to begin from", "vivavoce config show --changed"
    )
    actions = config.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = command(actions, "show", "what is in force, and who set it", "vivavoce config show --changed")
    show.add_argument("--config", type=Path, help=CONFIG)
    show.add_argument("--changed", action="store_true", help="only what is not as it is by default")
    show.add_argument("--json", action="store_true", help="a list of {setting, value, from}")
    init = command(actions, "init", "write a file with every setting and its default", "vivavoce config init")
    init.add_argument("file", type=Path, nargs="?", metavar="FILE|-", help=CONFIG)
    init.add_argument("--force", action="store_true", help="write over a file that is there")


def of_doctor(doctor: argparse.ArgumentParser) -> None:
    """Its arguments: the address and TLS of the service that is asked about are those of `serve`."""
    doctor.add_argument("--config", type=Path, help=CONFIG)
    doctor.add_argument(
        "--full", action="store_true", help="read and hash all models (else: what was checked before)"
    )
    doctor.add_argument("--json", action="store_true", help="a list of {what, state, found, mend}")
