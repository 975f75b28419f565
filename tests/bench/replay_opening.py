"""How long a recorded hour takes to open in the replay page: `python -m tests.bench.replay_opening [--minutes 60]`, as
JSON.

Two people speak real prompts in turn for so long, with the partials that their viewers were shown; the archive keeps it
as a recorder does. A real Chromium opens it three times, each with an empty profile: from the address until every line
is in the page, the words in view among them, and each channel's sound is drawn.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from playwright.sync_api import Browser, sync_playwright

from streaming import events as ev
from streaming.archive.kept import Kept
from streaming.archive.picture import picture
from streaming.archive.ports import Archive
from tests import speech
from tests.browser.conftest import FLAGS
from tests.browser.replaying import Archived
from tests.call_kept import BEGAN, final
from tests.conftest import running_redis

PROMPTS = ("conf-getconfno", "demo-congrats", "auth-thankyou", "conf-getpin", "agent-user", "vm-goodbye")
PAUSE_S = 0.8
RUNS = 3
DRAWN = """(lines) => {
  const roots = [document];
  for (const root of roots)
    for (const one of root.querySelectorAll("*")) if (one.shadowRoot) roots.push(one.shadowRoot);
  const all = (what) => roots.flatMap((root) => [...root.querySelectorAll(what)]);
  if (all("article").length !== lines || !all("[data-word]").length) return false;
  const painted = (one) => one.width && one.height && one.getContext("2d")
    .getImageData(0, 0, one.width, one.height).data.some((value) => value);
  return all("canvas").filter(painted).length >= 2;
}"""


def kept(archived: Archived, sid: str, seconds: float) -> tuple[int, int]:
    """Keep a session of so long; its lines and events."""
    sound, entries, at, number = [np.zeros((0, 2), "<i2")], list[tuple[int, Any]](), 0, 0
    while at < 1000 * seconds:
        name, channel = PROMPTS[number % len(PROMPTS)], number % 2
        pcm, text = speech.prompt(name), speech.said()[name]
        ms, words = len(pcm) // 16, text.split()
        each = ms // len(words)
        one = final(channel, number, at, text)
        spoken = [
            msgspec.structs.replace(word, start_ms=at + place * each, end_ms=at + (place + 1) * each - 20)
            for place, word in enumerate(one.words)
        ]
        for revision in range(1, len(words), 3):
            shown = ev.TranscriptPartial(channel, number, revision, " ".join(words[:revision]), 0, 310)
            entries.append((at + revision * each, shown))
        whole = msgspec.structs.replace(one, words=spoken, end_ms=spoken[-1].end_ms, lag_ms=240)
        entries.append((at + ms + 500, whole))
        lanes = np.zeros((len(pcm) + round(PAUSE_S * speech.RATE), 2), "<i2")
        lanes[: len(pcm), channel] = pcm
        sound.append(lanes)
        at, number = at + len(lanes) // 16, number + 1
    archived.keep(Kept(sid, "default", "transcribe", BEGAN), np.concatenate(sound), entries)
    archived.call(_drawn(archived.archive, sid))
    return number, len(entries)


async def _drawn(archive: Archive, sid: str) -> None:
    """The recorder makes the picture when a session is over."""
    await picture(archive, await archive.session("default", sid))


def opened(browser: Browser, url: str, lines: int) -> float:
    """Seconds."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    began = time.monotonic()
    page.goto(url, wait_until="commit")
    page.wait_for_function(DRAWN, arg=lines, polling=40, timeout=60_000)
    took = time.monotonic() - began
    context.close()
    return round(took, 2)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.replay_opening", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    minutes = parser.parse_args().minutes
    folder, chromium = Path(tempfile.mkdtemp(prefix="vv-hour-")), shutil.which("chromium")
    with running_redis() as redis_url, sync_playwright() as playwright:
        archived = Archived(redis_url, folder)
        try:
            lines, events = kept(archived, "hour", 60 * minutes)
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            took = [opened(browser, f"{archived.url}#hour", lines) for _ in range(RUNS)]
            browser.close()
        finally:
            archived.close()
            shutil.rmtree(folder)
    figures = {"lines": lines, "events": events, "opened_s": took, "median_s": statistics.median(took)}
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
