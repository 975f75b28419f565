"""What these commands can be asked."""

import argparse
from pathlib import Path


def replay(command: argparse.ArgumentParser) -> None:
    """`vivavoce replay`."""
    command.add_argument("session", metavar="SESSION", help="its id")
    command.add_argument("--speed", type=float, default=1.0, help="0.5 to 16 times its own pace (1)")
    command.add_argument("--after", default="0-0", metavar="ID", help="from behind this event on")
    command.add_argument("--reader-key", help="to read what was recorded (that of --key)")
    again = command.add_argument_group("its sound again, through the recogniser and the moderator of today")
    again.add_argument(
        "--again", action="store_true", help="and what has changed: words, latencies, verdicts"
    )
    again.add_argument("--model", help="a recogniser of this model, started for it and stopped after")
    again.add_argument("--language", help="two-letter code (that of the session, if it has one)")
    again.add_argument(
        "--realtime", action="store_true", help="at the pace of speech: latencies can be compared"
    )
    again.add_argument("--record", action="store_true", help="keep the new session too (without --model)")


def bring(command: argparse.ArgumentParser) -> None:
    """`vivavoce sessions import`."""
    command.add_argument(
        "sources", nargs="+", type=Path, metavar="FILE|DIR", help="sound files, or folders of them"
    )
    command.add_argument("--language", help="two-letter code (detected)")
    command.add_argument("--split", action="store_true", help="each of two channels is a speaker")
    command.add_argument(
        "--metadata", action="append", default=[], metavar="NAME=VALUE", help="of each session"
    )
    command.add_argument("--jobs", type=int, default=2, metavar="N", help="files at a time (2)")
    command.add_argument("--anyway", action="store_true", help="also what was imported before")
    command.add_argument("--reader-key", help="to see what was imported before (that of --key)")
    command.add_argument("--url", default=None, help="of the server (ws://127.0.0.1:8080/v1/stream)")
    command.add_argument(
        "--key", default=None, help="to speak to the server with; the sessions are its tenant's"
    )
    command.add_argument("--json", action="store_true", help="one outcome a line")
