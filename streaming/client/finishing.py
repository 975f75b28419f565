"""A command's work from its beginning to its end, with every fault in words for whoever is at the terminal."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from streaming.errors import Fault, first_of
from streaming.refusal import Refusal

T = TypeVar("T")


def finished(work: Coroutine[Any, Any, T]) -> T:
    """What `work` comes to. Raises Refusal for every fault that it ends with."""
    try:
        return asyncio.run(work)
    except (Fault, Refusal, ExceptionGroup) as error:
        # Not `except*`: Debian 12's Python wraps what is raised there into a group again.
        match first_of(error):
            case Fault(message=told):
                raise Refusal(told) from None
            case Refusal() as refusal:
                raise refusal from None
            case _:
                raise
