"""A call in mode assist through the whole service: real speech on two channels, real models, a real index."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from llm.retrieval.building import Watcher, build
from llm.retrieval.cabinet import Cabinet
from llm.retrieval.embedding import MiniLm
from streaming.answers import SuggestionDone
from streaming.events import SessionEnded
from streaming.machine import home
from tests import speech
from tests.conftest import running_redis
from tests.conversation import Conversation
from tests.stack import Stack

pytestmark = [pytest.mark.models, pytest.mark.slow]

AGENT, CUSTOMER = "auth-thankyou", "conf-onlyone"
TEXT = "Whoever is currently the only person in this conference hears music until somebody else joins."


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Stack]:
    house = tmp_path / "home"
    house.mkdir()
    (house / "models").symlink_to(home.prepare() / "models")
    (tmp_path / "conferences.md").write_text(f"# Conferences\n\n{TEXT}\n")
    build(
        Cabinet(house / "indexes"),
        ("default", "handbook"),
        [tmp_path / "conferences.md"],
        MiniLm(1),
        Watcher(),
    )
    settings = {"VIVAVOCE_HOME": str(house), "VIVAVOCE_ASR__MODEL": "tiny.en"}
    settings |= {"VIVAVOCE_LLM__MODEL": "smollm2-135m", "VIVAVOCE_LLM__INDEX": "handbook"}
    settings |= {"VIVAVOCE_LLM__GROUNDING__WITHIN_MS": "5000", "VIVAVOCE_SERVER__MAX_LOAD": "1000"}
    with running_redis() as url:
        stack = Stack(url, tmp_path, settings)
        stack.start()
        try:
            stack.await_ready()
            yield stack
        finally:
            stack.close()


async def test_an_agent_is_told_what_the_handbook_says_while_the_call_goes_on(service: Stack) -> None:
    customer = speech.join(0.3, CUSTOMER, 1.5)
    agent = speech.join(AGENT, speech.silence(9))[: len(customer)]
    call = Conversation(service.url, "assist", channels=2, language="en")
    async with call:
        await call.play(np.stack([agent, customer], axis=1), pace=2)
        done = await call.until(SuggestionDone)
        assert call.all(SessionEnded) == []
    assert (done[0].kind, done[0].status) == ("answer", "completed")
    assert [cited.quote for cited in done[0].citations] == [TEXT]
