"""Files for timing, and figures from a small run."""

from __future__ import annotations

from pathlib import Path

from evals.ingestrate import RateConfig, make_pdfs, make_small, measure_ingest_rate
from evals.models import Models
from evals.responsiveness import measure_responsiveness
from ingest.read import read
from tests.fakes import WordEncoder


def test_made_pdfs_have_several_pages_of_text_and_differ(tmp_path: Path) -> None:
    one, other = make_pdfs(tmp_path / "pdf", 2)
    reading = read(one.name, one.read_bytes())
    assert (reading.pages or 0) >= 3
    assert not reading.empty_pages
    assert one.read_bytes() != other.read_bytes()
    assert make_pdfs(tmp_path / "again", 1)[0].read_bytes() == one.read_bytes()


def test_made_small_files_are_no_copies(tmp_path: Path) -> None:
    texts = [path.read_text(encoding="utf-8") for path in make_small(tmp_path / "small", 60)]
    assert len({text.partition("\n")[2] for text in texts}) == 60


def test_a_small_run_gives_every_figure() -> None:
    found = measure_ingest_rate(WordEncoder(), RateConfig(pdfs=4, small_files=20, every=10, processes=1))
    assert found["parse"]["pages"] >= 12
    assert found["parse"]["pages_per_s"] > 0
    assert found["ingest"]["passages"] > 0
    assert [reading["files"] for reading in found["memory_mb"]] == [10, 20]
    assert found["memory_mb"][0]["mb"] > 0


def test_questions_are_timed_alone_and_beside_an_upload() -> None:
    found = measure_responsiveness(Models(WordEncoder(), None), files=3)
    assert (found["files"], found["read"]) == (3, 3)
    assert found["alone"]["p50_ms"] > 0
    assert found["beside"]["questions"] >= 1
    assert found["ratio"] > 0
