"""The API is asked what its own description allows, and what it does not: it answers as described, and never with a 5xx."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode

from assistant.problems import MEDIA_TYPE
from assistant.room import Room

#: For each operation, valid and invalid requests alike; the same ones at each run.
EXAMPLES = 2


def test_every_operation_answers_as_described(room: Room, address: str) -> None:
    schema = schemathesis.openapi.from_url(f"{address}/api/openapi.json")
    asked: dict[str, set[int]] = {}
    for found in schema.get_all_operations():
        operation = found.ok()
        asked[operation.label] = set()
        # Making a strategy costs more than asking with it: only what takes a body is asked wrongly as well.
        wrong = [GenerationMode.NEGATIVE] if "requestBody" in operation.definition.raw else []
        for mode in (GenerationMode.POSITIVE, *wrong):

            @settings(
                max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: Any) -> None:
                # A case may revoke the token it comes with.
                token = room.accounts.new_token("hana")
                answer = case.call(headers={"Authorization": f"Bearer {token}"}, timeout=20)
                asked[case.operation.label].add(answer.status_code)
                described = case.operation.definition.raw["responses"]
                assert str(answer.status_code) in described, (case.as_curl_command(), answer.text)
                assert answer.status_code not in (500, 503), (case.as_curl_command(), answer.text)
                if answer.status_code >= 400:
                    assert answer.headers["content-type"][0] == MEDIA_TYPE
                    problem = answer.json()
                    assert problem["status"] == answer.status_code
                    assert problem["detail"]

            # An operation that takes nothing cannot be asked wrongly.
            with suppress(Unsatisfiable) if mode is GenerationMode.NEGATIVE else nullcontext():
                ask()
    assert len(asked) == len(schema)
    assert not [label for label, statuses in asked.items() if not statuses]
    assert {200, 201, 202, 404, 422} <= set().union(*asked.values())
