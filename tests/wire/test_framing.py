"""Whole binary messages are taken out of what comes on a WebSocket; a full parser sees the rest: nothing changes."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as some
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from streaming.wire.framing import Frames

MOST = 70_000
FILLING = bytes(32)

Seen = tuple[list[tuple[Opcode, bytes, bool]], object]


def frame(opcode: Opcode, fin: bool, size: int) -> bytes:
    body = bytes(n & 0x7F for n in range(size))
    return Frame(opcode, body, fin).serialize(mask=True)


SIZES = some.sampled_from([0, 1, 125, 126, 640, 65_535, 65_536, MOST + 1])
DATA = some.builds(
    frame,
    some.sampled_from([Opcode.BINARY, Opcode.TEXT, Opcode.CONT]),
    some.sampled_from([True] * 4 + [False]),
    SIZES,
)
SOUND = some.builds(frame, some.just(Opcode.BINARY), some.just(True), some.sampled_from([0, 1, 640]))
CONTROL = some.builds(
    frame, some.sampled_from([Opcode.PING, Opcode.PONG]), some.just(True), some.integers(0, 125)
)
CLOSE = some.just(Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=True))
UNMASKED = some.just(Frame(Opcode.BINARY, b"hm").serialize(mask=False))
SENT = some.lists(
    some.one_of(SOUND, SOUND, DATA, CONTROL, CLOSE, UNMASKED, some.binary(max_size=20)), max_size=8
)
CUTS = some.lists(some.integers(0, 3_000), max_size=6)


def parser() -> ServerProtocol:
    made = ServerProtocol(max_size=MOST)
    made.parser = super(ServerProtocol, made).parse()  # the handshake was
    next(made.parser)
    made.state = OPEN
    return made


def reads(data: bytes, cuts: list[int]) -> list[bytes]:
    """As a socket might give it."""
    places = [0, *sorted(cuts), len(data)]
    return [data[a:b] for a, b in pairwise(places) if data[a:b]]


def seen(plain: ServerProtocol, data: bytes) -> list[tuple[Opcode, bytes, bool]]:
    if plain.parser_exc is not None:
        return []
    plain.receive_data(data)
    frames = [one for one in plain.events_received() if isinstance(one, Frame)]
    return [(one.opcode, bytes(one.data), one.fin) for one in frames]


def by_both(chunks: list[bytes]) -> Seen:
    plain, frames, found = parser(), Frames(MOST), list[tuple[Opcode, bytes, bool]]()
    for piece in (piece for chunk in chunks for piece in frames.cut(chunk)):
        if plain.parser_exc is not None:
            break
        found += [(Opcode.BINARY, piece.data, True)] if piece.whole else seen(plain, piece.data)
    return found, plain.close_sent


def by_one(data: bytes) -> Seen:
    plain = parser()
    return seen(plain, data), plain.close_sent


@settings(max_examples=400, deadline=None)
@given(SENT, CUTS)
def test_messages_are_those_that_a_full_parser_finds_in_the_same_order(
    sent: list[bytes], cuts: list[int]
) -> None:
    data = b"".join(sent) + FILLING  # behind it no header is half there
    assert by_both(reads(data, cuts)) == by_one(data)


def test_sound_goes_past_the_full_parser() -> None:
    frames = Frames(MOST)
    pieces = frames.cut(b"".join(frame(Opcode.BINARY, True, size) for size in (640, 0, 65_535)))
    assert [(len(piece.data), piece.whole) for piece in pieces] == [(640, True), (0, True), (65_535, True)]


def test_a_header_that_comes_byte_by_byte_is_still_a_message() -> None:
    frames, sent = Frames(MOST), frame(Opcode.BINARY, True, 640)
    pieces = [piece for n in range(7) for piece in frames.cut(sent[n : n + 1])] + frames.cut(sent[7:])
    assert [(len(piece.data), piece.whole) for piece in pieces] == [(640, True)]


def test_a_message_between_fragments_is_for_the_full_parser_to_refuse() -> None:
    data = frame(Opcode.TEXT, False, 3) + frame(Opcode.BINARY, True, 640) + FILLING
    assert by_both([data]) == by_one(data)


def test_what_a_frame_contains_is_never_a_message_however_it_is_read() -> None:
    inner = frame(Opcode.BINARY, True, 640)
    data = b"\x81\xfe" + len(inner).to_bytes(2) + bytes(4) + inner + FILLING
    assert by_both([data[:8], data[8:]]) == by_one(data)
