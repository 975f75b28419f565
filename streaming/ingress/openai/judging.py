"""`POST /v1/moderations`, `GET /v1/models`: what the moderator says of a text, and who answers here."""

import secrets

import msgspec

from streaming import roster
from streaming.errors import ServiceFault
from streaming.examining import Examination, Examine
from streaming.ingress.openai.call import Call
from streaming.wire.openai.faults import Wrong
from streaming.wire.openai.moderations import Model, Models, Moderations, models, moderations, texts


async def moderate(call: Call) -> Moderations:
    """The moderator's answer. Raises Fault."""
    gateway = call.gateway
    if gateway.calls is None:
        raise ServiceFault("internal", "this gateway asks nobody")
    asked = Examine(texts(call.body, gateway.api.texts, gateway.api.characters), call.tenant)
    answer = await gateway.calls.ask("moderator", msgspec.json.encode(asked), gateway.api.examine_s)
    return moderations(secrets.token_hex(12), msgspec.json.decode(answer, type=Examination))


async def list_models(call: Call) -> Models:
    """Those that are there now. Raises BusDown."""
    workers = await roster.present(call.gateway.bus)
    return models(roster.served(workers))


async def show_model(call: Call) -> Model:
    """One of them. Raises Wrong, BusDown."""
    named = call.path["model"]
    for one in (await list_models(call)).data:
        if one.id == named:
            return one
    raise Wrong(
        f"there is no model {named!r} here: GET /v1/models tells which are", "model", "model_not_found"
    )
