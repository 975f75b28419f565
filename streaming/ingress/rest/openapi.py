"""The routes as OpenAPI 3.1: everything in it comes from the table and from the structs that are sent. Pure."""

import functools
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from streaming.ingress.rest.route import Answer, Route

ALWAYS: Final = (400, 401, 403, 500, 503)
"""Errors that any route may give."""
WORDS: Final = {
    400: "The request is not as described here.",
    401: "No key, or one that is not known.",
    403: "A page of another site.",
    404: "There is no such session, or no such thing in it.",
    409: "There are as many as there may be.",
    413: "The body is too large.",
    429: "Too much at once with this key: see `retry-after`.",
    416: "The file has no such bytes.",
    500: "Something failed on our side.",
    501: "This server cannot do that.",
    503: "The archive or the bus is away, or too much is being made at once: see `retry-after`.",
}
REF: Final = "#/components/schemas/{name}"


@functools.cache
def described(routes: tuple[Route, ...]) -> dict[str, Any]:
    """The whole document."""
    shapes = _shapes(routes)
    schemas, components = msgspec.json.schema_components(shapes, ref_template=REF)
    known = dict(zip(map(str, shapes), schemas, strict=True))
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, known)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Vivavoce",
            "version": "1",
            "description": "What was recorded, and OpenAI's API. Live sessions are spoken over /v1/stream "
            "(/v1/schema.json). `session_id` is opaque; times are ms; offsets and spans count code points.",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "reader": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A reader's key; none on loopback.",
                },
                "speaker": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A speaker's key; none on loopback.",
                },
                "ticket": {"type": "apiKey", "in": "query", "name": "ticket"},
            },
        },
        "security": [{"reader": []}, {}],
    }


def _shapes(routes: Sequence[Route]) -> list[Any]:
    bodies = [shape for route in routes for shape in (route.body, route.form) if shape]
    answers = [shape for route in routes for answer in route.answers for shape in answer.shapes]
    return list(dict.fromkeys([*(route.failed for route in routes), *bodies, *answers]))


def _operation(route: Route, known: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.about.partition(". ")[0].rstrip("."),
        "description": route.about,
        "parameters": [*_path(route.path), *_query(route.query)],
        "responses": _answers(route.answers, known)
        | {
            str(status): _refusal(status, known[str(route.failed)])
            for status in sorted({*ALWAYS, *route.refusals})
        },
    }
    if route.body:
        schema = known[str(route.body)]
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if route.form:
        file = {
            "type": "object",
            "required": ["file"],
            "properties": {"file": {"type": "string", "format": "binary"}},
        }
        schema = {"allOf": [known[str(route.form)], file]}
        made["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    if route.speaks:
        made["security"] = [{"speaker": []}, {}]
    if route.ticket:
        made["security"] = [{"reader": []}, {"ticket": []}, {}]
    return made


def _path(path: str) -> list[dict[str, Any]]:
    kinds = {
        "session_id": {"type": "string"},
        "event_id": {"type": "string"},
        "note_id": {"type": "integer", "minimum": 0},
        "model": {"type": "string"},
    }
    return [
        {"name": name, "in": "path", "required": True, "schema": kinds[name]}
        for name in kinds
        if f"{{{name}}}" in path
    ]


def _query(kind: type[Struct]) -> list[dict[str, Any]]:
    fields = msgspec.structs.fields(kind)
    return [_parameter(field) for field in fields if field.encode_name != "ticket"]  # it is told as a key


def _parameter(field: msgspec.structs.FieldInfo) -> dict[str, Any]:
    schema = msgspec.json.schema(field.type)
    if "anyOf" in schema:  # what is left out is None here; nobody can send it
        [schema] = [one for one in schema["anyOf"] if one != {"type": "null"}]
    made: dict[str, Any] = {"name": field.encode_name, "in": "query", "schema": schema}
    if field.encode_name == "metadata":
        # Each property is a parameter of its own, by its name: metadata.desk=7
        made["schema"] = {"type": "object", "patternProperties": {r"^metadata\.": {"type": "string"}}}
        made |= {"style": "form", "explode": True}
    if field.required:
        made["required"] = True
    elif field.default is not msgspec.NODEFAULT and field.default is not None:
        schema["default"] = field.default
    if "description" in schema:
        made["description"] = schema.pop("description")
    return made


def _answers(answers: Sequence[Answer], known: dict[str, Any]) -> dict[str, Any]:
    """By status; two answers of one status are told as one that has the content of both."""
    out: dict[str, Any] = {}
    for answer in answers:
        made = _answer(answer, known)
        before = out.setdefault(str(answer.status), made)
        if before is not made:
            before["content"] |= made["content"]
    return out


def _answer(answer: Answer, known: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"description": answer.about}
    if answer.shapes:
        any_of = [known[str(shape)] for shape in answer.shapes]
        schema = any_of[0] if len(any_of) == 1 else {"anyOf": any_of}
        made["content"] = {media: {"schema": schema} for media in answer.media}
    elif answer.media:
        made["content"] = {media: {} for media in answer.media}
    return made


def _refusal(status: int, schema: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "description": WORDS[status],
        "content": {"application/json": {"schema": schema}},
    }
    if status in (429, 503):
        made["headers"] = {"Retry-After": {"description": "seconds", "schema": {"type": "integer"}}}
    return made
