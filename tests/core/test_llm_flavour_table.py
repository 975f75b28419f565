"""Flavours as the settings name them, and what of one machine each embedded engine has."""

import os

import pytest

from llm.flavours.policy import FlavourPolicy, RoutingPolicy
from llm.policy import LlmPolicy

SMALL, BIG, FAR = FlavourPolicy(model="s"), FlavourPolicy(model="b"), FlavourPolicy(url="http://h/v1")


def test_without_a_table_the_section_is_the_one_flavour() -> None:
    assert LlmPolicy(model="s").table() == {"default": FlavourPolicy(model="s")}
    remote = LlmPolicy(url="http://h/v1", key="k", remote_model="m")
    assert remote.table() == {"default": FlavourPolicy(url="http://h/v1", key="k", remote_model="m")}
    assert (LlmPolicy(model="s").files(), remote.files()) == (["s"], [])


def test_flavours_are_in_the_order_that_is_set_or_as_they_stand() -> None:
    flavours = {"big": BIG, "small": SMALL, "far": FAR}
    assert list(LlmPolicy(flavours=flavours).table()) == ["big", "small", "far"]
    ordered = LlmPolicy(flavours=flavours, routing=RoutingPolicy(order=("small", "far", "big")))
    assert list(ordered.table()) == ["small", "far", "big"]
    assert ordered.files() == ["b", "s"]


def test_embedded_engines_share_the_threads_that_the_recogniser_leaves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(9)))
    assert LlmPolicy(flavours={"small": SMALL, "far": FAR}).thread_count() == 8
    assert LlmPolicy(flavours={"small": SMALL, "big": BIG}).thread_count() == 4
    assert LlmPolicy(flavours={"small": SMALL, "big": BIG}, threads=1).thread_count() == 1
