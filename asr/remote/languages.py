"""Languages as transcription servers name them, by the codes that we use. Pure."""

from streaming.languages import CODES


def code(name: str | None) -> str | None:
    """The code of what a server calls `name`: "English", "en" and "en-US" are `en`. None when that says nothing."""
    plain = (name or "").strip().lower().replace("_", "-")
    plain = CODES.get(plain, plain.split("-")[0])
    return plain if plain in CODES.values() else None
