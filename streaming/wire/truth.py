"""Yes and no as people write them where all values are text: queries, custom parameters. Pure."""

from typing import Final

TRUTH: Final = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}


def truth(value: str) -> bool | None:
    """What it says; None: neither. The caller knows whom to tell, and how."""
    return TRUTH.get(value.strip().lower())
