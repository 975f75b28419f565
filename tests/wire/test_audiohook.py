"""Genesys AudioHook as a pure dialect."""

import json
from typing import Any

import pytest

from streaming.errors import ClientFault, Fault
from streaming.events import (
    ModerationVerdict,
    SuggestionDone,
    Target,
    TranscriptFinal,
    TranscriptPartial,
    TurnEnded,
    Word,
)
from streaming.parts import Citation
from streaming.wire import telephone as acts
from streaming.wire.audiohook.policy import AudiohookPolicy
from streaming.wire.messages import SessionPause, SessionUnpause, SessionUpdate
from tests.audiohook import BOTH, CONVERSATION, NOBODY, ORGANIZATION, SESSION, medium, opening
from tests.audiohook_talk import STARTED, Talk

WORDS = [Word("My", 0, 500, 700, 0.9), Word("card", 3, 720, 1_000, 0.8)]
FINAL = TranscriptFinal(1, 4, "My card", 500, 1_000, WORDS, "en", 0.85, "tiny@0")


def test_both_sides_are_two_channels_of_one_session() -> None:
    talk = Talk()
    [begin] = talk.say("open", **opening(language="en-GB", customConfig={"record": True, "queue": "sales"}))
    assert isinstance(begin, acts.Begin)
    start = begin.start
    assert start.audio is not None
    assert (start.audio.encoding, start.audio.sample_rate, start.audio.channels) == ("mulaw", 8_000, 2)
    assert (start.mode, start.language, start.record) == ("transcribe", "en", True)
    assert (start.metadata["queue"], start.metadata["conversationId"]) == ("sales", CONVERSATION)
    [told] = talk.heard(talk.hook.tell("1-0", STARTED))
    assert told == {
        "version": "2",
        "id": SESSION,
        "type": "opened",
        "seq": 1,
        "clientseq": 1,
        "parameters": {"media": [medium(*BOTH)]},
    }
    assert talk.hook.hear(b"\x01\x02" * 800) == [acts.Sound(b"\x01\x02" * 800)]


def test_in_mode_assist_the_agents_side_is_channel_0() -> None:
    talk = Talk(AudiohookPolicy(mode="assist"))
    talk.opened()
    assert talk.hook.hear(b"\x01\x02" * 8) == [acts.Sound(b"\x02\x01" * 8)]
    [told] = talk.heard(talk.hook.tell("2-0", FINAL))
    assert told["parameters"]["entities"][0]["data"]["channelId"] == 0  # our channel 1, the customer


def test_what_was_heard_is_a_transcript_and_what_is_taken_back_is_told_again() -> None:
    talk = Talk()
    talk.opened(language="en-GB")
    [partial] = talk.heard(talk.hook.tell("2-0", TranscriptPartial(1, 4, 1, "My", 0)))
    [final] = talk.heard(talk.hook.tell("3-0", FINAL))
    before, after = (told["parameters"]["entities"][0]["data"] for told in (partial, final))
    assert (before["isFinal"], after["isFinal"], before["id"] == after["id"]) == (False, True, True)
    assert (after["channelId"], after["offset"], after["duration"]) == (1, "PT0.5S", "PT0.5S")
    [heard] = after["alternatives"]
    assert (heard["languages"], heard["confidence"]) == (["en-GB"], 0.85)
    [shown] = heard["interpretations"]
    assert (shown["type"], shown["transcript"], len(shown["tokens"])) == ("display", "My card", 2)
    assert shown["tokens"][1] == {
        "type": "word",
        "value": "card",
        "confidence": 0.8,
        "offset": "PT0.72S",
        "duration": "PT0.28S",
    }
    verdict = ModerationVerdict(Target(segment=4), (3, 7), "redact", ["card"], 1.0, 0.1, "rules@0", "[gone]")
    [again] = talk.heard(talk.hook.tell("4-0", verdict))
    told = again["parameters"]["entities"][0]["data"]
    assert (told["id"], told["alternatives"][0]["interpretations"][0]["transcript"]) == (
        after["id"],
        "My [gone]",
    )
    assert Talk(AudiohookPolicy(partials=False)).hook.tell("2-0", FINAL) == []


