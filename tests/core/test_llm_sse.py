"""Server-sent events in whatever pieces they come."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.sse import LIMIT, SseParser, SseTooLong

PAYLOADS = st.lists(
    st.text(alphabet=st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), min_size=1),
    max_size=5,
)


@given(PAYLOADS, st.sampled_from(["\n", "\r\n"]), st.lists(st.integers(0, 400)))
def test_payloads_come_out_whole_however_the_bytes_are_cut(
    payloads: list[str], end: str, cuts: list[int]
) -> None:
    sent = "".join(f": ping{end}{end}event: x{end}data: {payload}{end}{end}" for payload in payloads).encode()
    places = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    parser = SseParser()
    got = [p for a, b in itertools.pairwise(places) for p in parser.feed(sent[a:b])]
    assert [payload.decode() for payload in got] == payloads


def test_a_line_separator_inside_a_payload_does_not_end_it() -> None:
    assert SseParser().feed('data: "a\u2028b\x85c"\n\n'.encode()) == ['"a\u2028b\x85c"'.encode()]


def test_several_data_lines_are_one_payload() -> None:
    assert SseParser().feed(b"data: a\ndata:b\n\n") == [b"a\nb"]


@pytest.mark.parametrize("line", [b"x" * 1024, b"data: " + b"x" * 1017 + b"\n"])
def test_an_event_that_never_ends_is_refused(line: bytes) -> None:
    parser = SseParser()
    with pytest.raises(SseTooLong):
        for _ in range(LIMIT // 1024 + 2):
            parser.feed(line)
