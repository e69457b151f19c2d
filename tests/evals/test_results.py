"""What is committed under ``evals/results/`` can be traced, and holds what we claim."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

RESULTS = sorted((Path(__file__).parents[2] / "evals" / "results").glob("*.json"))
MEASURED = [path for path in RESULTS if json.loads(path.read_text()).get("kind") in ("retrieval", "answers", "race")]

pytestmark = pytest.mark.skipif(not MEASURED, reason="no result is committed yet")


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


@pytest.mark.parametrize("path", MEASURED, ids=lambda path: path.stem)
def test_a_result_names_its_command_machine_and_commit(path: Path) -> None:
    found = read(path)
    assert found["command"].startswith("policydesk ")
    assert " /" not in found["command"]
    assert found["machine"]["cpu"]
    assert found["machine"]["cores"] >= 1
    assert len(found["commit"].removesuffix("-dirty")) == 40


@pytest.mark.parametrize("path", [path for path in MEASURED if "scifact" in path.stem], ids=lambda path: path.stem)
def test_scifact_is_where_others_measured_it(path: Path) -> None:
    systems = read(path)["systems"]
    # Others let the encoder read beginnings only; windows add what stands behind them.
    assert 0.645 - 0.01 <= systems["dense"]["nDCG@10"]["mean"] <= 0.645 + 0.03
    assert systems["bm25"]["nDCG@10"]["mean"] >= 0.665 - 0.02
    assert systems["bm25"]["nDCG@10"]["n"] == 300
