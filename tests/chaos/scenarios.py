"""All scenarios, by name."""

from tests.chaos.doubles import redis_and_gateway_killed, redis_forgets_while_a_worker_sleeps
from tests.chaos.hours import come_and_go
from tests.chaos.junk import malformed_dialects, malformed_messages
from tests.chaos.mixed import one_after_the_other
from tests.chaos.networks import clients_cut_off, gateways_killed, redis_cut_off
from tests.chaos.readers import slow_reader
from tests.chaos.real import real_speech
from tests.chaos.stage import Scenario
from tests.chaos.stores import redis_away, redis_forgets
from tests.chaos.workers import deadly_sound, worker_stopped, workers_killed

ALL: dict[str, Scenario] = {
    one.__name__: one
    for one in (
        workers_killed,
        redis_forgets,
        redis_away,
        gateways_killed,
        clients_cut_off,
        redis_cut_off,
        redis_and_gateway_killed,
        worker_stopped,
        redis_forgets_while_a_worker_sleeps,
        deadly_sound,
        slow_reader,
        come_and_go,
        malformed_messages,
        malformed_dialects,
        real_speech,
        one_after_the_other,
    )
}
