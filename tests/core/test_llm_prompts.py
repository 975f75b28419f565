"""A template says what it needs, and what is wrong is said before anybody waits for an answer."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.prompts.shelf import DEFAULT, Shelf
from llm.prompts.template import TemplateError, parsed
from streaming.errors import ServiceFault

SHOP = b"""
name = "shop"
text = "You speak for {company} in {sentences} sentences, {{kindly}}. Formal: {formal}. {tone}"
[variables.company]
[variables.sentences]
type = "integer"
default = 2
[variables.formal]
type = "boolean"
default = false
[variables.tone]
choices = ["warm", "cool"]
default = "warm"
"""


def test_values_go_to_their_places_and_the_version_is_that_of_the_text_that_is_asked() -> None:
    shop = parsed("shop.toml", SHOP)
    acme, other = shop.filled({"company": "Acme"}), shop.filled({"company": "Other"})
    assert acme.text == "You speak for Acme in 2 sentences, {kindly}. Formal: no. warm"
    assert acme.name == other.name == "shop"
    assert acme.hash != other.hash
    assert acme == shop.filled({"company": "Acme", "sentences": 2})


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "needs a value for 'company' (text)"),
        ({"company": "A", "sentences": "2"}, "sentences = '2': expected integer"),
        ({"company": "A", "sentences": True}, "sentences = True: expected integer"),
        ({"company": "A", "tone": "loud"}, "tone = 'loud': expected one of warm, cool"),
        ({"company": "A", "compny": "B"}, "no variable 'compny'; it has: company, formal, sentences, tone"),
    ],
)
def test_a_value_that_does_not_fit_is_named(values: dict[str, str | int | bool], said: str) -> None:
    with pytest.raises(TemplateError) as told:
        parsed("shop.toml", SHOP).filled(values)
    assert said in str(told.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'name = "x"\ntext = "{a}"', "there is no [variables.a]"),
        (b'name = "x"\ntext = "a"\n[variables.a]', "'a' stands nowhere"),
        (b'name = "x"\ntext = "{"', "write it twice"),
        (b'name = "x"\ntext = "{a}"\n[variables.a]\ntype = "integer"\ndefault = "1"', "the default of 'a'"),
        (b'name = "x"\ntxt = "a"', "txt"),
        (b"name = ", "x.toml"),
    ],
)
def test_a_template_that_cannot_be_used_says_so_by_its_file(content: bytes, said: str) -> None:
    with pytest.raises(TemplateError, match=r"x\.toml") as told:
        parsed("x.toml", content)
    assert said in str(told.value)


@given(st.text(max_size=40))
def test_no_value_opens_a_place_for_another(company: str) -> None:
    text = parsed("shop.toml", SHOP).filled({"company": company}).text
    assert text == f"You speak for {company} in 2 sentences, {{kindly}}. Formal: no. warm".strip()


def test_the_operators_templates_go_before_ours(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('name = "default"\ntext = "Be kind."')
    assert Shelf(str(tmp_path)).prompt("default", {}).text == "Be kind."
    assert Shelf().prompt("default", {}) == DEFAULT
    with pytest.raises(ServiceFault, match=r"no prompt .nme.; there are: .*default, grounded, .*summary"):
        Shelf().prompt("nme", {})
    (tmp_path / "also.toml").write_text('name = "default"\ntext = "Be brief."')
    with pytest.raises(ServiceFault, match="another file has the prompt 'default'"):
        Shelf(str(tmp_path))
    with pytest.raises(ServiceFault, match="no folder of prompts"):
        Shelf(str(tmp_path / "none"))
