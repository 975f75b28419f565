"""Whether an answer of the REST routes is one that their description allows."""

import json
import re
from typing import Any

import httpx
import jsonschema
import msgspec

from streaming.ingress.rest.openapi import described
from streaming.ingress.rest.routes import ROUTES

DOCUMENT = json.loads(msgspec.json.encode(described(ROUTES)))


async def as_described(answer: httpx.Response) -> None:
    """A hook of a client: each answer's status, media type and JSON are checked. Raises AssertionError, or jsonschema's
    error."""
    told = _told(answer.request.method.replace("HEAD", "GET").lower(), answer.request.url.path)
    if told is None:
        assert answer.status_code == 404, "only routes that are described are served"
        return
    assert str(answer.status_code) in told, (
        f"{answer.request.url.path} does not describe {answer.status_code}"
    )
    content = told[str(answer.status_code)].get("content", {})
    media = answer.headers.get("content-type", "").partition(";")[0]
    assert media in content or not (content or media), f"{answer.request.url.path} does not describe {media}"
    if media == "application/json" and answer.request.method != "HEAD":
        await answer.aread()
        schema = {**content[media].get("schema", {}), "components": DOCUMENT["components"]}
        jsonschema.validate(answer.json(), schema, jsonschema.Draft202012Validator)


def _told(method: str, path: str) -> dict[str, Any] | None:
    """The answers of a route."""
    for template, ways in DOCUMENT["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method in ways:
            return ways[method]["responses"]
    return None
