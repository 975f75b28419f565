"""The documents are true: those made from the code are as the code is, and what the others name is there."""

import argparse
import contextlib
import io
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.documents.__main__ import PAGES
from deploy.documents.errors import GROUPS, meanings
from deploy.documents.scan import ROOT, raised
from streaming.cli import parser
from streaming.config import Settings
from streaming.settings import Source, known_keys, settle

DOCUMENTS = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md"))]
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
KEYS = set(known_keys(Settings))
SECTIONS = {key.split(".")[0] for key in KEYS}
APART = {"VIVAVOCE_HOME", "VIVAVOCE_URL", "VIVAVOCE_KEY", "VIVAVOCE_READER_KEY", "VIVAVOCE_SECTION__KEY"}
FREE = ("llm.tenants", "llm.flavours", "llm.adapters", "llm.tools", "llm.variables", "llm.assist.keywords",
        "llm.assist.topics", "moderation.tenants", "moderation.thresholds")  # fmt: skip
"""Tables whose names are the operator's."""


@pytest.mark.parametrize("name", PAGES)
def test_what_is_made_from_the_code_is_as_the_code_is(name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == PAGES[name](), "write it anew: python -m deploy.documents"


def test_each_error_code_of_the_code_has_a_meaning_and_what_to_do_and_no_other_has() -> None:
    told = meanings()
    assert set(told) == set(GROUPS)
    listed = [code for group in told.values() for code in group]
    assert sorted(listed) == sorted({one.code for one in raised()}), "mend deploy/documents/faults.toml"
    for code, said in ((code, said) for group in told.values() for code, said in group.items()):
        assert len(said) == 2, code
        assert all(sentence.endswith(".") and len(sentence) > 8 for sentence in said), code


def blocks(text: str) -> Iterator[str]:
    """Code blocks, without those of other languages."""
    for fence in re.finditer(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        if fence[1] in ("", "sh", "bash", "console"):
            yield fence[2].replace("\\\n", " ")


def commands(text: str) -> Iterator[str]:
    """`vivavoce …` at the beginning of a line, behind settings for it or a pipe; in blocks and between backticks."""
    quoted = re.findall(
        r"`(vivavoce [^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    )
    for line in [*quoted, *(line for block in blocks(text) for line in block.splitlines())]:
        if found := re.match(r"(?:.*\| |(?:[A-Z_]+=\S* )+|\.venv/bin/)*(vivavoce .*)", line):
            yield re.split(r"\s#|\s\||&&|>|;|…$", found[1])[0].strip()


def meant(command: str) -> list[str]:
    """Its arguments: the first of `a|b|c`; without `[what may be left out]` and `…`."""
    words = shlex.split(re.sub(r"\[[^\]]*\]", "", command))[1:]
    return [word.split("|")[0] for word in words if word not in ("…", "...")]


def refused(arguments: list[str]) -> str:
    """What the command line says against them; "" if it takes them."""
    told = io.StringIO()
    with contextlib.redirect_stderr(told), contextlib.redirect_stdout(io.StringIO()):
        try:
            parser().parse_args(arguments)
        except SystemExit as wrong:
            return told.getvalue() if wrong.code else ""
    return ""


def abbreviated(arguments: list[str]) -> bool:
    """A command is named, not called: its actions or its arguments are left out."""
    actions: Any = next(one for one in parser()._actions if isinstance(one, argparse._SubParsersAction))
    for count, word in enumerate(arguments):
        if word not in actions.choices:
            return False
        below = actions.choices[word]
        actions = next((one for one in below._actions if isinstance(one, argparse._SubParsersAction)), None)
        if actions is None:
            return count + 1 == len(arguments)
    return True


@pytest.mark.parametrize("name", NAMES)
def test_each_command_in_a_document_is_one_that_the_command_line_takes(name: str) -> None:
    wrong: dict[str, str] = {}
    for command in commands((ROOT / name).read_text()):
        arguments = meant(command)
        if not abbreviated(arguments) and (said := refused(arguments)):
            wrong[command] = said.strip().splitlines()[-1]
    assert wrong == {}


@pytest.mark.parametrize("name", NAMES)
def test_each_link_and_each_file_that_a_document_names_is_there(name: str) -> None:
    text, folder = (ROOT / name).read_text(), (ROOT / name).parent
    links = [link for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text) if not link.startswith("http")]
    assert [link for link in links if not (folder / link).exists()] == []
    prefix = r"`((?:docs|tests|deploy|streaming|asr|llm|moderation|web)/[\w./-]+\.\w+)`"
    assert [file for file in re.findall(prefix, text) if not any(within(file))] == []


def within(file: str) -> list[Path]:
    """In the checkout; ARCHITECTURE names parts of a folder by what is below it."""
    return [path for path in (ROOT / file, ROOT / "streaming" / file) if path.exists()]


@pytest.mark.parametrize("name", NAMES)
def test_each_setting_that_a_document_names_is_one(name: str) -> None:
    text = (ROOT / name).read_text()
    dotted = set(re.findall(r"`([a-z]+(?:\.[a-z0-9_]+)+)", text))
    settings = {one for one in dotted if one.split(".")[0] in SECTIONS and not exempt(one)}
    for variable in set(re.findall(r"VIVAVOCE_[A-Z0-9_]*[A-Z0-9]", text)) - APART:
        settings.add(variable.removeprefix("VIVAVOCE_").lower().replace("__", "."))
    known = {*KEYS, *(key.rpartition(".")[0] for key in KEYS)}
    assert sorted(one for one in settings if one not in known and not one.startswith(FREE)) == []


@pytest.mark.parametrize("name", NAMES)
def test_each_example_of_settings_in_a_document_is_taken(name: str) -> None:
    for block in re.findall(r"^```toml\n(.*?)^```", (ROOT / name).read_text(), re.MULTILINE | re.DOTALL):
        settle(Settings, [Source(name, tomllib.loads(block))])


def exempt(name: str) -> bool:
    """What looks like a setting and is an event or a file: the first word is both."""
    return name.startswith(("session.", "llm.retrieval", "moderation.verdict")) or name.endswith(
        (".py", ".toml")
    )
