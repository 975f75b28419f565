"""What `vivavoce serve` can be told on its command line."""

import argparse
from collections.abc import Sequence
from pathlib import Path


def of_serve(serve: argparse.ArgumentParser, roles: Sequence[str]) -> None:
    """Its arguments."""
    serve.add_argument(
        "--role", choices=(*roles, "all"), default="all", help="one part alone (needs REDIS_URL)"
    )
    serve.add_argument("--host", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", help="port to listen on (8080)")
    serve.add_argument("--config", type=Path, help="settings file (vivavoce.toml in the home folder)")
    serve.add_argument("--tls-cert", metavar="FILE", help="speak TLS with this certificate (PEM)")
    serve.add_argument("--tls-key", metavar="FILE", help="and this key")
    serve.add_argument(
        "--tls", choices=("dev",), help="dev: with a certificate that is made for this machine"
    )
