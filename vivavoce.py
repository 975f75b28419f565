"""Vivavoce's face: the command (`vivavoce`, `python -m vivavoce`), `vivavoce.Client` and `vivavoce.Watcher`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from streaming.client.client import Client
    from streaming.client.watcher import Watcher

__all__ = ["Client", "Watcher", "main"]
__version__ = "0.1.0"


def main() -> int:
    """Run the command with the arguments of this process; its exit code."""
    from streaming.cli import run

    return run()


def __getattr__(name: str) -> Any:
    # Lazy, so that `vivavoce --help` is quick and the plain install needs nothing of the server.
    if name == "Client":
        from streaming.client.client import Client

        return Client
    if name == "Watcher":
        from streaming.client.watcher import Watcher

        return Watcher
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


if __name__ == "__main__":
    raise SystemExit(main())
