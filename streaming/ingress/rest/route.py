"""What a route is: from one table of these both the service and its description are made."""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, Literal, TypeVar

from msgspec import Struct
from starlette.requests import Request

from streaming.archive.ports import Archive
from streaming.errors import ClientFault
from streaming.ingress.door import Reader
from streaming.ingress.gateway import Gateway
from streaming.ingress.rest.queries import NoQuery
from streaming.ingress.rest.shapes import Failed, May

Q = TypeVar("Q")
B = TypeVar("B")


class Call(Struct, Generic[Q, B], frozen=True):
    """A request that was let in, and understood. `session_id` is "" where the path has none."""

    gateway: Gateway
    archive: Archive
    reader: Reader
    request: Request
    query: Q
    body: B
    session_id: str = ""

    def number(self, name: str) -> int:
        """A number in the path. Raises ClientFault (`bad_request`)."""
        shown: str = self.request.path_params[name]
        if not shown.isdecimal() or len(shown) > 9:
            raise ClientFault("bad_request", f"{name} in the path is a number")
        return int(shown)


class Answer(Struct, frozen=True):
    """What a route gives: JSON of one of `shapes`, or bytes of these media types."""

    about: str
    shapes: tuple[Any, ...] = ()
    media: tuple[str, ...] = ("application/json",)
    status: int = 200


class Route(Struct, frozen=True, kw_only=True):
    """`refusals`: statuses of errors beside those that every route may give (400, 401, 403, 500, 503). `ticket`:
    one that lets do this will do instead of a key; for `assist`, the session's own resume token too. `failed`: the
    shape of errors. `form`: the members of a form beside its `file`. `speaks`: for speakers' keys, not for readers'."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    name: str
    about: str
    serve: Callable[[Any], Awaitable[Any]]
    answers: tuple[Answer, ...]
    query: type[Struct] = NoQuery
    body: type[Struct] | None = None
    form: type[Struct] | None = None
    refusals: tuple[int, ...] = ()
    ticket: May | None = None
    failed: type[Struct] = Failed
    speaks: bool = False
