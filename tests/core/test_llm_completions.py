"""The shapes of chat completions that are in use."""

import msgspec
import pytest

from llm.asking import Ask
from llm.completions import Chunk, base_of, request, words_of
from llm.history import Message
from llm.making import Token
from streaming.parts import Usage


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://h:8000", "http://h:8000/v1"),
        ("http://h:8000/", "http://h:8000/v1"),
        ("http://h:8000/v1/", "http://h:8000/v1"),
        ("https://h/openai/v1", "https://h/openai/v1"),
    ],
)
def test_a_url_is_taken_as_openai_clients_take_it_and_without_a_path_v1_is_meant(url: str, base: str) -> None:
    assert base_of(url) == base


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error":{"message":"too long","code":400}}', "too long"),
        (b'{"error":"too long"}', "too long"),
        (b'{"message":"too long"}', "too long"),
        (b'{"detail":"too long"}', "too long"),
        (b"too long\n", "too long"),
        (b"\xff", "\ufffd"),
        (b'{"code":1}', '{"code":1}'),
        (b'{"error":{"code":1}}', '{"error":{"code":1}}'),
    ],
)
def test_a_servers_own_words_are_found_in_every_shape_of_error(body: bytes, words: str) -> None:
    assert words_of(body) == words


def test_a_chunk_gives_its_text_and_the_usage_and_tolerates_what_we_do_not_know() -> None:
    body = b'{"x":1,"choices":[{"index":0,"delta":{"role":"assistant","content":"Hi","y":2},"finish_reason":null}]}'
    chunk = msgspec.json.decode(body, type=Chunk)
    assert chunk.made() == [Token("Hi")]
    assert chunk.moves
    assert not chunk.finished
    last = b'{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}'
    assert msgspec.json.decode(last, type=Chunk).made() == [Usage(3, 2)]


def test_an_empty_model_is_left_to_the_server() -> None:
    chat = [Message("user", "Hi")]
    assert "model" not in msgspec.json.decode(request(Ask(chat, 5), "", 0.1))
    asked = msgspec.json.decode(request(Ask(chat, 5), "m", 0.1))
    assert asked["model"] == "m"
    assert asked["messages"] == [{"role": "user", "content": "Hi"}]
    assert asked["stream_options"] == {"include_usage": True}


def test_an_error_in_the_stream_is_seen_and_null_is_none() -> None:
    assert words_of(msgspec.json.decode(b'{"error":{"message":"no"}}', type=Chunk).trouble) == "no"
    assert msgspec.json.decode(b'{"error":null}', type=Chunk).trouble == b""
    assert msgspec.json.decode(b"{}", type=Chunk).trouble == b""
