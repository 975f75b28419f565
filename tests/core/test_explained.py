"""The settings as people read them: each is explained, the file sets nothing, and who set what is told."""

import re
import tomllib
from typing import Annotated, Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct

from streaming.config import Settings, load, sources
from streaming.explained import commented, in_force, kinds, literal, meaning, sections
from streaming.settings import Source, is_section, row_of, settle

VALUES = st.recursive(
    st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",))),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), below, max_size=3)
    ),
    max_leaves=8,
)


def structs(kind: type[Struct]) -> list[type[Struct]]:
    below = [row_of(field.type) or field.type for field in msgspec.structs.fields(kind)]
    return [kind, *(found for one in below if is_section(one) for found in structs(one))]


def test_each_setting_is_explained_where_it_is() -> None:
    silent = {
        f"{kind.__name__}.{field.name}"
        for kind in structs(Settings)[1:]
        for field in msgspec.structs.fields(kind)
        if not is_section(field.type) and f"`{field.name}`" not in meaning(kind)
    }
    assert silent == set()


def test_the_commented_file_sets_nothing_and_without_its_marks_the_defaults() -> None:
    whole = commented(Settings)
    assert settle(Settings, [Source("file", tomllib.loads(whole))]) == Settings()
    bare = "\n".join(re.sub(r"^# ", "", line) for line in whole.splitlines()[4:] if not line.startswith("##"))
    shown: Any = tomllib.loads(bare.replace("= ...", '= "to be given"'))
    assert shown["asr"]["stable"]["sure"] == Settings().asr.stable.sure
    assert shown["llm"]["tools"]["NAME"]["url"] == "to be given"
    for free in (shown["llm"], shown["llm"]["assist"], shown["moderation"]):
        for key in [key for key, value in free.items() if isinstance(value, dict) and "NAME" in value]:
            del free[key]
    assert settle(Settings, [Source("file", shown)]) == Settings()


@given(VALUES)
def test_values_are_written_as_toml_reads_them(value: Any) -> None:
    assert tomllib.loads(f"value = {literal(value)}")["value"] == value


def test_who_set_it_last_is_told_and_no_secret_is() -> None:
    here = Source("the file", {"asr": {"model": "tiny"}, "llm": {"url": "http://me:pass@h/v1", "key": "k1"}})
    over = Source("the environment", {"asr": {"model": "small"}, "server": {"keys": "a:secret1"}}, loose=True)
    found = {".".join(one.path): (one.value, one.source) for one in in_force(Settings, [here, over])}
    assert found["asr.model"] == ("small", "the environment")
    assert found["asr.device"] == ("auto", "default")
    assert found["llm.url"] == ("http://(set)@h/v1", "the file")
    assert found["llm.key"] == ("(set)", "the file")
    assert found["server.keys"] == ("(set)", "the environment")
    assert found["llm.max_tokens"] == (256, "default"), "a number of tokens is no secret"
    assert not re.search(r"me:|k1|secret1", repr(found))


def test_a_section_of_a_free_name_is_told_with_the_defaults_of_its_kind() -> None:
    file = Source("the file", {"llm": {"flavours": {"small": {"model": "tiny"}}}})
    found = {".".join(one.path): (one.value, one.source) for one in in_force(Settings, [file])}
    assert found["llm.flavours.small.model"] == ("tiny", "the file")
    assert found["llm.flavours.small.slots"] == (0, "default")


def test_what_is_told_is_what_is_in_force() -> None:
    told = {one.path: one.value for one in in_force(Settings, sources(None, {"VIVAVOCE_ASR__WORKERS": "3"}))}
    assert told[("asr", "workers")] == load(None, {"VIVAVOCE_ASR__WORKERS": "3"}).asr.workers == 3


def test_kinds_are_told_as_people_say_them() -> None:
    assert kinds(Annotated[float, Meta(ge=0, le=2)]) == "number at least 0, at most 2"
    assert kinds(dict[str, tuple[int, ...]]) == "table of list of whole number"
    rows = [field for section in sections(Settings) for field in section.fields]
    assert {name for name, kind, _ in rows if kinds(kind).endswith("anything")} == {"parameters"}
