"""What can be set about flavours: who they are, and when which one answers. Apart from the code that reads it."""

from typing import Annotated

from msgspec import Meta, Struct

Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]


class FlavourPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Table `llm.flavours`: a language model that may answer. `model`, `url`, `key` and `remote_model` as
    in section `llm`.

    `slots`: 0 is `llm.slots`; of a server elsewhere, how many replies it is thought to make at the same time.
    `adapter`: who answers through this flavour unless another adapter is asked for.
    """

    model: str = ""
    url: str = ""
    key: str = ""
    remote_model: str = ""
    slots: Count = 0
    adapter: str = ""


class AdapterPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Table `llm.adapters`: a LoRA adapter of `flavour` ("": the first).

    For the embedded engine `file`, a GGUF of the model's own kind, and its SHA-256 in `hash`; for a server elsewhere
    `model`, the name that it serves the adapted model by ("": the adapter's own name). `tenants`: whose sessions it
    answers; nobody else may ask for it (none named: whoever asks for it by name has it).
    """

    file: str = ""
    hash: str = ""
    flavour: str = ""
    model: str = ""
    tenants: tuple[str, ...] = ()


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """`flavour` answers where all that is set of the others holds: `tenant`, `mode`, `language` are equal,
    the request has at least `tokens` (estimated), the flavour that were first is at least `load` busy (1.0: all its
    slots are taken)."""

    flavour: str
    tenant: str = ""
    mode: str = ""
    language: str = ""
    tokens: Count = 0
    load: Annotated[float, Meta(ge=0)] = 0.0


class BreakerPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """After `failures` in a row a flavour is asked last, for `open_s`; then one request tries it. Each time that this
    fails the wait is twice as long, up to `most_s`."""

    failures: Positive = 3
    open_s: Seconds = 5.0
    most_s: Seconds = 120.0


class RoutingPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Section `llm.routing`. `order` of the flavours, the quickest first ("": as the table has them): the first answers
    unless one of `rules` names another (the first that holds); the next in order is escalated to, and stands in.

    `patience_s`: without a first token for so long the next one is asked instead. `hedge`: it is asked beside the slow
    one already when the first token is later than 95 % of the last ones were, but after `hedge_ms` at least, and the
    quicker of the two answers. For servers on other machines: on one machine both would only be slower.
    """

    order: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    patience_s: Seconds = 10.0
    hedge: bool = False
    hedge_ms: Positive = 300
    breaker: BreakerPolicy = BreakerPolicy()


class AnswersPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Section `llm.answers`: answers to grounded questions that are kept to be given again, word for word, to the very
    same question. `most` of them (0: none is kept), `most_kb` in all, each for `ttl_s`; in memory only."""

    most: Count = 256
    most_kb: Positive = 1024
    ttl_s: Seconds = 600.0
