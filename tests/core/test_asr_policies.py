"""The small policies of the recogniser: voice, endpoint, loops, window, schedule."""

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from asr.endpointing.endpoint import EndpointPolicy, Manner, Opinion, dictating, hangover, manner, verdict
from asr.hearing.vad import VadPolicy, Voice, listen
from asr.rates import FRAME
from asr.speaker.window import Place, WindowPolicy, frames, trim
from asr.whisper.loops import ROUND_S, Borne, spoken, unecho, unloop
from streaming.facts import Endpointing

TOKENS = st.lists(st.integers(0, 5), max_size=40)


def walk(chances: list[float]) -> Voice:
    voice = Voice()
    for number, chance in enumerate(chances, start=1):
        voice = listen(voice, chance, number * FRAME, VadPolicy())
    return voice


# ---- voice --------------------------------------------------------------------------------------------------------


def test_a_click_of_one_frame_is_no_voice() -> None:
    assert walk([0.0, 0.9, 0.0, 0.9, 0.1]).begin is None


def test_voice_begins_with_the_first_of_two_voiced_frames_and_ends_with_the_last() -> None:
    voice = walk([0.1, 0.6, 0.7, 0.8, 0.2, 0.1])
    assert (voice.begin, voice.end, voice.voiced) == (FRAME, 4 * FRAME, 3 * FRAME)
    assert not voice.talking


def test_voice_goes_on_at_a_probability_that_would_not_begin_it() -> None:
    assert walk([0.9, 0.9, 0.4, 0.4]).talking
    assert not walk([0.4, 0.4, 0.4]).talking


def test_voiced_sound_adds_up_over_a_short_pause() -> None:
    assert walk([0.9] * 3 + [0.0] * 4 + [0.9] * 2).voiced == 5 * FRAME


# ---- endpoint -----------------------------------------------------------------------------------------------------


def test_a_number_being_dictated_gets_more_time() -> None:
    policy = EndpointPolicy()
    for text in ("My card is 41", "four one one", "It is 4 1.", "number 555-12", "oh seven"):
        assert dictating(text), text
        assert hangover(text, 16 * 450, "unsure", policy) == 16 * 1200
    for text in (
        "",
        "press one",
        "I have 4",
        "one moment please",
        "4111 is wrong",
        "someone",
        "at 5 o'clock",
    ):
        assert not dictating(text), text
        assert hangover(text, 16 * 450, "unsure", policy) == 16 * 450


def test_a_session_sets_its_own_silence_and_dictation_never_shortens_it() -> None:
    policy = EndpointPolicy()
    assert manner(Endpointing(), policy) == Manner(16 * 450, semantic=False, eager=0, rehearse=16 * 200)
    wish = Endpointing(silence_ms=800, semantic=True, eager_ms=300)
    assert manner(wish, policy) == Manner(16 * 800, semantic=True, eager=16 * 300, rehearse=16 * 200)
    assert hangover("four one", 16 * 2000, "unsure", policy) == 16 * 2000


def test_who_sounds_done_waits_for_less_unless_a_number_is_being_dictated() -> None:
    policy = EndpointPolicy()
    assert hangover("hello", 16 * 450, "complete", policy) == 16 * 250
    assert hangover("hello", 16 * 150, "complete", policy) == 16 * 150
    assert hangover("hello", 16 * 450, "incomplete", policy) == 16 * 450
    assert hangover("four one", 16 * 450, "complete", policy) == 16 * 1200


def test_an_opinion_counts_for_its_own_pause_only() -> None:
    policy = EndpointPolicy()
    sure = Opinion(voice=1600, edge=4800, complete=0.9)
    assert verdict(sure, 1600, policy) == "complete"
    assert verdict(sure, 3200, policy) == "unsure"
    assert verdict(None, 1600, policy) == "unsure"
    assert verdict(replace(sure, complete=0.6), 1600, policy) == "unsure"
    assert verdict(replace(sure, complete=0.4), 1600, policy) == "incomplete"
    assert verdict(replace(sure, complete=None), 1600, policy) == "unsure"


# ---- loops --------------------------------------------------------------------------------------------------------


@given(TOKENS, st.integers(0, 40))
def test_cutting_a_loop_or_an_echo_never_touches_what_stands_before_start(
    tokens: list[int], start: int
) -> None:
    start = min(start, len(tokens))
    for cut in (unloop(tokens, start), unecho(tokens, start)):
        assert cut.tokens == tuple(tokens[: len(cut.tokens)])
        assert len(cut.tokens) >= start
        assert cut.found == (len(cut.tokens) < len(tokens))


