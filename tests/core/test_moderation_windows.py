"""Windows of a growing text: where they are, and that none of it goes unjudged, however it comes."""

from hypothesis import given
from hypothesis import strategies as st

from moderation.model.windows import TOKEN, Window, WindowPolicy, due

POLICY = WindowPolicy()
WORDS = st.lists(
    st.sampled_from(
        ["so", "we", "went", "there,", "twice.", "3.5", "!", "\n", "x" * 40, "  ", "您", "_", "…"]
    ),
    max_size=120,
).map(" ".join)


def tokens(text: str) -> int:
    return sum(1 for _ in TOKEN.finditer(text))


def judged(text: str, cuts: list[int]) -> list[Window]:
    """All windows, when the text comes in pieces and each answer is there before the next piece."""
    out: list[Window] = []
    for cut in [*sorted(cut % (len(text) + 1) for cut in cuts), len(text)]:
        out += due(text[:cut], out[-1].end if out else 0)
    return out + list(due(text, out[-1].end if out else 0, closed=True))


def test_the_first_window_is_due_after_a_clause_of_eight_tokens_or_twelve():
    assert not due("one two three four. five", 0)
    assert due("one two three four five six seven. eight", 0) == [Window(0, 34)]
    run = "a b c d e f g h i j k l"
    assert not due(run, 0)
    assert due(run + " m", 0) == [Window(0, len(run))]


def test_later_windows_are_due_at_each_clause_and_have_what_led_to_it():
    text = " ".join(f"w{place}" for place in range(70)) + ", and then on"
    first = due(text, 0)[-1]
    assert first.of(text).split()[-1] == "w69,"
    assert tokens(first.of(text)) == POLICY.context
    assert not due(text, first.end)
    assert due(text + " we went. So", first.end)[-1].end == len(text + " we went.")


def test_a_decimal_point_ends_no_clause():
    assert not due("it costs about twenty or so, say 3.5", 28)
    assert due("it costs twenty or so, all in 3.5 a piece", 0)[0].end > 31


@given(WORDS, st.lists(st.integers(0, 2_000), max_size=30))
def test_every_token_is_judged_with_some_of_what_was_before_it_however_the_text_comes(
    text: str, cuts: list[int]
):
    end = 0
    for window in judged(text, cuts):
        lead = text[window.start : end]
        assert window.end > end
        assert tokens(lead) >= min(POLICY.lead, tokens(text[:end])) or len("".join(lead.split())) > 200
        assert tokens(window.of(text)) <= POLICY.context
        assert len("".join(window.of(text).split())) <= POLICY.widest
        end = window.end
    assert not text[end:].strip()


@given(WORDS, st.lists(st.integers(0, 2_000), max_size=30))
def test_a_window_ends_where_it_would_if_the_text_had_come_sign_by_sign(text: str, cuts: list[int]):
    slowly = {window.end for window in judged(text, list(range(len(text))))}
    assert {window.end for window in judged(text, cuts)} <= slowly


@given(WORDS, st.integers(1, 4), st.booleans())
def test_the_first_few_are_the_same_when_no_more_are_wanted(text: str, most: int, closed: bool):
    assert due(text, 0, closed=closed, most=most) == list(due(text, 0, closed=closed))[:most]
