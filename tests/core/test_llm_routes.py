"""Who answers: routes, breakers, and when a first token is late. Pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.asking import Ask
from llm.flavours import breaker as circuit
from llm.flavours.adapting import adapter_of
from llm.flavours.breaker import Breaker, State
from llm.flavours.checking import check
from llm.flavours.pace import ENOUGH, Pace
from llm.flavours.policy import (
    AdapterPolicy,
    BreakerPolicy,
    FlavourPolicy,
    RoutingPolicy,
    Rule,
)
from llm.flavours.route import Asked, Standing, route
from llm.history import Message
from streaming.errors import ServiceFault
from streaming.parts import Sampling
from streaming.refusal import Refusal

SMALL, MIDDLE, BIG = (Standing(name) for name in ("small", "middle", "big"))
ALL = [SMALL, MIDDLE, BIG]
PLAIN = RoutingPolicy()
POLICY = BreakerPolicy(failures=3, open_s=5.0, most_s=20.0)


def names(asked: Asked, standings: list[Standing] = ALL, policy: RoutingPolicy = PLAIN) -> str:
    return " ".join(f"{name}:{why}" for name, why in route(asked, standings, policy))


# ---- routes ----


def test_the_first_in_order_answers_and_those_behind_it_stand_in() -> None:
    assert names(Asked()) == "small:first middle:fallback big:fallback"


def test_an_answer_that_was_not_good_enough_goes_to_the_next_and_from_the_last_to_nobody() -> None:
    assert names(Asked(escalated=True)) == "middle:escalated big:fallback small:fallback"
    assert names(Asked(escalated=True), [BIG]) == "big:first"


@pytest.mark.parametrize(
    ("rule", "asked", "meant"),
    [
        (Rule("big", tenant="acme"), Asked(tenant="acme"), True),
        (Rule("big", tenant="acme"), Asked(tenant="other"), False),
        (Rule("big", mode="assist"), Asked(mode="assist"), True),
        (Rule("big", mode="assist"), Asked(mode="chat"), False),
        (Rule("big", language="de"), Asked(language="de"), True),
        (Rule("big", language="de"), Asked(language="en"), False),
        (Rule("big", tokens=500), Asked(tokens=500), True),
        (Rule("big", tokens=500), Asked(tokens=499), False),
        (Rule("big", tenant="acme", tokens=500), Asked(tenant="acme", tokens=9), False),
    ],
)
def test_a_rule_names_who_answers_where_all_of_it_holds(rule: Rule, asked: Asked, meant: bool) -> None:
    first = route(asked, ALL, RoutingPolicy(rules=(rule,)))[0]
    assert first == (("big", "rule") if meant else ("small", "first"))


def test_a_flavour_that_the_session_wants_goes_before_rules_and_a_name_of_none_is_left_alone() -> None:
    rules = RoutingPolicy(rules=(Rule("middle"),))
    assert names(Asked(flavour="big"), ALL, rules).startswith("big:asked")
    assert names(Asked(flavour="gpt-4o"), ALL, rules).startswith("middle:rule")


def test_an_adapter_is_its_tenants_own_and_of_nobody_else() -> None:
    adapters = {"acme": ("acme",), "open": ()}
    chat = [Message("user", "Hi")]
    assert adapter_of(Ask(chat, 1, tenant="acme"), adapters) == "acme"
    assert adapter_of(Ask(chat, 1, tenant="other"), adapters) == ""
    assert adapter_of(Ask(chat, 1, tenant="other", adapter="open"), adapters) == "open"
    assert adapter_of(Ask(chat, 1, sampling=Sampling(model="open")), adapters) == "open"
    assert adapter_of(Ask(chat, 1, sampling=Sampling(model="gpt-4o")), adapters) == ""
    for stranger in (Ask(chat, 1, adapter="acme"), Ask(chat, 1, sampling=Sampling(model="acme"))):
        with pytest.raises(ServiceFault, match="there is no adapter 'acme' for this tenant"):
            adapter_of(stranger, adapters)
    with pytest.raises(ServiceFault, match="there is no adapter 'none'"):
        adapter_of(Ask(chat, 1, adapter="none"), adapters)


def test_a_rule_of_load_looks_at_the_flavour_that_were_first() -> None:
    rule = RoutingPolicy(rules=(Rule("big", load=1.0),))
    assert names(Asked(), [SMALL._replace(load=1.0), BIG], rule).startswith("big:rule")
    assert names(Asked(), [SMALL._replace(load=0.75), BIG], rule).startswith("small:first")


def test_of_two_rules_that_hold_the_first_counts() -> None:
    rules = RoutingPolicy(rules=(Rule("middle", mode="chat"), Rule("big", mode="chat")))
    assert names(Asked(), ALL, rules).startswith("middle:rule")


def test_a_flavour_that_is_known_to_fail_is_asked_last_and_whoever_answers_stands_in() -> None:
    shut = [SMALL._replace(shut=True), MIDDLE, BIG]
    assert names(Asked(), shut) == "middle:fallback big:fallback small:first"


def test_an_adapters_own_flavour_answers_before_those_without_it() -> None:
    adapted = [SMALL, MIDDLE, BIG._replace(adapters=frozenset({"acme"}))]
    assert names(Asked(adapter="acme"), adapted) == "big:first small:fallback middle:fallback"
    assert names(Asked(), adapted).startswith("small:first")


@given(
    st.lists(
        st.builds(
            Standing,
            st.sampled_from("abcd"),
            st.booleans(),
            st.floats(0, 2),
            st.sampled_from([frozenset[str](), frozenset({"x"})]),
        ),
        min_size=1,
        unique_by=lambda standing: standing.name,
    ),
    st.builds(Asked, escalated=st.booleans(), adapter=st.sampled_from(["", "x"])),
    st.lists(st.builds(Rule, st.sampled_from("abcd"), load=st.sampled_from([0.0, 1.0])), max_size=2),
)
def test_every_flavour_is_asked_once_and_one_at_most_is_no_fallback(
    standings: list[Standing], asked: Asked, rules: list[Rule]
) -> None:
    choices = route(asked, standings, RoutingPolicy(rules=tuple(rules)))
    assert sorted(choice.name for choice in choices) == sorted(standing.name for standing in standings)
    assert sum(choice.why != "fallback" for choice in choices) == 1
    shut = {standing.name: standing.shut for standing in standings}
    assert sorted(choices, key=lambda choice: shut[choice.name]) == choices


# ---- the breaker ----


def broken(times: int, now: float = 0.0) -> Breaker:
    breaker = Breaker()
    for _ in range(times):
        breaker = circuit.failed(breaker, now, POLICY)
    return breaker


def test_failures_in_a_row_open_it_and_an_answer_between_them_begins_anew() -> None:
    assert circuit.state(broken(2), 0.0) is State.CLOSED
    assert circuit.state(broken(3), 0.0) is State.OPEN
    between = circuit.answered(broken(2))
    assert circuit.state(circuit.failed(between, 0.0, POLICY), 0.0) is State.CLOSED


def test_after_the_wait_one_request_tries_it_and_no_other_meanwhile() -> None:
    breaker = broken(3)
    assert circuit.state(breaker, 4.9) is State.OPEN
    assert circuit.state(breaker, 5.0) is State.HALF_OPEN
    tried = circuit.asked(breaker, 5.0, POLICY)
    assert circuit.state(tried, 5.1) is State.OPEN
    assert circuit.state(circuit.answered(tried), 5.2) is State.CLOSED


def test_a_try_that_fails_doubles_the_wait_up_to_the_most() -> None:
    breaker, now, waits = broken(3), 0.0, list[float]()
    for _ in range(4):
        assert breaker.until is not None
        waits.append(breaker.until - now)
        now = breaker.until
        breaker = circuit.failed(circuit.asked(breaker, now, POLICY), now, POLICY)
    assert waits == [5.0, 10.0, 20.0, 20.0]


def test_a_try_that_was_cancelled_or_never_came_back_is_made_again() -> None:
    tried = circuit.asked(broken(3), 5.0, POLICY)
    assert circuit.state(circuit.left(tried, 6.0), 6.0) is State.HALF_OPEN
    assert circuit.state(tried, 10.0) is State.HALF_OPEN
    assert circuit.left(Breaker(failures=1), 6.0) == Breaker(failures=1)


# ---- when a first token is late ----


def test_late_is_later_than_95_of_100_and_never_sooner_than_the_least() -> None:
    pace = Pace()
    for wait in range(1, 65):
        pace.came(float(wait))
    assert pace.late_ms(0.0) == 61.0
    assert pace.late_ms(300.0) == 300.0


def test_a_few_first_tokens_say_nothing_and_the_newest_count() -> None:
    pace = Pace()
    for _ in range(ENOUGH - 1):
        pace.came(900.0)
    assert pace.late_ms(300.0) == 300.0
    pace.came(900.0)
    assert pace.late_ms(300.0) == 900.0
    for _ in range(64):
        pace.came(500.0)
    assert pace.late_ms(300.0) == 500.0


def test_one_that_was_overtaken_counts_as_late_as_it_was_by_then() -> None:
    pace = Pace()
    for _ in range(ENOUGH):
        pace.came(100.0)
    pace.waited(50.0)
    pace.waited(700.0)
    assert pace.late_ms(0.0) == 700.0


# ---- settings that contradict themselves ----

TWO = {"small": FlavourPolicy(model="m"), "big": FlavourPolicy(url="http://h/v1")}


@pytest.mark.parametrize(
    ("flavours", "routing", "adapters", "told"),
    [
        ({"a": FlavourPolicy()}, PLAIN, {}, "llm.flavours.a needs either model"),
        ({"a": FlavourPolicy(model="m", url="http://h")}, PLAIN, {}, "llm.flavours.a needs either model"),
        (TWO, RoutingPolicy(order=("small", "bog")), {}, "names 'bog', and there is no such flavour"),
        (TWO, RoutingPolicy(order=("big",)), {}, "leaves out 'small'"),
        (TWO, RoutingPolicy(rules=(Rule("bog"),)), {}, "llm.routing.rules names 'bog'"),
        (TWO, PLAIN, {"x": AdapterPolicy(flavour="bog")}, "llm.adapters.x.flavour names 'bog'"),
        (TWO, PLAIN, {"x": AdapterPolicy(flavour="small")}, "llm.adapters.x needs file"),
        ({"a": FlavourPolicy(model="m", adapter="x")}, PLAIN, {}, "there is no adapter 'x' of it"),
    ],
)
def test_what_does_not_fit_together_is_told_in_one_line(
    flavours: dict[str, FlavourPolicy],
    routing: RoutingPolicy,
    adapters: dict[str, AdapterPolicy],
    told: str,
) -> None:
    with pytest.raises(Refusal, match=told):
        check(flavours, routing, adapters)


def test_what_fits_together_is_taken() -> None:
    check(TWO, RoutingPolicy(order=("big", "small")), {"x": AdapterPolicy(flavour="big")})
