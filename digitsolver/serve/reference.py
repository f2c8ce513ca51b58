"""The API as a page: what OpenAPI says of it, without a script, and nothing from elsewhere.

The page that the framework brings loads its scripts from another site.
"""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from digitsolver.results import JsonObject
from digitsolver.serve.rendering import render

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def reference(request: Request) -> Response:
    """Return the page."""
    app = cast(FastAPI, request.app)
    described = app.openapi()
    shapes = described.get("components", {}).get("schemas", {})
    return HTMLResponse(
        render(
            "reference.html.j2",
            title=described["info"]["title"],
            version=described["info"]["version"],
            operations=_operations(described["paths"]),
            shapes={name: _properties(shape) for name, shape in shapes.items()},
            about={name: shape.get("description", "") for name, shape in shapes.items()},
        )
    )


def _operations(paths: JsonObject) -> list[JsonObject]:
    """Return each operation with its address, options, bodies and answers."""
    return [
        {
            "method": method.upper(),
            "path": path,
            "about": operation.get("description", operation.get("summary", "")).split("\n\n"),
            "options": [
                _field(one["name"], one | one["schema"]) for one in operation.get("parameters", [])
            ],
            "bodies": list(operation.get("requestBody", {}).get("content", {})),
            "answers": {
                status: (answer["description"], _kind(answer))
                for status, answer in sorted(answers.items())
            },
            "needs_key": "security" in operation,
        }
        for path, operations in paths.items()
        for method, operation in operations.items()
        if (answers := operation["responses"])
    ]


def _properties(shape: JsonObject) -> list[JsonObject]:
    """Return the fields of an object: name, type, and what it says."""
    return [_field(name, field) for name, field in shape.get("properties", {}).items()]


def _field(name: str, schema: JsonObject) -> JsonObject:
    return {"name": name, "type": kind_of(schema), "about": schema.get("description", "")}


def _kind(answer: JsonObject) -> str:
    """Return what an answer holds."""
    content = answer.get("content", {}).get("application/json", {})
    return kind_of(content.get("schema", {}))


def kind_of(schema: JsonObject) -> str:
    """Return a type of JSON schema in a few words.

    >>> kind_of({"anyOf": [{"type": "integer"}, {"type": "null"}]})
    'integer or null'
    >>> kind_of({"type": "array", "items": {"$ref": "#/components/schemas/DigitShape"}})
    'list of DigitShape'
    """
    if "anyOf" in schema:
        return " or ".join(map(kind_of, schema["anyOf"]))
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "const" in schema or "enum" in schema:
        return " or ".join(map(repr, schema.get("enum", [schema.get("const")])))
    if schema.get("type") == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    return str(schema.get("type", "any"))
