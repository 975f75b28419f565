"""When words were seen, committed and closed, from what a viewer had before him."""

from typing import Any
from xml.etree import ElementTree

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from streaming.bench import plot, report
from streaming.bench.figures import Part, Row, drift, median, row, spread
from streaming.bench.hearing import Heard
from streaming.bench.offline import Offline
from streaming.bench.processes import Cost
from streaming.bench.sights import Sight, Timed, changed, flicker, seen
from streaming.bench.speech import Script, Span, room

TRUTH = [Timed("good", 0.5, 1.0), Timed("bye", 1.0, 1.5), Timed("now", 1.5, 2.0)]
SIGHTS = [
    Sight(1.2, "Good", 0, 0),
    Sight(1.8, "Good buy", 4, 0),
    Sight(2.2, "Good bye no", 4, 0),
    Sight(2.6, "Good bye now", 8, 0),
    Sight(3.0, "Good bye now.", 13, 13),
]


def test_each_word_has_the_times_of_its_first_sight_its_commit_and_its_final() -> None:
    good, bye, now = seen(SIGHTS, TRUTH)
    assert (good.first, good.commit, good.final) == (1.2, 1.8, 3.0)
    assert (bye.first, bye.commit, bye.final) == (2.2, 2.6, 3.0)
    assert (now.first, now.commit, now.final) == (2.6, 3.0, 3.0)


def test_a_word_that_was_not_heard_has_no_times() -> None:
    lost = seen(SIGHTS, [*TRUTH, Timed("ever", 2.0, 2.4)])[-1]
    assert (lost.first, lost.commit, lost.final) == (None, None, None)


def test_a_word_that_is_seen_before_it_is_spoken_is_not_yet_that_word() -> None:
    early = [Sight(0.2, "good", 0, 0), *SIGHTS]
    assert seen(early, TRUTH)[0].first == 1.2


def test_a_word_is_seen_behind_one_that_is_still_wrong() -> None:
    sights = [Sight(2.1, "wood bye", 0, 0), *SIGHTS[2:]]
    assert seen(sights, TRUTH)[1].first == 2.1


def test_a_committed_word_that_changes_is_counted_and_committed_only_when_it_stays() -> None:
    sights = [Sight(1.2, "Wood", 4, 0), *SIGHTS[1:]]
    assert changed(sights) == 1
    assert seen(sights, TRUTH)[0].commit == 1.8
    back = [Sight(1.8, "Good bye", 8, 0), Sight(2.0, "Good buy", 8, 0), *SIGHTS[3:]]
    assert [one.commit for one in seen(back, TRUTH)][:2] == [1.8, 2.6]
    assert changed([Sight(1, "good bye", 8, 0), Sight(2, "good", 4, 0)]) == 1
    assert changed([Sight(1, "good", 4, 0), Sight(2, "Good", 4, 4)]) == 1
    assert changed(SIGHTS) == 0


def test_flicker_counts_what_was_taken_back() -> None:
    assert flicker(SIGHTS) == 2 / 3
    assert flicker([Sight(1, "a", 0, 0), Sight(2, "a b", 0, 0)]) == 0


TEXTS = st.lists(st.sampled_from(["good", "bye", "now", "no"]), max_size=5).map(" ".join)
LOOKS = st.lists(st.tuples(TEXTS, st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=6)


@given(LOOKS)
def test_no_word_is_committed_before_it_is_seen_nor_closed_before_it_is_committed(looks: Any) -> None:
    sights = [
        Sight(2.0 + at, text, max(fixed, done), min(fixed, done))
        for at, (text, fixed, done) in enumerate(looks)
    ]
    for one in seen(sights, TRUTH):
        if one.commit is not None:
            assert one.first is not None
            assert one.first <= one.commit
        if one.final is not None:
            assert one.commit is not None
            assert one.commit <= one.final


def part(sights: list[Sight]) -> Part:
    script = Script(room(4.0), [Span("Good bye now.", 0.4, 2.1)])
    return Part(script, Offline("Good bye now", TRUTH), Heard(sights, unaccounted_ms=0.0))


def test_a_row_has_the_figures_of_its_clients() -> None:
    made = row(("x", 3), [part(SIGHTS), part(SIGHTS[:3])], [0.2, 0.4], Cost(2.0, 100.0), "en")
    assert (made.clients, made.refused) == (3, 1)
    assert (made.wer, made.worst_wer, made.offline_wer) == (16.67, 33.33, 0.0)
    assert made.first == spread([0.2, 0.7, 0.6, 0.2, 0.7])
    assert made.endpoint == spread([1.0])
    assert made.finalize == spread([0.2, 0.4])
    assert made.missed == 16.7
    assert (made.cpu, made.peak_rss_mb, made.changed, made.unaccounted_ms) == (0.25, 100.0, 0, 0.0)


def test_drift_is_by_how_much_later_words_come_each_minute() -> None:
    late = [Sight(60 * n + 1 + n / 2, "x " * (n + 1), 2 * (n + 1), 0) for n in range(1, 5)]
    truth = [Timed("x", 0, 1), *(Timed("x", 60 * n - 1, 60 * n) for n in range(1, 5))]
    assert round(drift(seen(late, truth)[1:]), 6) == 0.5


def test_runs_become_one_row_of_medians_and_of_all_errors() -> None:
    rows = [row(("x", 1), [part(sights)], [0.2], None, "en") for sights in (SIGHTS, SIGHTS, SIGHTS[:3])]
    made = median(rows)
    assert (made.wer, made.worst_wer) == (0.0, 33.33)
    assert made.finalize is not None
    assert made.finalize.n == 3
    assert made.cpu is None
    assert median([*rows, bad(rows[0])]).changed == 2


def bad(one: Row) -> Row:
    return row(("x", 1), [part([Sight(1, "a b", 3, 0), Sight(2, "c", 1, 1)])], [], None, "en")


def test_the_table_is_wide_or_high() -> None:
    rows = [row(("x", 1), [part(SIGHTS)], [0.2], None, "en")]
    console = Console(width=160, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(report.table(rows, 160))
    console.print(report.table(rows, 80))
    told = console.export_text()
    assert "0.60 / 0.70" in told
    assert told.count("finalize") == 2


def test_the_picture_shows_every_word_and_marks_what_was_never_seen() -> None:
    sound = Script(
        (np.sin(np.arange(64_000) / 9) * 9_000).astype(np.int16), [Span("Good bye now.", 0.4, 2.1)]
    )
    drawn = plot.drawn(Part(sound, Offline("", [*TRUTH, Timed("a<b", 2.0, 2.5)]), Heard(SIGHTS)), "x & y")
    root = ElementTree.fromstring(drawn)
    texts = ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"good", "bye", "now", "a<b"} <= set(texts)
    red = [
        text.text for text in root.iter() if text.tag.endswith("text") and "b8322a" in text.get("style", "")
    ]
    assert red == ["red: never seen like this", "a<b"]
    assert len([one for one in root.iter() if one.get("class") == "first"]) == 1 + 3
    assert len([one for one in root.iter() if one.get("class") == "commit" and one.tag.endswith("rect")]) == 2
