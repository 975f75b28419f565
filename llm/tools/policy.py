"""What can be set about tools. Apart from the code that calls them."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]


class ToolPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Table `llm.tools`: an HTTP function that the model may have called.

    `description` and `parameters` (a JSON schema of an object) tell the model when and with what. The arguments go to
    `url` by `method`, as the query (`GET`) or as JSON (`POST`), with `headers`; no answer within `timeout_s` is a
    failure. `hosts`: others that a redirect may lead to;
    `private`: those hosts, the url's own included, that may be at addresses which are not public. `tenants` whose
    sessions have it (none named: all). Longer answers than `most_bytes` are failures.
    """

    url: str
    description: str
    method: Literal["GET", "POST"] = "POST"
    parameters: dict[str, Any] = {}
    headers: dict[str, str] = {}
    hosts: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    timeout_s: Seconds = 5.0
    most_bytes: Positive = 16_384
