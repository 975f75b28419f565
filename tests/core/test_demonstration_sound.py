"""The sound of `vivavoce demo`: what is in it, and that it is made of what it says it is."""

import numpy as np

from streaming.demo import call
from tests import demonstration


def sound() -> np.ndarray:
    """(samples, channels)."""
    return np.frombuffer(b"".join(call.frames()), np.int16).reshape(-1, call.FORMAT.channels)


def test_the_call_is_what_its_maker_makes_to_the_last_sample() -> None:
    assert call.FORMAT.sample_rate == demonstration.RATE
    assert np.array_equal(sound(), demonstration.laid_out())


def test_both_parties_speak_now_and_then_at_once_and_once_nobody_does_for_a_while() -> None:
    steps = sound()[: len(sound()) // 800 * 800].reshape(-1, 800, 2)
    agent, customer = (np.abs(steps).max(axis=1) > 300).T
    assert 20 < agent.sum() / 10 < 50
    assert 15 < customer.sum() / 10 < 40
    assert (agent & customer).sum() / 10 >= 1.5
    quiet = "".join("." if silent else "x" for silent in ~(agent | customer))
    assert "." * 50 in quiet.strip(".")
