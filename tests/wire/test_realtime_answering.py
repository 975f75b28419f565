"""OpenAI Realtime, what is answered: responses of turns and of their client, barge-in, moderation, items."""

from typing import Any

import pytest

from streaming.answers import ReplyDone
from streaming.errors import ServiceFault
from streaming.parts import Target
from streaming.wire.openai.realtime import responses
from streaming.wire.openai.realtime.effects import Cancel
from tests.talking import (
    SPOKEN,
    TENTH,
    Talking,
    delta,
    final,
    finalized,
    replied,
    started,
    taken,
    turned,
    types,
)

WHOLE = [
    "response.output_item.added", "item.added", "response.content_part.added", "response.output_text.delta",
    "response.output_text.delta", "response.output_text.done", "response.content_part.done", "item.done",
    "response.output_item.done", "response.done",
]  # fmt: skip


def typed(talking: Talking, text: str, **item: Any) -> list[dict[str, Any]]:
    content = [{"type": "input_text", "text": text}]
    return talking.says(
        "conversation.item.create", item={"type": "message", "role": "user", "content": content, **item}
    )


def test_a_turn_is_answered_and_the_answer_is_an_item_that_the_next_one_knows() -> None:
    talking = Talking()
    talking.says("session.update", session={"instructions": "Be brief."})
    assert types(talking.hears(*SPOKEN))[-1] == "response.created"
    [asked] = talking.asked
    assert (asked.asked.given, asked.asked.text) == ([("system", "Be brief.")], "How much is it?")
    told = talking.makes(delta("Ten"), delta(" euros.", 3), replied("Ten euros."))
    assert types(told) == WHOLE
    response = told[-1]["response"]
    assert (response["status"], response["usage"]["total_tokens"]) == ("completed", 9)
    assert response["output"][0]["content"] == [{"type": "output_text", "text": "Ten euros."}]
    talking.hears(started(2_000), final(2, "And two?"), turned(2))
    assert talking.asked[-1].asked.given == [
        ("system", "Be brief."), ("user", "How much is it?"), ("assistant", "Ten euros."),
    ]  # fmt: skip


def test_whoever_speaks_while_it_answers_breaks_it_off_and_what_still_comes_of_it_is_not_told() -> None:
    talking = Talking()
    talking.hears(*SPOKEN)
    talking.makes(delta("Ten"))
    told = talking.hears(started(2_000))
    assert types(told)[0] == "speech_started"
    response = told[-1]["response"]
    assert (response["status"], response["status_details"]["reason"]) == ("cancelled", "turn_detected")
    assert response["output"][0]["status"] == "incomplete"
    assert talking.done[-1] == Cancel(talking.asked[0].response_id)
    assert talking.makes(delta(" euros.", 3), replied("Ten euros.")) == []
    talking.hears(final(2, "No, wait."), turned(2))
    assert talking.asked[-1].asked.given == [("user", "How much is it?"), ("assistant", "Ten")]


def test_with_interrupt_response_off_it_goes_on_and_the_next_turn_is_answered_behind_it() -> None:
    talking = Talking()
    detection = {"type": "server_vad", "interrupt_response": False}
    talking.says("session.update", session={"audio": {"input": {"turn_detection": detection}}})
    talking.hears(*SPOKEN)
    talking.hears(started(2_000), final(2, "And two?"), turned(2))
    assert len(talking.asked) == 1
    assert types(talking.makes(replied("")))[-2:] == ["response.done", "response.created"]
    assert talking.asked[-1].asked.text == "And two?"


def test_with_create_response_off_only_the_client_has_one_made() -> None:
    talking = Talking()
    detection = {"type": "server_vad", "create_response": False}
    talking.says("session.update", session={"audio": {"input": {"turn_detection": detection}}})
    talking.hears(*SPOKEN)
    assert talking.asked == []
    talking.says("response.create", response={"max_output_tokens": 5, "metadata": {"a": "b"}})
    [asked] = talking.asked
    assert asked.asked.sampling.max_tokens == 5
    assert talking.told[-1]["response"]["metadata"] == {"a": "b"}
    [error] = talking.says("response.create", event_id="again")
    assert error["error"]["code"] == "conversation_already_has_active_response"
    assert error["error"]["event_id"] == "again"


def test_an_answer_to_a_commit_waits_for_its_words() -> None:
    talking = Talking()
    talking.says("session.update", session={"audio": {"input": {"turn_detection": None}}})
    talking.says("input_audio_buffer.append", audio=TENTH)
    talking.says("input_audio_buffer.commit")
    assert types(talking.says("response.create")) == ["response.created"]
    assert talking.asked == []
    talking.hears(final(1, "How much?"), finalized())
    assert talking.asked[0].asked.text == "How much?"
    talking.makes(replied(""))
    talking.says(
        "conversation.item.delete", item_id=talking.texts("input_audio_buffer.committed", "item_id")[0]
    )
    talking.says("input_audio_buffer.append", audio=TENTH)
    talking.says("input_audio_buffer.commit")
    talking.says("response.create")
    [done] = talking.hears(finalized())
    assert done["response"]["status"] == "failed"
    assert done["response"]["status_details"]["error"]["code"] == "nothing_to_answer"


