"""What `transcribe` and `chat` can be told on the command line."""

import argparse
from pathlib import Path


def of_transcribe(command: argparse.ArgumentParser) -> None:
    """Its arguments."""
    command.add_argument(
        "source", nargs="+", metavar="FILE|mic|-", help="sound files, or `mic`, or `-` for stdin"
    )
    command.add_argument("--language", help="two-letter code (detected)")
    command.add_argument("--split", action="store_true", help="each of two channels is a speaker")
    command.add_argument("--realtime", action="store_true", help="send a file at the pace of speech")
    shape = command.add_mutually_exclusive_group()
    shape.add_argument("--srt", action="store_true", help="subtitles (SubRip)")
    shape.add_argument("--vtt", action="store_true", help="subtitles (WebVTT)")
    shape.add_argument("--txt", action="store_true", help="text: who said what, and when")
    shape.add_argument("--json", action="store_true", help="one event a line")
    command.add_argument(
        "-o", "--out", type=Path, metavar="FILE|FOLDER", help="write there; the name's ending says what (txt)"
    )


def of_chat(command: argparse.ArgumentParser) -> None:
    """Its arguments."""
    spoken = command.add_mutually_exclusive_group()
    spoken.add_argument("--mic", action="store_true", help="speak (Ctrl-C ends it)")
    spoken.add_argument("--wav", metavar="FILE", help="a sound file speaks, at the pace of speech")
    command.add_argument("--language", help="that is spoken: two-letter code (detected)")
