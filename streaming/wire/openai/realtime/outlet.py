"""What is to be done, in order, while one event is dealt with; and names. Pure."""

from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from streaming.errors import Fault
from streaming.wire.openai.faults import refusal
from streaming.wire.openai.realtime import told
from streaming.wire.openai.realtime.effects import Effect, Tell
from streaming.wire.openai.realtime.shapes import Problem

_encoder: Final = msgspec.json.Encoder()


class Outlet(Struct):
    """`name`: what makes names of this session differ from those of any other."""

    name: str
    count: int = 0
    effects: list[Effect] = []

    def named(self, kind: str) -> str:
        """A new id."""
        self.count += 1
        return f"{kind}_{self.name}{self.count:x}"

    def tell(self, event: told.Told) -> None:
        """Tell the client."""
        event = replace(event, event_id=self.named("event"))
        self.effects.append(Tell(event, _encoder.encode(event).decode()))

    def do(self, effect: Effect) -> None:
        """Have something done."""
        self.effects.append(effect)

    def wrong(self, fault: Fault) -> None:
        """Tell the client what was wrong with its event of the name `fault.ref`."""
        self.tell(told.ErrorTold(error=problem(fault)))

    def taken(self) -> list[Effect]:
        """What is to be done, once."""
        effects, self.effects = self.effects, []
        return effects


def problem(fault: Fault) -> Problem:
    """A fault as OpenAI's API tells it."""
    error = refusal(fault).body.error
    return Problem(error.message, error.type, error.code, error.param, fault.ref)
