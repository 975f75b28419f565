"""docs/SETTINGS.md: every setting, with its default, and what it means in the words of the code."""

from typing import Any, Final

from msgspec import NODEFAULT

from streaming.config import Settings
from streaming.explained import Section, kinds, literal, sections

HEAD: Final = """# Settings
Made from the code by `python -m deploy.documents`; a test holds it to the code.

Settings come from `vivavoce.toml` in the home folder (or `--config FILE`), over which go the environment
(`VIVAVOCE_SECTION__KEY`, so `asr.stable.sure` is `VIVAVOCE_ASR__STABLE__SURE`; lists with commas) and the flags of
`vivavoce serve`. `vivavoce config init` writes this page as a file to begin from, `vivavoce config show` tells what is
in force and who set it. An unknown key, or a value of another kind, is refused at the start.
Where `NAME` stands in a section, there may be any number of them, each with a name of yours.
"""


def page() -> str:
    """The whole document."""
    return HEAD + "".join(_part(section) for section in sections(Settings) if section.fields)


def _part(section: Section) -> str:
    rows = "".join(_row(*field) for field in section.fields)
    return f"\n## [{'.'.join(section.path)}]\n{section.meaning}\n\n| key | kind | default |\n|---|---|---|\n{rows}"


def _row(name: str, expected: Any, default: Any) -> str:
    told = "(to be given)" if default is NODEFAULT else f"`{literal(default)}`"
    return f"| `{name}` | {kinds(expected)} | {told} |\n".replace("``", "")
