"""A language model that may answer: its engine, its adapters, and how they are referred to."""

from collections.abc import AsyncGenerator
from typing import Any

from msgspec import Struct

from llm.asking import Ask
from llm.engine import Engine
from llm.making import Spoken


class Adapter(Struct, frozen=True):
    """A LoRA adapter that is there. `ref`: `name@<16 hex>` of its file's hash, or `name@<host>`.

    `place`: its number at the embedded engine; `model`: the model's name at a server elsewhere. `tenants` that it is
    for (none: all).
    """

    ref: str
    place: int | None = None
    model: str = ""
    tenants: tuple[str, ...] = ()


class Flavour(Struct, frozen=True):
    """`source`: the first 16 hexadecimal digits of the SHA-256 of its file, or its server's host. `slots`: replies that
    it makes at the same time. `adapter`: the one of `adapters` that answers unless another is asked for."""

    name: str
    engine: Engine
    source: str
    slots: int = 1
    adapters: dict[str, Adapter] = {}
    adapter: str = ""

    def made_by(self, asked: str) -> str:
        """Who answers when adapter `asked` is asked for: the model's reference, then that of the adapter, if any.

        A server that was away has no model's name until it is back.
        """
        adapter = self._chosen(asked)
        return f"{self.model_ref} {adapter.ref}" if adapter else self.model_ref

    @property
    def model_ref(self) -> str:
        """The model's own reference."""
        return f"{self.engine.model or 'model'}@{self.source}"

    def stream(self, ask: Ask) -> AsyncGenerator[Spoken]:
        """See `Engine.stream`; through the adapter that is asked for, where this flavour has it."""
        adapter = self._chosen(ask.adapter)
        return self.engine.stream(ask, adapter.model if adapter else "", self._scales(adapter))

    def _chosen(self, asked: str) -> Adapter | None:
        return self.adapters.get(asked) or self.adapters.get(self.adapter)

    def _scales(self, chosen: Adapter | None) -> list[dict[str, Any]]:
        """All adapters of the embedded engine are loaded: each request says which of them count."""
        places = [adapter for adapter in self.adapters.values() if adapter.place is not None]
        return [{"id": adapter.place, "scale": float(adapter is chosen)} for adapter in places]
