"""Whether flavours, routes and adapters name each other rightly. Pure: it is told at the start, in one line."""

from collections.abc import Mapping, Sequence

from llm.flavours.policy import AdapterPolicy, FlavourPolicy, RoutingPolicy
from streaming.refusal import Refusal


def check(
    flavours: Mapping[str, FlavourPolicy], routing: RoutingPolicy, adapters: Mapping[str, AdapterPolicy]
) -> None:
    """Raises Refusal with the first thing that is wrong, and what to do."""
    names = list(flavours)
    for name, flavour in flavours.items():
        if bool(flavour.model) == bool(flavour.url):
            raise Refusal(f"llm.flavours.{name} needs either model (of the catalogue) or url (of a server)")
        if flavour.adapter and place(adapters.get(flavour.adapter), names) != name:
            raise Refusal(f"llm.flavours.{name}.adapter: there is no adapter {flavour.adapter!r} of it")
    _known(names, "llm.routing.order", routing.order)
    if routing.order and (left := [name for name in names if name not in routing.order]):
        raise Refusal(f"llm.routing.order leaves out {left[0]!r}: name every flavour, the quickest first")
    _known(names, "llm.routing.rules", [rule.flavour for rule in routing.rules])
    for name, adapter in adapters.items():
        if adapter.flavour:
            _known(names, f"llm.adapters.{name}.flavour", [adapter.flavour])
        if not flavours[adapter.flavour or names[0]].url and not adapter.file:
            raise Refusal(f"llm.adapters.{name} needs file, a GGUF of an adapter of the embedded model")


def place(adapter: AdapterPolicy | None, names: Sequence[str]) -> str | None:
    """The flavour of an adapter; None for no adapter."""
    return None if adapter is None else adapter.flavour or names[0]


def _known(names: Sequence[str], setting: str, named: Sequence[str]) -> None:
    for name in named:
        if name not in names:
            raise Refusal(
                f"{setting} names {name!r}, and there is no such flavour: there are {', '.join(names)}"
            )
