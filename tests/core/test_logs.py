"""Logs hold session ids and never content."""

import json
import logging
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console

from streaming.service.logs import JsonLines
from streaming.service.output import Output

SECRET = "4111 1111 1111 1111"


def logged(wrong: BaseException) -> dict[str, Any]:
    record = logging.LogRecord("asr.worker", logging.ERROR, "", 0, "failed", None, (type(wrong), wrong, None))
    record.session = "s1"
    return json.loads(JsonLines("asr").format(record))


def test_a_line_names_its_role_and_session() -> None:
    line = logged(ValueError("x"))
    assert (line["role"], line["session"], line["level"], line["message"]) == ("asr", "s1", "ERROR", "failed")


def test_what_an_exception_quotes_is_not_in_the_line() -> None:
    try:
        try:
            raise ValueError(SECRET)
        except ValueError as cause:
            raise ExceptionGroup(SECRET, [KeyError(SECRET)]) from cause
    except ExceptionGroup as wrong:
        line = logged(wrong)
    assert SECRET not in json.dumps(line)
    assert line["error"]["type"] == "ExceptionGroup"
    assert line["error"]["inner"][0]["type"] == "KeyError"
    assert line["error"]["cause"]["type"] == "ValueError"
    assert "test_logs.py" in line["error"]["at"][-1] or line["error"]["at"] == []


def test_what_a_native_library_prints_is_not_kept_on_disk(tmp_path: Path) -> None:
    screen = StringIO()
    output = Output(tmp_path, Console(file=screen))
    output.take("responder", f"llama: prompt is {SECRET}".encode())
    output.take("responder", b'{"level":"WARNING","message":"slow","session":"s1"}')
    output.close()
    assert SECRET not in (tmp_path / "responder.log").read_text()
    assert "slow" in (tmp_path / "responder.log").read_text()
    assert screen.getvalue().strip() == "responder: slow [session s1]"
    assert output.last_words("responder") == f"llama: prompt is {SECRET}"
