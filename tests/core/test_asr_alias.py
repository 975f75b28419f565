"""The edit of a Whisper model: ids move, what the network sees does not."""

import io
import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.whisper.alias import (
    SOT,
    Aliases,
    CannotAlias,
    Matrix,
    edited,
    matrices,
    names,
    plan,
    rows,
    suppressed,
)

LETTERS = [chr(33 + place) for place in range(94)]
TEXT = [*LETTERS, *(f"b{n}" for n in range(94, 187)), "ÿ", *(f"b{n}" for n in range(188, 256)), "he", "she"]
VOCABULARY = [
    *TEXT,
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|en|>",
    "<|notimestamps|>",
    *(f"<|{n}|>" for n in range(50)),
]
END, START, ENGLISH, NONE = (len(TEXT) + n for n in range(4))
KNOWN = [1, 2, START]
PLAN = plan(VOCABULARY, KNOWN)


def variable(name: str, values: np.ndarray) -> bytes:
    """A variable as CTranslate2's converter writes it."""
    shape = struct.pack(f"<B{values.ndim}I", values.ndim, *values.shape)
    return text(name) + shape + struct.pack("<BI", 4, values.nbytes) + values.tobytes()


def text(name: str) -> bytes:
    return struct.pack("<H", len(name) + 1) + name.encode() + b"\0"


def model(*variables: bytes, version: int = 6, spec: str = "WhisperSpec") -> bytes:
    return (
        struct.pack("<I", version) + text(spec) + struct.pack("<II", 3, len(variables)) + b"".join(variables)
    )


def table(width: int = 3) -> np.ndarray:
    return np.arange(len(VOCABULARY) * width, dtype=np.float16).reshape(-1, width)


def folder(at: Path, content: bytes, vocabulary: list[str] = VOCABULARY) -> Path:
    (at / "model.bin").write_bytes(content)
    (at / "vocabulary.txt").write_text("\n".join(vocabulary) + "\n")
    (at / "config.json").write_text(json.dumps({"suppress_ids": KNOWN, "lang_ids": [ENGLISH]}))
    return at


tokens = st.lists(st.integers(0, END - 1).filter(lambda token: token != TEXT.index("ÿ")), max_size=20)


@given(tokens)
def test_what_goes_in_comes_out_again(said: list[int]) -> None:
    assert PLAN.outward(PLAN.inward(said)) == said


@given(st.lists(tokens, min_size=1, max_size=4))
def test_the_network_sees_the_embeddings_of_the_prompt_as_it_is(texts: list[list[int]]) -> None:
    own, new = table(), table()
    for to, of in rows(PLAN):
        new[to] = own[of]
    prompts = [[START, ENGLISH, NONE, *said] for said in texts]
    at, ids = PLAN.split(prompts, 3)
    for prompt, changed in zip(prompts, ids, strict=True):
        assert (new[changed] == own[prompt]).all()
        assert all(id <= NONE for place, id in enumerate(changed) if place != at)
    if all(texts):
        assert all(changed[at] > NONE for changed in ids), "CTranslate2 would apply its rules for timestamps"
        assert 2 <= at < min(map(len, ids))
    else:
        assert at == 3


def test_each_token_can_be_written_by_one_id_only() -> None:
    written = set(range(len(VOCABULARY))) - set(suppressed(KNOWN, PLAN))
    assert written.isdisjoint(PLAN.again.values())
    assert 0 not in written
    assert START not in written
    assert PLAN.moved[0] in written
    assert {token for token in PLAN.outward(written) if token < END} == set(range(END)) - {
        1,
        2,
        TEXT.index("ÿ"),
    }


def test_a_first_token_that_must_not_be_written_is_not_written_where_it_stands_now() -> None:
    assert PLAN.moved[0] in suppressed([0, *KNOWN], PLAN)


