"""All scenarios, by name, and which of them run beside one another."""

from functools import partial
from itertools import zip_longest
from typing import Final

from tests.channel_barrage import CHANNELS
from tests.chaos.doubles import redis_and_gateway_killed, redis_forgets_while_a_worker_sleeps
from tests.chaos.hours import come_and_go
from tests.chaos.junk import malformed_channel, malformed_dialect, malformed_messages
from tests.chaos.mixed import one_after_the_other
from tests.chaos.networks import clients_cut_off, gateways_killed, redis_cut_off
from tests.chaos.readers import slow_reader
from tests.chaos.real import real_speech
from tests.chaos.stage import Scenario
from tests.chaos.stores import redis_away, redis_forgets
from tests.chaos.workers import deadly_sound, worker_stopped, workers_killed
from tests.impostors import DIALECTS

ALONE: Final[dict[str, Scenario]] = {
    one.__name__: one for one in (workers_killed, gateways_killed, slow_reader, come_and_go, real_speech)
}
"""What they measure (how soon, how much memory, which words) another's work would blur."""
WAITING: Final[dict[str, Scenario]] = {
    one.__name__: one
    for one in (
        redis_cut_off,
        redis_forgets,
        redis_and_gateway_killed,
        clients_cut_off,
        worker_stopped,
        redis_forgets_while_a_worker_sleeps,
        deadly_sound,
        redis_away,
        one_after_the_other,
    )
}
"""They count, and nothing is lost on a busy machine either."""
JUNK: Final[dict[str, Scenario]] = {
    **{f"malformed_{name}_channel": partial(malformed_channel, name) for name in CHANNELS},
    **{f"malformed_{name}": partial(malformed_dialect, name) for name in DIALECTS},
    "malformed_messages": malformed_messages,
}
"""They are busy all the time."""
BESIDE: Final = [name for pair in zip_longest(JUNK, WAITING) for name in pair if name]
"""The order in which they begin: what is busy beside what waits."""
ALL: Final = ALONE | WAITING | JUNK
