"""The desk before the heads: who is judged with whom, and what becomes of those who cannot be."""

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from moderation.model.desk import DeskPolicy
from moderation.model.heads import Heads, HeadsBroken, Vectors, opened, packed, with_minors
from moderation.model.judge import HeadJudge
from streaming.errors import Overloaded

TOLD = {
    "categories": '["hate","sexual"]',
    "embedding": "0" * 64,
}


def file() -> bytes:
    weight = np.zeros((2, 384), np.float32)
    weight[0, 0] = weight[1, 1] = 1.0
    return packed({"weight": weight, "bias": np.zeros(2, np.float32)}, TOLD)


def embed(texts: Sequence[str]) -> Vectors:
    """A text's vector has its number of "a" in the first place."""
    vectors = np.zeros((len(texts), 384), np.float32)
    vectors[:, 0] = [text.count("a") for text in texts]
    return vectors


async def test_each_text_has_its_own_scores_whoever_is_judged_with_it():
    judge = HeadJudge(embed, Heads(file()))
    texts = ["a" * count for count in range(40)]
    alone = [(await judge.scores([text]))[0] for text in texts]
    together = await asyncio.gather(*(judge.scores(texts[at : at + 2]) for at in range(0, 40, 2)))
    await judge.close()
    assert [one for two in together for one in two] == alone
    assert len({scores["hate"] for scores in alone}) > 9


async def test_texts_that_come_together_are_one_batch_and_none_is_larger_than_it_may_be():
    judge = HeadJudge(embed, Heads(file()), DeskPolicy(most=16))
    await asyncio.gather(*(judge.scores(["a"]) for _ in range(40)))
    await judge.close()
    assert list(judge.desk.batches) == [16, 16, 8]


async def test_too_many_that_wait_are_refused():
    judge = HeadJudge(embed, Heads(file()), DeskPolicy(waiting=3))
    first = asyncio.ensure_future(judge.scores(["a", "b"]))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await judge.scores(["c", "d"])
    assert len(await first) == 2
    await judge.close()


async def test_a_model_that_fails_is_told_to_those_who_wait_and_serves_the_next():
    broken = [True]

    def failing(texts: Sequence[str]) -> Vectors:
        if broken:
            broken.pop()
            raise RuntimeError("no memory")
        return embed(texts)

    judge = HeadJudge(failing, Heads(file()))
    with pytest.raises(RuntimeError, match="no memory"):
        await judge.scores(["a"])
    assert (await judge.scores(["a"]))[0]["hate"] > 0.5
    await judge.close()


async def test_one_who_no_longer_waits_harms_nobody():
    judge = HeadJudge(embed, Heads(file()))
    gone, stays = (asyncio.ensure_future(judge.scores([text])) for text in ("a", "aa"))
    await asyncio.sleep(0)
    gone.cancel()
    assert (await stays)[0]["hate"] == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-4)
    await judge.close()


def test_weights_are_the_same_bytes_again_and_a_broken_file_says_what_is_wrong():
    tensors, told = opened(file())
    assert packed(tensors, told) == file()
    for wrong in (b"", file()[:-5], file().replace(b"bias", b"bios"), file().replace(b'"F32"', b'"F16"')):
        with pytest.raises(HeadsBroken):
            Heads(wrong)


def test_what_is_sexual_and_names_a_minor_is_of_the_category_for_that():
    assert with_minors("two adults", {"sexual": 0.9})["sexual/minors"] == 0.0
    for text in ("a 15 year old", "an underage person", "eine minderjahrige"):
        assert with_minors(text, {"sexual": 0.9})["sexual/minors"] == 0.9
