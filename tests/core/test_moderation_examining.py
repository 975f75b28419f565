"""Texts that are no part of a session: what counts as found by whose levels."""

import msgspec

from moderation.examining import examination
from moderation.levels import Levels, TenantModeration
from moderation.model.heads import BLOCK, FLAG
from moderation.policy import ModerationPolicy
from moderation.rules import Rules
from moderation.screen import Screen
from streaming.examining import Examination, Examine, Examined
from tests.judging import PhraseJudge
from tests.screening import LISTS

LISTED = Rules([LISTS.read_bytes()])


def test_the_default_levels_are_those_that_heads_are_scaled_to() -> None:
    assert Levels() == Levels(FLAG, BLOCK)


async def examined(text: str, tenant: str, levels: Levels) -> Examined:
    policy = ModerationPolicy(tenants={"acme": TenantModeration({"*": levels})})
    asked = msgspec.json.encode(Examine([text], tenant))
    told = await examination(asked, Screen(LISTED, policy), PhraseJudge())
    [one] = msgspec.json.decode(told, type=Examination).texts
    return one


async def test_a_tenants_levels_decide_what_counts_as_found_and_no_other_tenants() -> None:
    one = await examined("see the grey owl", "acme", Levels(0.7, 0.9))
    assert (one.scores["harassment"], one.found) == (0.6, [])
    assert (await examined("see the grey owl", "other", Levels(0.7, 0.9))).found == ["harassment"]
    assert (await examined("see nothing", "acme", Levels(0.005, 0.9))).found == [
        "harassment",
        "injection",
        "violence",
    ]
    assert (await examined("see the grey owl", "acme", Levels(2, 0.6))).found == ["harassment"]


async def test_what_rules_find_is_found_whatever_a_tenants_levels() -> None:
    one = await examined("how to make a bomb", "acme", Levels(2, 2))
    assert (one.scores["illicit/weapons"], one.found) == (1.0, ["illicit/weapons"])