def test_the_start_of_the_transcript_is_the_first_id() -> None:
    edit = names(VOCABULARY, PLAN)
    assert edit.index(SOT) == 0
    assert edit.count(SOT) == 1
    assert sorted(edit) == sorted(VOCABULARY)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("<|notimestamps|>", "other names"),
        ("ÿ", "other names"),
        ("<|startoftranscript|>", "other names"),
    ],
)
def test_a_vocabulary_with_other_names_is_left_alone(missing: str, said: str) -> None:
    with pytest.raises(CannotAlias, match=said):
        plan([name for name in VOCABULARY if name != missing], KNOWN)


def test_a_model_without_timestamps_is_left_alone() -> None:
    with pytest.raises(CannotAlias, match="no timestamps"):
        plan(VOCABULARY[: NONE + 1], KNOWN)


def test_rows_are_found_behind_other_variables() -> None:
    before, after = variable("encoder/conv1/weight", np.zeros((2, 3), np.float16)), table()
    file = io.BytesIO(model(before, variable("decoder/embeddings/weight", after)))
    (place,) = matrices(file, len(VOCABULARY))
    assert place == Matrix(len(file.getvalue()) - after.nbytes, 6)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (model(), "no embeddings"),
        (model(version=7), "version 7"),
        (model(spec="TransformerSpec"), "TransformerSpec"),
        (model(variable("decoder/embeddings/weight", np.zeros((5, 2), np.float16))), "5 rows"),
        (b"PK\3\4 what is this?", "version"),
        (model(variable("decoder/embeddings/weight", table()))[:400], "no embeddings"),
        (b"", "another layout"),
    ],
)
def test_a_file_of_another_kind_is_left_alone(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(CannotAlias, match=said), edited(folder(tmp_path, content)):
        pass


def test_a_quantised_table_is_edited_with_its_scales_and_the_file_on_disk_is_not(tmp_path: Path) -> None:
    scale, whole = table(1)[:, 0], table()
    content = model(
        variable("decoder/embeddings/weight", whole),
        variable("decoder/embeddings/weight_scale", scale),
        variable("encoder/x", np.zeros(4, np.float16)),
    )
    with edited(folder(tmp_path, content)) as (place, aliases):
        found = (place / "model.bin").read_bytes()
        config = json.loads((place / "config.json").read_bytes())
    assert (tmp_path / "model.bin").read_bytes() == content
    for to, of in rows(aliases):
        whole[to], scale[to] = table()[of], table(1)[of, 0]
    assert found == model(
        variable("decoder/embeddings/weight", whole),
        variable("decoder/embeddings/weight_scale", scale),
        variable("encoder/x", np.zeros(4, np.float16)),
    )
    assert config == {"suppress_ids": suppressed(KNOWN, aliases), "lang_ids": [ENGLISH]}
    assert not place.exists()


def test_a_model_whose_folder_cannot_be_read_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(CannotAlias, match="FileNotFoundError"), edited(tmp_path):
        pass


def test_a_model_whose_config_is_another_is_left_alone(tmp_path: Path) -> None:
    place = folder(tmp_path, model(variable("decoder/embeddings/weight", table())))
    (place / "config.json").write_text('{"suppress_ids": null}')
    with pytest.raises(CannotAlias, match="TypeError"), edited(place):
        pass


def test_without_memory_for_the_copy_the_model_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(name: str) -> int:
        return os.open("/dev/full", os.O_RDWR)

    monkeypatch.setattr(os, "memfd_create", full)
    content = model(variable("decoder/embeddings/weight", table()))
    with pytest.raises(CannotAlias, match="OSError"), edited(folder(tmp_path, content)):
        pass


def test_a_text_of_rare_tokens_only_is_forced_step_by_step() -> None:
    rare = Aliases({0: 187, START: 0}, {NONE: NONE + 1})
    at, ids = rare.split([[START, ENGLISH, NONE, 200, 201]], 3)
    assert (at, ids) == (2, [[0, ENGLISH, NONE + 1, 200, 201]])
