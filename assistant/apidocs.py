"""The API's description as one page of plain HTML: no script, and nothing from another origin."""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, Template

#: What each operation answers, by method and path, then status; null where it answers no JSON.
EXAMPLES = Path(__file__).parent / "pages" / "api_examples.json"


def add_examples(openapi: dict[str, Any]) -> dict[str, Any]:
    """The description with an example of each operation's answer in it."""
    examples = json.loads(EXAMPLES.read_text("utf-8"))
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            for status, body in examples.get(f"{method.upper()} {path}", {}).items():
                content = operation["responses"].get(status, {}).get("content", {})
                if body is not None and "application/json" in content:
                    content["application/json"]["example"] = body
    return openapi


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
        "example": _example(path + _asked(operation), method, next(iter(content), None), schema),
    }  # fmt: skip


def markdown(openapi: dict[str, Any]) -> str:
    """The same as a page of the guides: each operation with a request and what it answers."""
    by_tag: dict[str, list[str]] = {}
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            by_tag.setdefault(operation["tags"][0], []).append(_section(openapi, path, method, operation))
    groups = ["\n".join([f"## {tag.capitalize()}\n", *sections]) for tag, sections in by_tag.items()]
    return "\n".join([_LEAD.format(snippet=_SNIPPET), *groups])


def _section(openapi: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> str:
    each = _operation(openapi, path, method, operation)
    lines = [f"### {each['method']} {path}\n", f"{each['summary']}.\n"]
    if each["description"]:
        lines.append(f"{' '.join(each['description'].split()).replace('``', '`')}\n")
    for field in [*each["parameters"], *each["fields"]]:
        needed = ", required" if field["required"] else ""
        described = f": {field['description']}" if field["description"] else ""
        lines.append(f"- `{field['name']}` ({field['type']}{needed}){described}")
    if lines[-1].startswith("- "):
        lines.append("")
    lines.append(f"```sh\n{each['example']}\n```\n")
    for status, answer in operation["responses"].items():
        if not status.startswith("2"):
            continue
        example = answer.get("content", {}).get("application/json", {}).get("example")
        if example is None:
            lines.append(f"Answers {status}{', the file itself' if 'content' in answer and status == '200' else ''}.\n")
        else:
            lines.append(
                f"Answers {status}:\n\n```json\n{json.dumps(_shortened(example), ensure_ascii=False, indent=2)}\n```\n"
            )
    return "\n".join(lines)


def _shortened(value: Any) -> Any:
    """The example with one entry of each list, and long texts cut."""
    if isinstance(value, dict):
        return {key: _shortened(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_shortened(each) for each in value[:1]]
    if isinstance(value, str) and len(value) > 80:
        return f"{value[:79]}…"
    return value


#: As a formatter leaves it, so that the page stays what this module writes.
_SNIPPET = """import os

import httpx

desk = httpx.Client(
    base_url="http://127.0.0.1:8000/api/v1",
    headers={"Authorization": f"Bearer {os.environ['TOKEN']}"},
    timeout=60,
)
reply = desk.post("/ask", json={"question": "How many unused leave days can I carry over?"})
answer = reply.raise_for_status().json()
for citation in answer["citations"]:
    assert citation["quote"] == citation["text"][citation["start"] : citation["end"]]
"""
_LEAD = """# The API

Everything under `/api/v1`, as the server describes it at `/api/docs` (for people) and `/api/openapi.json` (for programs).
This page is made from that description: `python -m assistant.apidocs docs/api.md`.

Make a token, scoped to what it is for, and send it with each request:

```sh
export TOKEN=$(policydesk users token maria --scope ask,search | awk '{{print $NF}}')
```

```python
{snippet}```

Whoever asks sees what their account may read, and nothing else. Errors are problem documents (RFC 9457): `status`, a
`detail` that says what to do next, and an `instance` that the server's log knows. 401: no token or a revoked one. 403: the
account or the token may not. 413: too large, as is a question of more than 2,000 characters. 429: too much at once;
`Retry-After` says when to come back. 503: not ready yet. Lists are cut to one entry below.
"""


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


def _asked(operation: dict[str, Any]) -> str:
    """What a query has to hold, as the end of an address."""
    needed = [each for each in operation.get("parameters", ()) if each["in"] == "query" and each.get("required")]
    return "?" + "&".join(f"{each['name']}={at}" for at, each in enumerate(needed, start=1)) if needed else ""


def _example(path: str, method: str, media_type: str | None, schema: dict[str, Any]) -> str:
    address = f"http://127.0.0.1:8000{path}"
    command = f'curl -H "Authorization: Bearer $TOKEN" {json.dumps(address) if "?" in path else address}'
    if media_type == "multipart/form-data":
        return f"{command} -F file=@leave-policy.md"
    if media_type and "example" in schema:
        return f"{command} \\\n  --json '{json.dumps(schema['example'], ensure_ascii=False)}'"
    return command if method == "get" else f"{command} -X {method.upper()}"


def main(target: Path) -> None:
    """Write the page of the guides."""
    import tempfile

    from assistant.keeper import LibraryKeeper
    from assistant.room import Room
    from assistant.server import create_app
    from retrieval.home import Home
    from retrieval.store import Store

    def nothing() -> Any:
        raise NotImplementedError("a description needs no models")

    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        store = Store.open(home)
        keeper = LibraryKeeper(home, store, nothing)
        room = Room.furnish(home, store, secret="for a description only", load=nothing, keeper=keeper)
        target.write_text(markdown(create_app(room, chat=False).openapi()), "utf-8")
        store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
