"""Settings: how sources are laid over each other, and what is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from streaming.settings import SettingsError, Source, known_keys, lay, nest, settle


class Inner(Struct, frozen=True, forbid_unknown_fields=True):
    host: str = "here"
    port: int = 8080
    names: tuple[str, ...] = ()
    share: float = 0.5
    open: bool = False
    key: str = ""


class Outer(Struct, frozen=True, forbid_unknown_fields=True):
    server: Inner = Inner()
    other: Inner = Inner(port=1)


values = st.fixed_dictionaries(
    {},
    optional={
        "host": st.text(),
        "port": st.integers(-(2**31), 2**31),
        "names": st.lists(st.text()),
        "share": st.floats(allow_nan=False, allow_infinity=False),
        "open": st.booleans(),
    },
)
trees = st.fixed_dictionaries({}, optional={"server": values, "other": values})


@given(st.lists(trees, max_size=4))
def test_each_key_has_the_value_of_the_last_source_that_names_it(given_trees: list[dict[str, Any]]) -> None:
    settled = settle(Outer, [Source(f"source {n}", tree) for n, tree in enumerate(given_trees)])
    for section in ("server", "other"):
        for key in ("host", "port", "names", "share", "open"):
            expected = getattr(getattr(Outer(), section), key)
            for tree in given_trees:
                expected = tree.get(section, {}).get(key, expected)
            got = getattr(getattr(settled, section), key)
            assert (list(got) if key == "names" else got) == (list(expected) if key == "names" else expected)


@given(trees, trees, trees)
def test_laying_over_is_associative_and_changes_neither(a: Any, b: Any, c: Any) -> None:
    before = repr((a, b, c))
    assert lay(lay(a, b), c) == lay(a, lay(b, c))
    assert lay(a, {}) == lay({}, a) == a
    assert repr((a, b, c)) == before


@given(st.integers(-(2**31), 2**31), st.booleans(), st.lists(st.from_regex(r"[a-z:]{1,8}", fullmatch=True)))
def test_the_environment_says_in_text_what_a_file_says_in_types(
    port: int, opened: bool, names: list[str]
) -> None:
    env = {
        "V_SERVER__PORT": str(port),
        "V_SERVER__OPEN": str(opened).lower(),
        "V_SERVER__NAMES": ",".join(names),
    }
    typed = {"server": {"port": port, "open": opened, "names": names}}
    loose = settle(Outer, [Source("the environment", nest(env, "V_"), loose=True)])
    assert loose == settle(Outer, [Source("a file", typed)])


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        ({"server": {"prot": 1}}, ["file.toml", "'server.prot'", "'server.port'"]),
        ({"sever": {"port": 1}}, ["'sever'", "'server'"]),
        ({"server": 5}, ["server is a section", "5"]),
        ({"server": {"port": "many"}}, ["server.port", "'many'", "expected int"]),
        ({"server": {"names": [1]}}, ["server.names", "expected str"]),
        ({"server": {"port": {"a": 1}}}, ["server.port", "expected int"]),
    ],
)
def test_what_is_wrong_is_told_with_its_key_and_its_source(tree: dict[str, Any], told: list[str]) -> None:
    with pytest.raises(SettingsError) as refused:
        settle(Outer, [Source("file.toml", tree)])
    assert [part for part in told if part not in str(refused.value)] == []


def test_a_secret_of_the_wrong_type_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as refused:
        settle(Outer, [Source("file.toml", {"server": {"key": 4711}})])
    assert "4711" not in str(refused.value)
    assert "server.key" in str(refused.value)


def test_a_name_that_is_a_value_and_a_section_is_refused() -> None:
    with pytest.raises(SettingsError, match="cannot have parts"):
        nest({"V_A": "1", "V_A__B": "2"}, "V_")


def test_other_names_in_the_environment_are_left_alone() -> None:
    assert nest({"PATH": "/bin", "V_SERVER__PORT": "1"}, "V_") == {"server": {"port": "1"}}


def test_every_key_is_listed() -> None:
    assert known_keys(Outer)[:2] == ["server.host", "server.port"]
    assert len(known_keys(Outer)) == 12


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    rows: dict[str, Inner] = {}
    pairs: dict[str, str] = {}


def test_a_table_of_sections_is_laid_over_key_by_key_and_read_by_its_types() -> None:
    file = Source("the file f", {"rows": {"a": {"host": "there", "port": 1}, "b": {}}, "pairs": {"x": "1"}})
    told = nest({"T_ROWS__A__PORT": "9", "T_ROWS__A__NAMES": "p, q"}, "T_")
    settled = settle(Table, [file, Source("the environment", told, loose=True)])
    assert settled.rows == {"a": Inner(host="there", port=9, names=("p", "q")), "b": Inner()}
    assert settled.pairs == {"x": "1"}


def test_what_is_wrong_in_a_table_is_named_and_its_secrets_are_not_shown() -> None:
    with pytest.raises(SettingsError, match=r"unknown setting 'rows.a.hots': did you mean 'rows.a.host'"):
        settle(Table, [Source("f", {"rows": {"a": {"hots": "x"}}})])
    with pytest.raises(SettingsError, match=r"rows.a.key = \(a secret\)"):
        settle(Table, [Source("f", {"rows": {"a": {"key": 5}}})])
    with pytest.raises(SettingsError, match=r"rows.a is a section, not a value"):
        settle(Table, [Source("f", {"rows": {"a": 5}})])
