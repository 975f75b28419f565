"""The scripts that make several steps one, all or nothing."""

import functools
import hashlib
import pathlib
from typing import Final

SCRIPTS: Final = pathlib.Path(__file__).parent / "scripts"
KEEPING: Final = frozenset({"commit", "intake", "together"})
"""Scripts whose callers acknowledge what they wrote."""


@functools.cache
def lua(name: str) -> str:
    """Source of `streaming/scripts/<name>.lua`."""
    return (SCRIPTS / f"{name}.lua").read_text()


@functools.cache
def sha(name: str) -> str:
    """What EVALSHA calls `streaming/scripts/<name>.lua`."""
    return hashlib.sha1(lua(name).encode(), usedforsecurity=False).hexdigest()
