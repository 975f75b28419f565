"""What is chosen for an engine that answers over HTTP, and what a channel does when it could not listen."""

from msgspec.structs import replace

from asr.loading import load, patient
from asr.policy import AsrPolicy
from asr.rates import FRAME, RATE
from asr.remote.policy import RemotePolicy
from asr.speaker.window import Place, trim
from asr.whisper.passes import Aligned, Answer
from streaming.config import Settings
from streaming.config import load as settings
from streaming.service.serving import needed
from tests.promises import finals
from tests.scripted import Run, cut, script

REMOTE = AsrPolicy(remote=RemotePolicy("http://elsewhere:8000", "a-key", "large"))


def test_a_server_is_chosen_by_its_url_and_no_model_is_needed_then() -> None:
    env = {"VIVAVOCE_ASR__REMOTE__URL": "http://elsewhere:8000", "VIVAVOCE_ASR__REMOTE__MODEL": "large"}
    found = settings(environment=env)
    assert found.asr.remote == replace(REMOTE.remote, key="")
    assert "base" not in needed(found)
    assert "base" in needed(Settings())


def test_what_comes_from_a_server_is_named_by_the_model_and_the_server() -> None:
    loaded = load(REMOTE, None, "")
    assert loaded.tools.made_by == loaded.serves.ref == "large@elsewhere"
    assert loaded.tools.sees == loaded.engine.sees == "sound"
    assert loaded.trouble() == ""
    loaded.engine.close()


def test_a_server_is_asked_less_often_and_always_for_the_whole_utterance() -> None:
    policy = patient(REMOTE)
    assert (policy.schedule.step_s, policy.schedule.first_s, policy.workers) == (1.0, 1.0, 4)
    words = [Place(" word.", second) for second in range(1, round(policy.window.long_s))]
    assert trim(words, policy.window) == 0
    assert trim(words, REMOTE.window) > 0
    assert patient(replace(REMOTE, schedule=replace(REMOTE.schedule, step_s=2.0))).schedule.step_s == 2.0


def test_a_pass_that_the_engine_missed_changes_nothing_and_is_due_again_after_a_step_of_new_sound() -> None:
    one = script([(10, 30), (1, 60)])
    run = Run([one], cut([one], [FRAME], {}, set()))
    channel = run.core.channels[0]
    while not (channel.state.utterance and channel.state.utterance.tail.tokens):
        run.read()
        run.answer()
    while channel.unheard() is None:
        assert run.read()
    request = channel.request()
    spoken = channel.state.utterance
    assert request
    assert spoken
    before = (spoken.words, spoken.tail, spoken.language)
    assert channel.settle(request, Answer((), Aligned(), "fr", missed=True), 0) == []
    assert (spoken.words, spoken.tail, spoken.language) == before
    assert channel.unheard() is None
    asked = channel.state.cursor
    while channel.unheard() is None:
        assert run.read()
    assert channel.state.cursor - asked >= channel.step_s * RATE - FRAME
    run.finish()
    assert [final.text for final in finals(run.facts)] == ["w1 w2"]
