"""Which adapter answers. Pure."""

from collections.abc import Mapping, Sequence

from llm.asking import Ask
from streaming.errors import ServiceFault


def adapter_of(ask: Ask, adapters: Mapping[str, Sequence[str]]) -> str:
    """The adapter that is asked for by its name, or by the session as a model's name, or that the tenant has; "": none.

    `adapters`: the tenants that each is for; for all, where there are none.

    Raises:
        ServiceFault: `llm_refused`: there is none of that name for this tenant.
    """
    named = ask.adapter or (ask.sampling.model if ask.sampling.model in adapters else "")
    if not named:
        return next((name for name, tenants in adapters.items() if ask.tenant in tenants), "")
    if named not in adapters or (adapters[named] and ask.tenant not in adapters[named]):
        raise ServiceFault("llm_refused", f"there is no adapter {named!r} for this tenant", close=None)
    return named
