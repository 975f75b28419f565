"""Which server the commands speak to, and with which keys."""

import argparse
import os
from typing import NamedTuple

from streaming.talk.reach import URL


class Where(NamedTuple):
    """`key` is to speak with, `reader_key` to read what was recorded with; where none is set, none is needed."""

    url: str
    key: str | None
    reader_key: str | None


def where(options: argparse.Namespace) -> Where:
    """What the command line says, else the environment, else this machine."""
    url = options.url or os.environ.get("VIVAVOCE_URL") or URL
    key = options.key or os.environ.get("VIVAVOCE_KEY")
    reader = getattr(options, "reader_key", None) or os.environ.get("VIVAVOCE_READER_KEY")
    return Where(url, key, reader or key)
