"""The description as OpenAPI 3.1: GET /v1/openapi.json, open to whoever can reach this server."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import xiaohe
from xiaohe.api.http import Request, Response, json_response
from xiaohe.api.rest.description import CALLS, SCHEMAS, SLUG, Call, Schema, ref
from xiaohe.segments.rules.schema import schemas

REFUSALS = {
    "400": "A rule or a value that cannot be read; rules with line and column",
    "401": "No key, or one that is not known",
    "403": "The key may not do that",
    "404": "No such segment or person",
    "409": "Changed meanwhile, or part of other segments",
    "429": "Asked too often; Retry-After says when to come again",
    "503": "Busy; Retry-After says when to come again",
}


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for call in CALLS:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Xiaohe: segments",
            "version": xiaohe.__version__,
            "description": "Who, exactly, and why. People are ids; no name and no number of anybody leaves here.",
        },
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": {**SCHEMAS, **schemas()},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "`xiaohe keys add`"}
            },
        },
    }


def serve(request: Request) -> Response:
    return json_response(document())


def _operation(call: Call) -> dict[str, Any]:
    parameters = [_parameter("slug", SLUG, "path", True)] if "{slug}" in call.path else []
    parameters += [
        _parameter(name, schema, "query", name in call.required)
        for name, schema in call.query.items()
    ]
    body = {}
    if call.body is not None:
        body = {"requestBody": {"required": True, "content": _json(call.body)}}
    answers: dict[str, Any] = {
        str(call.status): {"description": call.about, "content": _json(ref(call.gives))}
    }
    answers |= {
        status: {"description": told, "content": _json(ref("Error"))}
        for status, told in REFUSALS.items()
    }
    return {
        "operationId": call.name,
        "summary": call.about,
        "description": f"Needs the scope `{call.scope}`.",
        **({"parameters": parameters} if parameters else {}),
        **body,
        "responses": answers,
    }


def _parameter(name: str, schema: Schema, place: str, required: bool) -> dict[str, Any]:
    return {"name": name, "in": place, "required": required, "schema": dict(schema)}


def _json(schema: Schema) -> dict[str, Any]:
    return {"application/json": {"schema": dict(schema)}}
