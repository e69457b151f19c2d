"""The description of the API has an example for every route, and the page of the guides is what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from assistant import apidocs
from assistant.room import Room
from assistant.server import create_app
from tests.assistant.api_scenario import ask_everything, furnish

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "api.md"
AGAIN = "run: python -m tests.assistant.api_scenario && python -m assistant.apidocs docs/api.md"


def alike(one: Any, other: Any) -> bool:
    """Whether two answers have the same names in them, whatever they hold; nothing is known of what an empty list holds."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return not one or not other or alike(one[0], other[0])
    return not isinstance(one, dict | list) and not isinstance(other, dict | list)


async def test_examples_are_what_routes_answer(tmp_path: Path) -> None:
    room = furnish(tmp_path)
    answers = await ask_everything(room)
    examples = json.loads(apidocs.EXAMPLES.read_text("utf-8"))
    described = create_app(room, chat=False).openapi()["paths"]
    operations = {f"{method.upper()} {path}" for path, methods in described.items() for method in methods}
    assert operations == set(examples) == set(answers), AGAIN
    for operation, (status, body) in answers.items():
        assert list(examples[operation]) == [str(status)], operation
        assert alike(examples[operation][str(status)], body), f"{operation}; {AGAIN}"
    room.store.close()


def test_every_body_of_a_request_has_an_example(room: Room) -> None:
    described = create_app(room, chat=False).openapi()
    bodies = {
        name: schema
        for name, schema in described["components"]["schemas"].items()
        if name.endswith("Body") and name != "EarlierTurn"
    }
    assert bodies
    assert {name for name, schema in bodies.items() if "example" not in schema} == set()


def test_the_guide_is_what_the_description_says(room: Room) -> None:
    assert PAGE.read_text("utf-8") == apidocs.markdown(create_app(room, chat=False).openapi()), AGAIN


def test_the_guide_s_python_runs(room: Room, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (snippet,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    monkeypatch.setenv("TOKEN", room.accounts.new_token("emma"))
    names: dict[str, Any] = {}
    exec(compile(snippet.replace("http://127.0.0.1:8000", address), "api.md", "exec"), names)
    assert names["answer"]["citations"]
    names["desk"].close()
    with pytest.raises(httpx.HTTPStatusError):
        httpx.post(f"{address}/api/v1/ask", json={"question": "May I?"}).raise_for_status()