@pytest.mark.parametrize(
    ("end", "status", "reason"),
    [
        (replied("Well: ", "blocked"), "incomplete", "content_filter"),
        (replied("Well: ", cut=True), "incomplete", "max_output_tokens"),
        (replied("Well: ", "cancelled"), "cancelled", "client_cancelled"),
        (replied("", "failed", error="no memory"), "failed", None),
    ],
)
def test_how_a_reply_ended_is_how_the_response_did(end: ReplyDone, status: str, reason: str | None) -> None:
    talking = Talking()
    talking.hears(*SPOKEN)
    response = talking.makes(delta("Well: "), end)[-1]["response"]
    assert response["status"] == status
    assert response["status_details"].get("reason") == reason
    assert response["output"][0]["content"][0]["text"] == end.text


def test_text_that_is_taken_back_ends_as_filtered_and_after_the_end_its_item_is_deleted() -> None:
    talking = Talking()
    talking.hears(*SPOKEN)
    told = talking.makes(
        delta("Do it: bad"), taken(Target(reply=1), (7, 10), "•"), delta(" end", 8), replied("Do it: • end")
    )
    response = told[-1]["response"]
    assert response["status_details"] == {"type": "incomplete", "reason": "content_filter"}
    assert response["output"][0]["content"][0]["text"] == "Do it: • end"
    assert talking.makes(taken(Target(reply=1), (7, 8), "•")) == []
    late = talking.makes(taken(Target(reply=1), (0, 12), ""))
    assert types(late) == ["item.deleted"]
    talking.says("response.create", response={"instructions": "Go on."})
    assert talking.asked[-1].asked.text == "How much is it?"


def test_messages_are_created_told_deleted_and_put_where_they_belong() -> None:
    talking = Talking()
    assert types(typed(talking, "One", id="a")) == ["item.added", "item.done"]
    typed(talking, "Three", id="c")
    talking.says(
        "conversation.item.create",
        item={
            "type": "message",
            "role": "assistant",
            "id": "b",
            "content": [{"type": "output_text", "text": "Two"}],
        },
        previous_item_id="a",
    )
    system = {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Zero"}]}
    talking.says("conversation.item.create", item=system, previous_item_id="root")
    [got] = talking.says("conversation.item.retrieve", item_id="b")
    assert got["item"]["content"][0]["text"] == "Two"
    talking.says("response.create")
    assert talking.asked[0].asked.given == [("system", "Zero"), ("user", "One"), ("assistant", "Two")]
    assert talking.says("conversation.item.delete", item_id="b")[0]["type"] == "conversation.item.deleted"
    assert (
        talking.says("conversation.item.delete", item_id="b")[0]["error"]["code"]
        == "item_delete_invalid_item_id"
    )
    assert typed(talking, "Again", id="a")[0]["error"]["param"] == "item.id"
    [error] = talking.says("conversation.item.truncate", item_id="a", content_index=0, audio_end_ms=1)
    assert error["error"]["code"] == "item_truncate_no_audio"


def test_a_response_beside_the_conversation_leaves_it_alone() -> None:
    talking = Talking()
    typed(talking, "One", id="a")
    talking.says("response.create")
    about = [{"type": "item_reference", "id": "a"}, {"type": "message", "role": "user", "content": [
        {"type": "input_text", "text": "What was that about?"}]}]  # fmt: skip
    talking.says("response.create", response={"conversation": "none", "input": about})
    assert talking.asked[-1].asked.text == "What was that about?"
    told = talking.makes(delta("A number"), replied("A number"))
    assert "item.added" not in types(told)
    assert told[-1]["response"]["conversation_id"] is None
    assert [one["type"] for one in talking.says("response.cancel")] == ["response.done"]
    [error] = talking.says("response.cancel")
    assert error["error"]["code"] == "response_cancel_not_active"


def test_who_asks_for_a_greeting_gives_orders_and_who_has_said_nothing_is_told_so() -> None:
    talking = Talking()
    [error] = talking.says("response.create")
    assert error["error"]["code"] == "nothing_to_answer"
    talking.says("response.create", response={"instructions": "Greet the caller."})
    assert talking.asked[0].asked.text == "Greet the caller."
    told = talking.realtime.failed(talking.asked[0].response_id, ServiceFault("reply_failed", "no memory"))
    assert '"status":"failed"' in told[0].frame  # type: ignore[union-attr]


@pytest.mark.parametrize("stage", list(responses.Stage))
@pytest.mark.parametrize("sign", list(responses.Sign))
def test_where_a_response_may_go_is_a_table(stage: responses.Stage, sign: responses.Sign) -> None:
    answer = responses.Answer("resp", "item", responses.ResponseAsked(), stage=stage)
    if (stage, sign) in responses.NEXT:
        answer.step(sign)
        assert answer.stage is responses.NEXT[stage, sign]
    else:
        with pytest.raises(KeyError):
            answer.step(sign)
    assert len(responses.table().splitlines()) == len(responses.NEXT)