def test_a_suggestion_is_an_answer_and_its_documents() -> None:
    talk = Talk(AudiohookPolicy(mode="assist"))
    talk.opened()
    talk.hook.tell("2-0", FINAL)
    talk.hook.tell("3-0", TurnEnded(7, 1, [4], "silence"))
    cited = [Citation(1, "cards.md", "p", "Block it at once.", (0, 17), "i@0", 7, title="Cards")]
    done = SuggestionDone(2, 7, "answer", "completed", "Block it <now> [1]", "m@0", citations=cited)
    [told] = talk.heard(talk.hook.tell("4-0", done))
    [entity] = told["parameters"]["entities"]
    assert entity["type"] == "agentassist"
    faq, article = entity["data"]["suggestions"]
    assert (faq["type"], faq["question"], faq["answer"]) == ("faq", "My card", "Block it &lt;now&gt; [1]")
    assert (article["type"], article["title"], article["excerpts"], article["documentUri"]) == (
        "article",
        "Cards",
        ["Block it at once."],
        "cards.md",
    )


def test_what_was_not_sent_is_lost_and_a_pause_is_a_pause() -> None:
    talk = Talk()
    talk.opened()
    talk.hook.hear(bytes(2 * 8_000))
    talk.sent = 8_000
    assert talk.say("discarded", start="PT1S", discarded="PT0.5S") == [acts.Lost(4_000)]
    talk.sent = 12_000
    assert talk.say("paused") == [acts.Say(SessionPause())]
    assert talk.say("resumed", start="PT1.5S", discarded="PT2S") == [
        acts.Lost(16_000),
        acts.Say(SessionUnpause()),
    ]
    talk.sent = 28_000 + 8_000  # a second that never came, and of which nothing was said
    pong, lost = talk.say("ping")
    assert isinstance(pong, acts.Send)
    assert lost == acts.Lost(8_000)
    assert talk.say("update", language="de-DE")[0] == acts.Say(SessionUpdate(language="de"))


def test_a_probe_is_answered_and_begins_no_session() -> None:
    talk = Talk()
    them = talk.say("open", **opening(conversationId=NOBODY, supportedLanguages=True))
    [told] = talk.heard(them)
    assert told["type"] == "opened"
    assert "en-US" in told["parameters"]["supportedLanguages"]
    talk.serverseq = 1
    assert [one["type"] for one in talk.heard(talk.say("ping"))] == ["pong"]
    them = talk.say("close", reason="end")
    assert [one["type"] for one in talk.heard(them)] == ["closed"]
    assert them[-1] == acts.Close()


def test_closing_waits_for_the_finals_and_an_end_of_ours_for_the_client() -> None:
    talk = Talk()
    talk.opened()
    assert talk.say("close", reason="end") == [acts.End()]
    assert talk.heard(talk.hook.tell("2-0", FINAL))[0]["type"] == "event"
    assert talk.heard(talk.hook.over())[0]["type"] == "closed"
    other = Talk()
    other.opened()
    [told] = other.heard(other.hook.wrong(Fault("draining", "this server is going away", close=1012)))
    assert (told["type"], told["parameters"]["reason"]) == ("disconnect", "error")
    assert other.hook.hear(bytes(2)) == []
    assert other.say("close", reason="disconnect")[-1] == acts.Close()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"seq": 3}, "bad_seq"),
        ({"serverseq": 5}, "bad_seq"),
        ({"id": NOBODY}, "bad_message"),
        ({"version": "1"}, "bad_message"),
        ({"position": "1s"}, "bad_message"),
        ({"type": "hello"}, "bad_message"),
        ({"type": "open", "parameters": {}}, "bad_message"),
        ({"type": "open", "parameters": opening()}, "order"),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, Any], code: str) -> None:
    talk = Talk()
    talk.opened()
    with pytest.raises(ClientFault) as wrong:
        talk.hook.read(json.dumps(json.loads(talk.write("ping")) | change))
    assert wrong.value.code == code
    assert wrong.value.close is not None


def test_who_opens_must_be_who_connected_and_offer_what_can_be_heard() -> None:
    headers = {"audiohook-organization-id": NOBODY}
    with pytest.raises(ClientFault, match="organizationId"):
        Talk(headers=headers).say("open", **opening())
    Talk(headers={"audiohook-organization-id": ORGANIZATION}).opened()
    for media in ([medium(*BOTH) | {"format": "L16"}], [medium("left")], [medium(*BOTH) | {"rate": 16_000}]):
        with pytest.raises(ClientFault, match="PCMU"):
            Talk().say("open", **opening(media))
    with pytest.raises(ClientFault, match="customConfig"):
        Talk().say("open", **opening(customConfig={"mode": "asist"}))
