"""OpenAI Realtime, what must not end a session, stay shown, or stay behind."""

import gc

from streaming.parts import Target
from streaming.wire.openai.realtime.responses import Answer
from tests.talking import SPOKEN, TENTH, Talking, delta, final, started, taken, turned, types


def test_what_is_taken_back_of_an_answer_that_was_broken_off_is_taken_back_as_far_as_it_was_told() -> None:
    talking = Talking()
    talking.hears(*SPOKEN)
    talking.makes(delta("Do it: ba"))
    talking.hears(started(2_000))
    told = talking.makes(delta("d", 9), taken(Target(reply=1), (7, 10), "•"))
    assert types(told) == ["item.deleted", "item.added", "item.done"]
    assert told[1]["item"]["content"][0]["text"] == "Do it: •"
    assert talking.makes(taken(Target(reply=1), (20, 22), "•")) == []


def test_a_turn_of_which_nothing_may_stay_is_not_answered_and_the_session_goes_on() -> None:
    talking = Talking()
    talking.hears(started(), final(1, "Bad."), taken(Target(segment=1), (0, 4), ""), turned(1))
    assert talking.asked == []
    talking.hears(started(2_000), final(2, "And two?"), turned(2))
    assert talking.asked[-1].asked.text == "And two?"


def test_who_gives_a_word_of_the_sound_its_id_is_told_so_and_the_session_goes_on() -> None:
    talking = Talking()
    [begun] = talking.hears(started())
    mine = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Mine"}]}
    talking.says("conversation.item.create", item={**mine, "id": begun["item_id"]})
    told = talking.hears(final(1, "How much?"), turned(1))
    assert "error" in types(told)


def test_a_response_that_is_broken_off_before_it_was_asked_for_leaves_nothing() -> None:
    talking = Talking()
    talking.says("session.update", session={"audio": {"input": {"turn_detection": None}}})
    talking.says("input_audio_buffer.append", audio=TENTH)
    talking.says("input_audio_buffer.commit")
    name = talking.says("response.create")[0]["response"]["id"]
    talking.says("response.cancel")
    kept = [one for one in gc.get_objects() if type(one) is Answer]
    assert name not in [one.id for one in kept]
