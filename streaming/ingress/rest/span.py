"""Which bytes a Range asks for (RFC 9110, 14). Pure."""

import re

from streaming.errors import ClientFault


def wanted(header: str | None, size: int) -> tuple[int, int] | None:
    """First and last byte of a file of `size` bytes; None: all of it (no Range, or one that is not served in parts).

    Raises:
        ClientFault: the file has no such bytes (`bad_range`).
    """
    found = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", (header or "").strip())
    if found is None or found[1] == found[2] == "":
        return None
    if found[1]:
        first, last = int(found[1]), min(int(found[2] or size), size - 1)
    else:
        first, last = max(0, size - int(found[2])), size - 1
    if found[1] and found[2] and int(found[1]) > int(found[2]):
        return None  # it means nothing, and is to be ignored
    if first >= size or last < first:
        raise ClientFault("bad_range", f"there are {size} bytes: ask for some of them")
    return first, last
