"""What is written is there after a power cut."""

import os
from pathlib import Path


def synced(path: Path) -> None:
    """A file's content, or the names in a folder, are on the disk. Raises OSError."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
