"""`vivavoce demo`, whole: a service of its own, real speech of both parties, real models, the pages that it brings."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from streaming.cli import run
from streaming.demo import call, house
from streaming.machine import home
from tests import speech

pytestmark = [pytest.mark.models]


def played(place: Path) -> list[dict[str, Any]]:
    """The events of the call at four times its pace, with the smallest models."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("VIVAVOCE_") and k != "REDIS_URL"}
    models = {"VIVAVOCE_ASR__MODEL": "tiny.en", "VIVAVOCE_LLM__MODEL": "smollm2-135m"}
    elsewhere = {
        "VIVAVOCE_LLM__INDEX": "none",
        "VIVAVOCE_SERVER__KEYS": "a:b",
        "REDIS_URL": "redis://nowhere",
    }
    done = subprocess.run(
        [sys.executable, "-m", "vivavoce", "demo", "--once", "--json", "--speed", "4", "--port", "0"],
        env=kept | models | elsewhere | {"VIVAVOCE_HOME": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "/desk#watch=" in done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_the_demonstration_is_a_call_of_two_with_cited_suggestions_an_alert_and_a_summary(
    tmp_path: Path,
) -> None:
    place = tmp_path / "home"
    place.mkdir()
    (place / "models").symlink_to(home.locate() / "models")
    events = played(place)

    def of(kind: str) -> list[dict[str, Any]]:
        return [event for event in events if event["type"] == kind]

    agent, customer = (
        speech.plain(
            " ".join(final["text"] for final in of("transcript.final") if final["channel"] == channel)
        )
        for channel in (0, 1)
    )
    assert {"conference", "recorded", "administrators", "patience"} <= set(agent)
    assert {"terribly", "weasels", "locked", "password"} <= set(customer)
    pages = " ".join(" ".join(page.read_text().split()) for page in call.DOCUMENTS.glob("*.md"))
    cited = [one["quote"] for done in of("suggestion.done") for one in done.get("citations", [])]
    assert cited
    kinds = [event["type"] for event in events]
    assert kinds.index("suggestion.done") < kinds.index("audio.ended")  # while the call goes on
    assert [quote for quote in cited if " ".join(quote.split()) not in pages] == []
    assert ("keyword", "trouble") in [(alert["kind"], alert["name"]) for alert in of("alert")]
    assert [summary["kind"] for summary in of("summary")] == ["wrapup"]
    assert of("session.ended")[0]["reason"] == "client"
    assert (place / "demo" / "archive").is_dir()
    assert not (place / "archive").exists()


def test_nothing_of_another_service_comes_into_the_demonstrations_but_which_models_serve(
    tmp_path: Path,
) -> None:
    given = {
        "PATH": "/bin",
        "REDIS_URL": "redis://elsewhere",
        "VIVAVOCE_HOME": "/srv/vivavoce",
        "VIVAVOCE_SERVER__KEYS": "a:b",
        "VIVAVOCE_LLM__INDEX": "handbook",
        "VIVAVOCE_LLM__MODEL": "smollm2-135m",
        "VIVAVOCE_ASR__REMOTE__URL": "http://gpu",
    }
    kept = {name: given[name] for name in ("PATH", "VIVAVOCE_LLM__MODEL", "VIVAVOCE_ASR__REMOTE__URL")}
    assert house.environment(given, tmp_path) == kept | {"VIVAVOCE_HOME": str(tmp_path)}


def test_a_pace_at_which_nobody_speaks_is_refused_with_what_can_be(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["demo", "--speed", "9"]) == 2
    assert "--speed 9: from 0.25 to 4" in capsys.readouterr().err


def test_where_no_service_runs_at_the_address_that_is_given_it_is_said_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["demo", "--url", "http://127.0.0.1:9"]) == 1
    assert "start one with `vivavoce serve`" in capsys.readouterr().err