@given(
    st.lists(st.integers(0, 9), max_size=6),
    st.lists(st.integers(10, 19), min_size=3, max_size=5, unique=True),
)
def test_a_loop_is_cut_to_its_first_round(before: list[int], loop: list[int]) -> None:
    cut = unloop([*before, *loop * 5], len(before))
    assert cut.found
    assert len(cut.tokens) == len(before) + len(loop)


def test_a_digit_said_three_times_is_no_loop() -> None:
    assert not unloop([4, 1, 1, 1], 0).found


@given(
    st.lists(st.integers(10, 19), max_size=20, unique=True),
    st.lists(st.integers(0, 9), min_size=1, max_size=5, unique=True),
    st.integers(4, 12),
    st.data(),
)
def test_a_repetition_was_said_if_each_round_has_its_time_before_the_voice_ends(
    before: list[int], first: list[int], count: int, data: st.DataObject
) -> None:
    tokens, start = [*before, *first * count, 20], len(before)
    times = [n * 2 * ROUND_S for n in range(len(tokens) + 1)]
    assert spoken(tokens, start, times, times[-1]) == Borne(tuple(range(len(tokens))), tuple(times))
    rounds = data.draw(st.integers(1, count - 1))
    one = rounds * len(first) + start
    kept = (*range(one), len(tokens) - 1)
    assert spoken(tokens, start, times, times[one]).picked == kept
    lost = times[len(tokens) - 1] - times[one]
    squeezed = [at if n <= one else max(times[one], at - lost) for n, at in enumerate(times)]
    borne = spoken(tokens, start, squeezed, squeezed[-1])
    assert borne.picked == kept
    assert borne.times[-1] == squeezed[-1]
    hurried = [at if n <= one else times[one] + (n - one) * 0.07 / len(first) for n, at in enumerate(times)]
    assert spoken(tokens, start, hurried, hurried[-1]).picked == kept


def test_rounds_that_an_alignment_squeezes_between_true_ones_leave_these_in_their_places() -> None:
    times = [0, 1.32, 2.34, 3.4, 4.22, 5.32, 6.28, 7.06, 7.08, 7.64, 8.34, 8.64]
    borne = spoken([9] * 10 + [4], 0, times, 8.64)
    assert borne.times == (0, 1.32, 2.34, 3.4, 4.22, 5.32, 6.28, 7.06, 7.64, 8.34, 8.64)


@given(TOKENS, st.integers(0, 40), st.data())
def test_no_token_before_start_is_taken_for_a_loop_that_was_not_said(
    tokens: list[int], start: int, data: st.DataObject
) -> None:
    start = min(start, len(tokens))
    steps = data.draw(st.lists(st.floats(0, 0.5), min_size=len(tokens), max_size=len(tokens)))
    times = list(accumulate(steps, initial=0.0))
    borne = spoken(tokens, start, times, times[-1])
    assert [tokens[number] for number in borne.picked][:start] == tokens[:start]
    assert list(borne.picked) == sorted(set(borne.picked))
    assert len(borne.times) == len(borne.picked) + 1
    assert list(borne.times) == sorted(borne.times)


# ---- window -------------------------------------------------------------------------------------------------------


@given(st.integers(0, 4000), st.floats(0, 30))
def test_the_encoder_gets_an_even_number_of_frames_and_at_most_30_s(heard: int, floor_s: float) -> None:
    wanted = frames(heard, floor_s, 1.0)
    assert wanted % 2 == 0
    assert wanted <= 3000
    assert wanted >= min(3000, heard)


@given(st.lists(st.tuples(st.sampled_from([" a", " b,", " c."]), st.floats(0.05, 1.5)), max_size=30))
def test_a_trim_keeps_two_seconds_of_committed_sound(words: list[tuple[str, float]]) -> None:
    places, end = list[Place](), 0.0
    for text, length in words:
        end += length
        places.append(Place(text, end))
    count = trim(places, WindowPolicy())
    assert count < max(1, len(places))
    if count:
        assert places[count - 1].end_s <= end - 2.0


def test_a_trim_prefers_the_end_of_a_phrase() -> None:
    words = [Place(" one", 1.0), Place(" two.", 2.0), Place(" three", 3.0), Place(" four", 6.0)]
    assert trim(words, WindowPolicy()) == 2


# ---- schedule -----------------------------------------------------------------------------------------------------
