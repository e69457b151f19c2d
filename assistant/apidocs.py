"""The API's description as one page of plain HTML: no script, and nothing from another origin."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, Template


def page(openapi: dict[str, Any]) -> str:
    """The page for an OpenAPI 3.1 description."""
    operations: dict[str, list[dict[str, Any]]] = {}
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["other"])[0]
            operations.setdefault(tag, []).append(_operation(openapi, path, method, operation))
    return _template().render(info=openapi["info"], operations=operations)


@cache
def _template() -> Template:
    folder = Path(__file__).parent / "pages"
    return Environment(loader=FileSystemLoader(folder), autoescape=True, trim_blocks=True).get_template("api.html")


def _operation(openapi: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    body = next(iter(content.values()), None)
    schema = _resolved(openapi, body["schema"]) if body else {}
    return {
        "path": path,
        "method": method.upper(),
        "summary": operation.get("summary", ""),
        "description": operation.get("description", ""),
        "parameters": [
            {"name": each["name"], "place": each["in"], "required": each.get("required", False), "type": _type(each["schema"]),
             "description": each.get("description", "")}
            for each in operation.get("parameters", ())
        ],
        "fields": [
            {"name": name, "type": _type(field), "required": name in schema.get("required", ()),
             "description": field.get("description", "")}
            for name, field in schema.get("properties", {}).items()
        ],
        "body": next(iter(content), None),
        "statuses": [(status, answer.get("description", "")) for status, answer in operation.get("responses", {}).items()],
        "example": _example(path, method, next(iter(content), None), schema),
    }  # fmt: skip


def _resolved(openapi: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = openapi["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type", "any"))


def _example(path: str, method: str, media_type: str | None, schema: dict[str, Any]) -> str:
    command = f'curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8000{path}'
    if media_type == "multipart/form-data":
        return f"{command} -F file=@leave-policy.md"
    if media_type and "example" in schema:
        return f"{command} \\\n  --json '{json.dumps(schema['example'], ensure_ascii=False)}'"
    return command if method == "get" else f"{command} -X {method.upper()}"
