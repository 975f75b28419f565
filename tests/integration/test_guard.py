"""Guard models behind a real HTTP server that answers as each kind of them does."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from moderation.guard.guard import Guard
from moderation.guard.policy import GuardPolicy, Shape
from moderation.model.judge import Judges
from moderation.model.opening import opened
from moderation.policy import ModerationPolicy
from moderation.worker import Moderator
from streaming.bus import Bus
from streaming.errors import ServiceFault
from streaming.events import ModerationVerdict, SessionEnded
from tests.integration.moderator_session import END, NO_MORE, all_at_once, finished, started, typed, wrote

Answer = Callable[[str, dict[str, Any]], tuple[int, Any]]


class Listening(ThreadingHTTPServer):
    request_queue_size = 64  # the library's 5 drops the sixth of those who come at once


@contextmanager
def serving(answer: Answer) -> Generator[tuple[str, list[tuple[str, dict[str, Any]]]], None, None]:
    """A server on a free port: its address, and the requests that it had."""
    had: list[tuple[str, dict[str, Any]]] = []

    class Asked(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            had.append((self.path, body | {"key": self.headers.get("Authorization", "")}))
            status, told = answer(self.path, body)
            sent = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            with contextlib.suppress(BrokenPipeError):  # who asked had no patience
                self.wfile.write(sent)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = Listening(("127.0.0.1", 0), Asked)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", had
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def saying(words: Callable[[dict[str, Any]], str]) -> Answer:
    return lambda _, body: (200, {"choices": [{"message": {"role": "assistant", "content": words(body)}}]})


async def judged(shape: Shape, answer: Answer, texts: list[str]) -> list[dict[str, float]]:
    with serving(answer) as (url, had):
        guard = Guard(GuardPolicy(url=url, key="k", model="guard", shape=shape))
        try:
            found = await guard.scores(texts)
        finally:
            await guard.close()
        assert {body["key"] for _, body in had} == {"Bearer k"}
        assert {body["model"] for _, body in had} == {"guard"}
        return found


def bad(body: dict[str, Any]) -> bool:
    return body["messages"][0]["content"] == "bad"


async def test_llama_guard_names_hazards_that_are_our_categories():
    answer = saying(lambda body: "\n\nunsafe\nS1,S10" if bad(body) else "\n\nsafe")
    assert await judged("llama-guard", answer, ["fine", "bad"]) == [
        {},
        {"illicit/violent": 1.0, "illicit": 1.0, "hate": 1.0},
    ]


async def test_qwen3guard_says_how_sure_it_is():
    told = "Safety: {}\nCategories: Suicide & Self-Harm, PII"
    answer = saying(lambda body: told.format("Unsafe" if bad(body) else "Controversial"))
    assert await judged("qwen3guard", answer, ["bad", "hm"]) == [
        {"self-harm": 1.0, "other": 1.0},
        {"self-harm": 0.6, "other": 0.6},
    ]


async def test_shieldgemma_is_asked_one_guideline_at_a_time():
    answer = saying(
        lambda body: "Yes" if "hate" in body["chat_template_kwargs"]["guideline"] and bad(body) else "No"
    )
    assert await judged("shieldgemma", answer, ["bad", "fine"]) == [
        {"sexual": 0.0, "illicit": 0.0, "hate": 1.0, "harassment": 0.0},
        {"sexual": 0.0, "illicit": 0.0, "hate": 0.0, "harassment": 0.0},
    ]


async def test_granite_guardian_is_asked_one_risk_at_a_time_in_either_form_of_its_answer():
    def words(body: dict[str, Any]) -> str:
        match body["chat_template_kwargs"]["guardian_config"]["risk_name"]:
            case "violence":
                return "<score> yes </score>"
            case "sexual_content":
                return "Yes\n<confidence> Low </confidence>"
            case _:
                return "<score> no </score>"

    [found] = await judged("granite-guardian", saying(words), ["bad"])
    assert {name: score for name, score in found.items() if score} == {"violence": 1.0, "sexual": 0.6}


async def test_an_endpoint_of_openais_own_kind_tells_scores_of_all_texts_at_once():
    def answer(path: str, body: dict[str, Any]) -> tuple[int, Any]:
        assert path == "/v1/moderations"
        return 200, {"results": [{"category_scores": {"hate": len(text) / 10}} for text in body["input"]]}

    assert await judged("openai", answer, ["four", "seventh"]) == [{"hate": 0.4}, {"hate": 0.7}]


NONSENSE: list[tuple[Shape, Answer]] = [
    ("llama-guard", saying(lambda _: "I cannot help with that.")),
    ("qwen3guard", saying(lambda _: "unsafe")),
    ("granite-guardian", saying(lambda _: "maybe")),
    ("openai", lambda _path, _body: (200, {"results": []})),
    ("openai", lambda _path, _body: (200, {"results": [{"category_scores": {"hate": 7}}]})),
    ("llama-guard", lambda _path, _body: (200, {"choices": []})),
    ("llama-guard", lambda _path, _body: (200, b"<html>")),
    ("llama-guard", lambda _path, _body: (503, {})),
]


@pytest.mark.parametrize("wrong", range(len(NONSENSE)))
async def test_an_answer_that_cannot_be_read_is_no_verdict(wrong: int):
    shape, answer = NONSENSE[wrong]
    with pytest.raises(ServiceFault, match="no verdict"):
        await judged(shape, answer, ["text"])


async def test_a_guard_that_is_late_or_away_is_left_alone_for_a_while_and_then_asked_again():
    now = 0.0
    slow = True

    def words(_: dict[str, Any]) -> str:
        if slow:
            time.sleep(1.0)
        return "safe"

    with serving(saying(words)) as (url, had):
        policy = GuardPolicy(url=url, shape="llama-guard", timeout_s=0.5, failures=2, rest_s=10)
        guard = Guard(policy, clock=lambda: now)
        for _ in range(4):
            with pytest.raises(ServiceFault):
                await guard.scores(["text"])
        assert len(had) == 2
        slow, now = False, 11.0
        assert await guard.scores(["text"]) == [{}]
        await guard.close()


async def test_a_guard_that_is_not_in_line_is_asked_who_said_what_when_it_was_shown_and_flags_it(bus: Bus):
    with serving(saying(lambda body: "unsafe\nS1" if bad(body) else "safe")) as (url, had):
        guard = GuardPolicy(url=url, shape="llama-guard")
        judges = opened(None, guard)
        moderator = Moderator(ModerationPolicy(guard=guard), judges)
        await moderator.start()
        reply = [started(1, 1), *wrote(1, "So |it is."), finished(1, 1)]
        events = await all_at_once(bus, moderator, [typed("bad"), *reply, END, NO_MORE])
        await moderator.stop()
    assert judges.judge is None
    roles = [[(one["role"], one["content"]) for one in body["messages"]] for _, body in had]
    assert sorted(roles) == [[("user", ""), ("assistant", "So it is.")], [("user", "bad")]]
    [flag] = [one for one in events if isinstance(one, ModerationVerdict) and one.action == "flag"]
    assert (flag.target.segment, flag.span, flag.score) == (1, (0, 3), 1.0)
    assert (flag.categories, flag.made_by) == (["illicit", "illicit/violent"], "llama-guard@127.0.0.1")
    assert isinstance(events[-1], SessionEnded)


def test_a_guard_in_line_is_the_judge_and_nobody_judges_after():
    judge, after = opened(None, GuardPolicy(url="http://127.0.0.1:1/v1", inline=True))
    assert isinstance(judge, Guard)
    assert after is None
    assert opened(None, GuardPolicy()) == Judges()
