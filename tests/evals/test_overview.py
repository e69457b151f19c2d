from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from evals.overview import overview_markdown, overview_svg
from retrieval.errors import WrongUsage

ROOT = Path(__file__).parents[2]


def result(data: str, split: str = "dev", **means: float) -> dict[str, object]:
    systems = {name: {"nDCG@10": {"mean": mean}} for name, mean in means.items()}
    return {"kind": "retrieval", "data": data, "split": split, "questions": 7, "passages": 1200, "systems": systems}


def test_rows_stand_by_name_and_the_best_of_each_is_bold() -> None:
    table = overview_markdown([result("nda", hybrid=0.5, txtai=0.61), result("leave", "test", hybrid=0.7, txtai=0.7)])

    assert table.splitlines() == [
        "| nDCG@10 | questions | passages | hybrid | txtai |",
        "|---|---|---|---|---|",
        "| leave (test) | 7 | 1,200 | **.700** | **.700** |",
        "| nda | 7 | 1,200 | .500 | **.610** |",
    ]


def test_a_system_that_was_not_run_leaves_a_dash() -> None:
    table = overview_markdown([result("a", bm25=0.5), result("b", dense=0.25)])

    assert table.splitlines()[2:] == ["| a | 7 | 1,200 | **.500** | – |", "| b | 7 | 1,200 | – | **.250** |"]


def test_the_plot_has_a_mark_for_every_system_of_every_row() -> None:
    picture = ElementTree.fromstring(overview_svg([result("a", bm25=0.0, mine=1.0), result("b", bm25=0.5)]))

    titles = [found.text for found in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert sorted(titles) == ["bm25", "bm25", "mine"]


def test_each_split_of_one_set_has_a_row_of_its_own_name() -> None:
    rows = overview_markdown([result("squad2", split, bm25=0.5) for split in ("dev", "train", "test")]).splitlines()[2:]

    assert [row.split("|")[1].strip() for row in rows] == ["squad2", "squad2 (test)", "squad2 (train)"]


def test_another_kind_of_result_is_refused() -> None:
    with pytest.raises(WrongUsage, match="eval retrieval"):
        overview_markdown([{"kind": "answers"}])


def test_the_readme_shows_the_committed_results() -> None:
    results = [json.loads(path.read_text()) for path in sorted((ROOT / "evals/results").glob("retrieval-*.json"))]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    shown = re.search(r"^\| nDCG@10 \|.*?\n(?!\|)", readme, re.MULTILINE | re.DOTALL)
    assert shown is not None
    assert shown.group(0) == overview_markdown(results)
    assert (ROOT / "docs/images/retrieval.svg").read_text(encoding="utf-8") == overview_svg(results)
