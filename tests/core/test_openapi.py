"""The description of the routes."""

import json

import msgspec
from openapi_spec_validator import validate

from streaming.ingress.openai import routes as openai
from streaming.ingress.rest.openapi import described
from streaming.ingress.rest.routes import ROUTES

ALL = (*openai.ROUTES, *ROUTES)


def test_the_routes_are_described_in_valid_openapi() -> None:
    document = json.loads(msgspec.json.encode(described(ALL)))
    validate(document)
    told = {(path, method.upper()) for path, ways in document["paths"].items() for method in ways}
    assert told == {(route.path, route.method) for route in ALL}
