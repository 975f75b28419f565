"""What holds of the facts of every session, whatever was said."""

from streaming.events import SpeechStarted, Word
from streaming.facts import Endpoint, Heard, HeardFinal, HeardPartial, SoundEnded


def finals(facts: list[Heard], channel: int = 0) -> list[HeardFinal]:
    return [fact for fact in facts if isinstance(fact, HeardFinal) and fact.channel == channel]


def words(facts: list[Heard], channel: int = 0) -> list[Word]:
    return [word for final in finals(facts, channel) for word in final.words]


def check_promises(facts: list[Heard], channel: int) -> None:
    """What holds of the facts of every session."""
    stable: dict[int, str] = {}
    revision: dict[int, int] = {}
    done, announced, turn = set[int](), False, False
    for fact in facts:
        match fact:
            case SpeechStarted(channel=of) if of == channel:
                announced = True
            case HeardPartial(channel=of) if of == channel:
                assert announced
                assert fact.utterance not in done
                assert fact.text.startswith(stable.get(fact.utterance, ""))
                assert fact.revision > revision.get(fact.utterance, 0)
                stable[fact.utterance], revision[fact.utterance] = fact.text[: fact.stable], fact.revision
            case HeardFinal(channel=of) if of == channel:
                assert announced
                assert fact.utterance not in done
                assert fact.text.startswith(stable.get(fact.utterance, ""))
                done.add(fact.utterance)
                turn = turn or bool(fact.text)
            case Endpoint(channel=of) if of == channel:
                assert turn
                turn = False
            case _:
                pass
    assert not turn
    assert set(stable) <= done


def check_account(facts: list[Heard], length: int) -> None:
    """Every sample is counted once, and SoundEnded is the last."""
    ended = facts[-1]
    assert isinstance(ended, SoundEnded)
    for account in ended.accounting:
        counted = account.transcribed_ms + account.silence_ms + sum(account.gap_ms.values())
        assert account.duration_ms == length / 16 == counted
