"""A prompt is a version."""

import hashlib

from llm.prompt import Prompt
from llm.prompts.shelf import DEFAULT


def test_a_prompt_is_referred_to_by_its_name_and_the_hash_of_its_text() -> None:
    assert Prompt("kind", "Be kind.").hash == hashlib.sha256(b"Be kind.").hexdigest()
    assert Prompt("kind", "Be kind.").ref == "kind@" + hashlib.sha256(b"Be kind.").hexdigest()[:16]


def test_another_text_under_the_same_name_is_another_version() -> None:
    assert Prompt(DEFAULT.name, DEFAULT.text + " ").ref != DEFAULT.ref


def test_the_default_prompt_is_short_since_every_request_begins_with_it() -> None:
    assert 0 < len(DEFAULT.text.split()) < 60
