"""Sessions whose turns end as the speaker's pauses sound, or eagerly."""

from asr.rates import FRAME
from asr.speaker.request import Pause
from streaming.facts import EagerEndpoint, Endpoint, Endpointing, Heard, HeardFinal, Resumed
from tests.scripted import Run, Script, cut


def by_sound(pause: Pause) -> float:
    """A judge that always says the same of the same pause, and no two things of any two."""
    return pause.opinion.voice // FRAME % 11 / 10


def run_of(one: Script, wish: Endpointing, complete: float | None = None, pieces: int = FRAME) -> Run:
    return Run([one], cut([one], [pieces], {}, set()), wish, lambda _: complete)


def ends(facts: list[Heard]) -> list[Heard]:
    return [fact for fact in facts if isinstance(fact, EagerEndpoint | Resumed | Endpoint)]


def check_eager(facts: list[Heard], channel: int, *, exact: bool) -> None:
    """An eager end is confirmed or taken back before the next one, and says what the finals behind it say."""
    expected, said = None, list[str]()
    for fact in facts:
        match fact:
            case EagerEndpoint(channel=of, text=text) if of == channel:
                assert expected is None
                expected, said = text, []
            case HeardFinal(channel=of, text=text) if of == channel:
                said.append(text)
            case Resumed(channel=of) if of == channel:
                assert expected is not None
                expected = None
            case Endpoint(channel=of) if of == channel:
                assert expected is None or not exact or said == [expected]
                expected = None
            case _:
                pass
    assert expected is None
