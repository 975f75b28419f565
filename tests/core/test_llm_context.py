"""A conversation that began elsewhere, and what a session wants of the model."""

import itertools
import json

from hypothesis import given
from hypothesis import strategies as st

from llm.asking import Ask, asked, cut
from llm.completions import request
from llm.context import RESULT, conversation
from llm.history import FRAME_TOKENS, History, Message, estimate
from llm.policy import LlmPolicy
from streaming.events import ContextGiven, Event, ModerationVerdict
from streaming.facts import SessionConfig
from streaming.parts import Role, Sampling, Target, Usage

SAID = [Message("user", "And now?")]
ROLES = st.sampled_from(["system", "user", "assistant", "tool"])


def test_what_was_said_elsewhere_stands_between_the_prompt_and_what_is_said_here() -> None:
    before: list[tuple[Role, str]] = [
        ("system", "Talk like a sailor."),
        ("user", "Hi."),
        ("assistant", "Ahoy."),
        ("tool", '{"sky": "blue"}'),
    ]
    assert conversation("Be brief.", before, SAID, 500, estimate) == [
        Message("system", "Be brief.\n\nTalk like a sailor."),
        Message("user", "Hi."),
        Message("assistant", "Ahoy."),
        Message("user", RESULT + '{"sky": "blue"}\nAnd now?'),
    ]


@given(st.lists(st.tuples(ROLES, st.text(min_size=1, max_size=200)), max_size=12), st.integers(0, 300))
def test_a_conversation_is_within_its_room_takes_turns_and_ends_in_what_was_said(
    before: list[tuple[Role, str]], room: int
) -> None:
    room += estimate(SAID[0].content) + FRAME_TOKENS
    chat = conversation("Be brief.", before, SAID, room, estimate)
    assert [one.role for one in chat[:2]] == ["system", "user"]
    assert all(a.role != b.role for a, b in itertools.pairwise(chat))
    assert chat[0].content.startswith("Be brief.")
    assert chat[-1].content.endswith("And now?")
    behind = sum(estimate(one.content) for one in chat) - estimate("Be brief.")
    assert behind <= room + len(before)  # each seam may cost one more than its parts, rounded up


def test_what_a_verdict_takes_out_of_a_given_message_is_in_no_prompt() -> None:
    history = History()
    told: list[Event] = [
        ContextGiven(1, "user", "my name is Zaphod"),
        ModerationVerdict(Target(segment=1), (11, 17), "redact", ["name"], 1.0, 0.0, "rules@0", "[name]"),
    ]
    for event in told:
        history.heard(event)
    assert history.given == [("user", "my name is [name]")]


def test_a_session_may_say_how_it_is_answered() -> None:
    wants = Sampling(
        max_tokens=7, temperature=0.0, top_p=0.5, seed=3, stop=("\n",), schema={"type": "object"}
    )
    config = SessionConfig("s", mode="chat", tenant="desk", language="en", sampling=wants)
    ask = asked(config, LlmPolicy(), SAID)
    assert (ask.max_tokens, ask.tenant, ask.mode, ask.language) == (7, "desk", "chat", "en")
    body = json.loads(request(ask, "m", 0.3))
    assert (body["max_tokens"], body["temperature"], body["top_p"], body["seed"]) == (7, 0.0, 0.5, 3)
    assert body["stop"] == ["\n"]
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}


def test_what_a_session_leaves_open_is_as_the_settings_say() -> None:
    ask = asked(SessionConfig("s", mode="chat"), LlmPolicy(max_tokens=99), SAID)
    assert ask.max_tokens == 99
    assert set(json.loads(request(ask, "", 0.3))) == {
        "messages", "max_tokens", "temperature", "stream", "stream_options",
    }  # fmt: skip


def test_a_reply_leaves_half_of_the_context_to_what_was_said() -> None:
    config = SessionConfig("s", mode="chat", sampling=Sampling(max_tokens=10_000))
    assert asked(config, LlmPolicy(context=400), SAID).max_tokens == 200


def test_a_reply_is_cut_when_it_has_all_its_tokens() -> None:
    assert cut(Ask(SAID, 5), Usage(9, 5))
    assert not cut(Ask(SAID, 5), Usage(9, 4))
    assert not cut(Ask(SAID, 5), None)
