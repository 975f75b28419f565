"""What `vivavoce demo` may be asked. Apart, so that the command line needs nothing else of it."""

import argparse
from typing import Final

PORT: Final = 8080


def of_demo(demo: argparse.ArgumentParser) -> None:
    """Its options, but for those of every client."""
    demo.description = (
        "Plays a telephone call of two parties in its own time and shows what an agent would see: both lanes, "
        "suggestions with their sources, alerts, a summary. Starts a service of its own for it, in the folder "
        "`demo` of the home folder; with --url it is played to one that runs, with the documents that it has."
    )
    demo.add_argument("--speed", type=float, default=1.0, help="times the pace of speech (1)")
    demo.add_argument("--loop", action="store_true", help="again and again, until Ctrl-C")
    demo.add_argument("--once", action="store_true", help="end the service with the call")
    demo.add_argument("--port", type=int, default=PORT, help=f"of that service ({PORT}, or one that is free)")
