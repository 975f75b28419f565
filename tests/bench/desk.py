"""How quick the desk is while two people talk fast: `python -m tests.bench.desk`.

Both sides of a call have eight partials a second, for a minute of a call that is an hour long already (10,000 words a
side), while keys are pressed four times a second in a real Chromium. Told: the delay until a key's handler runs, and
until what it changed is painted (Event Timing), layout shifts, and what the page's heap grew by.
"""

import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page, expect, sync_playwright

from tests.browser import calling
from tests.browser.calling import AGENT, CUSTOMER, Call, final, partial, suggestion
from tests.browser.conftest import FLAGS
from tests.browser.test_desk_burst import SAYING, SHIFTS

SECONDS: Final = 60
FLAGGED: Final = [*FLAGS, "--enable-precise-memory-info"]
BOTH: Final = (AGENT, CUSTOMER)
EVENTS: Final = """
window.presses = [];
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) {
    if (one.name === "keydown") presses.push([one.processingStart - one.startTime, one.duration]);
  }
}).observe({ type: "event", durationThreshold: 16, buffered: true });
"""


def main() -> None:
    """Print the figures."""
    logs = Path(tempfile.mkdtemp())
    with calling.desk_stack(logs) as stack, sync_playwright() as driver, calling.calling(stack) as call:
        chromium = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGGED)
        page = chromium.new_page(viewport={"width": 1280, "height": 760})
        page.goto(f"{stack.url}/desk#watch={call.sid}")
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        _hour(page, call)
        before = _heap(page)
        page.evaluate(SHIFTS + EVENTS)
        page.wait_for_timeout(300)
        page.evaluate(
            "shifts.length = 0"
        )  # those of the page's beginning are told to whoever asks later, too
        presses = _burst(page, call)
        _told(page, presses, _heap(page) - before)
        chromium.close()


def _hour(page: Page, call: Call) -> None:
    text = " ".join(SAYING[:10])
    for at in range(0, 1_000, 20):
        numbers = [(one, channel) for one in range(at, at + 20) for channel in BOTH]
        call.tell(*(final(channel, 2 * one + channel + 1, text, one * 3_600) for one, channel in numbers))
        page.wait_for_timeout(30)
    page.wait_for_timeout(1_000)


def _burst(page: Page, call: Call) -> int:
    presses = 0
    for tick in range(SECONDS * 8):
        turn, words = divmod(tick, len(SAYING) - 1)
        text = " ".join(SAYING[: words + 2])
        segments = [10_000 + 2 * turn + channel for channel in BOTH]
        call.tell(*(partial(channel, segments[channel], text, words * 3) for channel in BOTH))
        if words == len(SAYING) - 2:
            call.tell(*(final(channel, segments[channel], text + ".", 3_600_000) for channel in BOTH))
            call.tell(*suggestion(turn + 1, text))
        if tick % 2:
            page.keyboard.press("123"[tick // 2 % 3])
            presses += 1
        page.wait_for_timeout(110)
    return presses


def _heap(page: Page) -> int:
    page.request_gc()
    return int(page.evaluate("performance.memory.usedJSHeapSize"))


def _told(page: Page, presses: int, grown: int) -> None:
    timed: list[Any] = page.evaluate("presses")
    delays, painted = (sorted(one[at] for one in timed) or [0.0] for at in (0, 1))
    print(f"{presses} keys pressed, {len(timed)} of them took 16 ms or more until they were painted")
    for name, values in (("handled after", delays), ("painted after", painted)):
        high = values[min(len(values) - 1, int(len(values) * 0.95))]
        print(f"  of these, {name}: median {statistics.median(values):.0f} ms, 95 % {high:.0f} ms")
        print(f"    and at most {values[-1]:.0f} ms")
    print(f"layout shifts: {len(page.evaluate('shifts'))}; the heap grew by {grown / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
