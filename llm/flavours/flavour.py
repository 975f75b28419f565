"""A language model that may answer: its engine, and how it is referred to."""

from msgspec import Struct

from llm.engine import Engine


class Flavour(Struct, frozen=True):
    """`source`: the first 16 hexadecimal digits of the SHA-256 of its file, or its server's host."""

    name: str
    engine: Engine
    source: str

    @property
    def ref(self) -> str:
        """What stands in `made_by`: a server that was away has no model's name until it is back."""
        return f"{self.engine.model or 'model'}@{self.source}"
