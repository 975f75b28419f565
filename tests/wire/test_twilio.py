"""Twilio Media Streams as a pure dialect."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.errors import ClientFault
from streaming.wire import telephone as acts
from streaming.wire.messages import SessionPause, SessionUnpause
from streaming.wire.twilio.policy import TwilioPolicy
from streaming.wire.twilio.stream import Stream
from streaming.wire.twilio.tracks import Piece, Tracks
from tests.media_stream import CALL, CONNECTED, STOP, STREAM, dtmf, mark, media, start

A, B = b"\x01" * 160, b"\x02" * 160


def said(*messages: dict[str, Any], policy: TwilioPolicy | None = None) -> list[acts.Act]:
    """What comes of these messages."""
    stream = Stream(policy or TwilioPolicy())
    return [act for message in messages for act in stream.read(json.dumps(message))]


def sound(them: list[acts.Act]) -> bytes:
    return b"".join(act.data for act in them if isinstance(act, acts.Sound))


def begun(them: list[acts.Act]) -> acts.Begin:
    [begin] = [act for act in them if isinstance(act, acts.Begin)]
    return begin


def test_the_two_tracks_of_a_call_are_two_channels() -> None:
    them = said(CONNECTED, start(), media(A), media(B, "outbound"), STOP)
    begin = begun(them)
    assert begin.start.audio is not None
    assert (begin.start.audio.encoding, begin.start.audio.sample_rate, begin.start.audio.channels) == (
        "mulaw",
        8_000,
        2,
    )
    assert sound(them) == b"\x01\x02" * 160
    assert them[-1] == acts.End()


def test_parameters_choose_the_session_and_the_rest_is_metadata_but_no_key() -> None:
    given = {
        "mode": "chat",
        "language": "de-DE",
        "record": "true",
        "key": "s3cret",
        "desk": "7",
        "hotwords": "Ada, Bob",
    }
    begin = begun(said(start(("inbound",), **given)))
    told = begin.start
    assert (told.mode, told.language, told.record, told.hotwords) == ("chat", "de", True, ["Ada", "Bob"])
    assert told.metadata == {
        "desk": "7",
        "callSid": CALL,
        "streamSid": STREAM,
        "accountSid": "AC" + "3" * 32,
        "api": "twilio",
    }
    assert begin.proof == acts.Proof(key="s3cret")


def test_in_mode_assist_the_agent_is_channel_0() -> None:
    for agent, first in (({}, b"\x02\x01"), ({"agent": "inbound"}, b"\x01\x02")):
        them = said(start(mode="assist", **agent), media(A), media(B, "outbound"))
        assert sound(them) == first * 160


@pytest.mark.parametrize("left_out", ["tracks", "mediaFormat", "customParameters", "callSid", "streamSid"])
def test_what_some_senders_leave_out_is_not_missed(left_out: str) -> None:
    first = start()
    del first["start"][left_out]
    del first["sequenceNumber"]
    bare = [media(A), media(B, "outbound", at_ms=0), media(A, chunk=2, at_ms=20), media(B, "outbound", 2, 20)]
    for one in bare:
        del one["sequenceNumber"]
    assert sound(said(first, *bare, STOP)) == b"\x01\x02" * 320


def test_a_stream_that_names_no_track_is_one_channel() -> None:
    first, bare = start(), [media(A, chunk=n + 1, at_ms=20 * n) for n in range(30)]
    del first["start"]["tracks"]
    for one in bare:
        del one["media"]["track"], one["media"]["chunk"], one["media"]["timestamp"]
    them = said(first, *bare, STOP)
    assert begun(them).start.audio.channels == 1  # type: ignore[union-attr]
    assert sound(them) == A * 30
    short = said(first, bare[0], STOP)
    assert (sound(short), short[-1]) == (A, acts.End())


def test_what_no_track_has_is_lost_and_what_one_lacks_is_silence() -> None:
    tracks = Tracks(("inbound", "outbound"))
    out = tracks.put("inbound", Piece(A, 0)) + tracks.put("outbound", Piece(B, 0))
    out += tracks.put("inbound", Piece(A, 1_600)) + tracks.put("outbound", Piece(B, 1_600))
    assert out == [acts.Sound(b"\x01\x02" * 160), acts.Lost(1_440), acts.Sound(b"\x01\x02" * 160)]
    for at in range(1_760, 8_000, 160):
        out = tracks.put("inbound", Piece(A, at))
    assert out[-1] == acts.Sound(b"\x01\xff" * 160)  # the other side is not waited for
    back = tracks.put("outbound", Piece(B, 7_840)) + tracks.put("inbound", Piece(A, 8_000))
    assert back[-1] == acts.Sound(b"\x01\x02" * 160)


def test_jitter_moves_nothing_and_a_place_beyond_reason_begins_anew() -> None:
    tracks = Tracks(("inbound",))
    for at in (0, 200, 300, 500, 600, 10**11, 10**11 + 160, 5):
        assert tracks.put("inbound", Piece(A, at)) == [acts.Sound(A)]
    assert tracks.at == 8 * 160


def test_without_timestamps_a_missing_chunk_is_lost() -> None:
    tracks = Tracks(("inbound",))
    assert tracks.put("inbound", Piece(A, None, 1)) == [acts.Sound(A)]
    assert tracks.put("inbound", Piece(A, None, 4)) == [acts.Lost(320), acts.Sound(A)]


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(st.sampled_from(["inbound", "outbound"]), st.integers(0, 40), st.integers(1, 400)),
        max_size=30,
    )
)
def test_no_byte_of_any_track_is_left_out_or_said_twice(pieces: list[tuple[str, int, int]]) -> None:
    tracks = Tracks(("inbound", "outbound"))
    sent: dict[str, list[int]] = {"inbound": [], "outbound": []}
    out: list[acts.Sound | acts.Lost] = []
    for number, (name, at, size) in enumerate(pieces):
        value = number % 250 + 1  # 255 is silence
        sent[name] += [value] * size
        out += tracks.put(name, Piece(bytes([value]) * size, at * 160))
    if pieces:
        out += tracks.rest()
    whole = b"".join(one.data if isinstance(one, acts.Sound) else b"\xff\xff" * one.samples for one in out)
    for number, name in enumerate(("inbound", "outbound")):
        assert [value for value in whole[number::2] if value != 255] == sent[name]
    assert tracks.at * 2 == len(whole)


def test_keys_are_told_but_not_a_number_of_them_and_pause_the_session() -> None:
    policy = TwilioPolicy(pause_keys="*", unpause_keys="#")
    them = said(start(("inbound",)), media(A), *map(dtmf, "12"), policy=policy)
    assert [act for act in them if isinstance(act, acts.Pressed)] == [
        acts.Pressed(0, "1"),
        acts.Pressed(0, "\u2022"),
    ]
    them = said(start(("inbound",)), *map(dtmf, "*4917484589897107#5"), policy=policy)[1:]
    assert them == [
        acts.Pressed(0, "*"),
        acts.Say(SessionPause()),
        acts.Say(SessionUnpause()),
        acts.Pressed(0, "\u2022"),
    ]
    apart = [media(A, chunk=n, at_ms=20 * n) for n in range(300)]
    them = said(start(("inbound",)), dtmf("1"), *apart, dtmf("2"), dtmf("?"))
    assert [act for act in them if isinstance(act, acts.Pressed)] == [
        acts.Pressed(0, "1"),
        acts.Pressed(0, "2"),
    ]


def test_a_mark_is_answered_once_and_an_answer_is_not() -> None:
    stream = Stream(TwilioPolicy())
    stream.read(json.dumps(start()))
    [answer] = stream.read(json.dumps(mark("greeting")))
    assert isinstance(answer, acts.Send)
    told = json.loads(stream.written(answer.message))
    assert told == {"event": "mark", "streamSid": STREAM, "mark": {"name": "greeting"}}
    assert stream.read(json.dumps(told)) == []


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([media(A)], "order"),
        ([start(), start()], "order"),
        ([{"event": 7}], "bad_message"),
        ([start(mode="asist")], "bad_message"),
        ([start(("inbound",), mode="assist")], "bad_message"),
        ([{**start(), "start": {"tracks": ["inbound"], "mediaFormat": {"encoding": "opus"}}}], "bad_format"),
        ([{**start(), "start": {"tracks": ["inbound"], "mediaFormat": {"sampleRate": "17"}}}], "bad_rate"),
        ([start(), {"event": "media", "media": {"payload": "%%%"}}], "bad_message"),
        ([start(), {"event": "media"}], "bad_message"),
    ],
)
def test_what_is_wrong_is_said(messages: list[dict[str, Any]], code: str) -> None:
    with pytest.raises(ClientFault) as wrong:
        said(*messages)
    assert wrong.value.code == code
    assert wrong.value.close is not None


def test_messages_that_are_not_known_are_ignored() -> None:
    assert said(start(), {"event": "transcript", "x": 1}, {**media(A), "new": {}})[1:] == []
