"""Sentence embeddings with the real model."""

import numpy as np
import pytest

from streaming.machine import models
from streaming.machine.minilm import DIMENSION, LONGEST, Sentences

LONG = "The parcel is left with a neighbour when nobody opens. " * 12
TEXTS = ["How long is the warranty?", LONG, "", "Bananas are yellow.", "¿Cuánto dura la garantía?"]


@pytest.fixture(scope="module")
def sentences() -> Sentences:
    return Sentences(models.shelf().pull("minilm"))


@pytest.mark.models
def test_a_text_has_the_same_vector_alone_and_in_any_batch(sentences: Sentences) -> None:
    together = sentences.embed(TEXTS * 5)
    assert together.shape == (25, DIMENSION)
    assert together.dtype == np.float32
    for row, text in enumerate(TEXTS):
        np.testing.assert_allclose(together[row], sentences.embed([text])[0], atol=1e-5)
        np.testing.assert_allclose(together[row], together[row + 20], atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert sentences.embed([]).shape == (0, DIMENSION)


@pytest.mark.models
def test_what_means_alike_lies_near(sentences: Sentences) -> None:
    question, same, other = sentences.embed(
        [
            "How do I get my money back?",
            "Refunds are paid within ten days.",
            "The lamp blinks blue while pairing.",
        ]
    )
    assert question @ same > question @ other + 0.2


@pytest.mark.models
def test_only_the_first_tokens_of_a_long_text_count(sentences: Sentences) -> None:
    assert sentences.count("hello") == 3
    assert sentences.count("word " * 1000) == LONGEST
    cut, longer = sentences.embed(["word " * 300, "word " * 300 + "quite another end"])
    np.testing.assert_allclose(cut, longer, atol=1e-5)
