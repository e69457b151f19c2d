"""The whole way in, over the development data: real documents, messy ones, and files broken on purpose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.completeness import completeness
from ingest.load import load
from ingest.pipeline import IngestOptions, ingest
from ingest.records import Clause, FileReport, FileStatus
from ingest.sandbox import ReaderCrashed, ReaderTooSlow, Sandbox
from retrieval.errors import DocumentRejected
from retrieval.generations import open_index
from retrieval.home import Home
from retrieval.store import Store
from tests.fakes import WordEncoder

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the development data is not at {DATA}"),
]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def ingested(home: Home, *folders: str) -> list[FileReport]:
    store = Store.open(home)
    try:
        return ingest(
            [DATA / name for name in folders],
            home=home,
            store=store,
            encoder=WordEncoder(),
            options=IngestOptions(workers=2, ocr=False),
        )
    finally:
        store.close()


def test_contracts_and_policies_are_indexed_with_their_clauses(home: Home) -> None:
    reports = ingested(home, "documents/contract_templates", "documents/state_contracts", "documents/todogroup")
    rejected = {Path(report.file).suffix for report in reports if report.status is FileStatus.REJECTED}
    assert rejected == {".json"}
    assert all(report.passages for report in reports if report.status is not FileStatus.REJECTED)
    texts = [passage.text for passage in open_index(home).passages]
    assert any(text.startswith("5.3 Termination.") or "\n5.3 Termination." in text for text in texts)
    assert not any("{%" in text or "](http" in text for text in texts)


def test_every_broken_file_ends_as_exactly_one_thing(home: Home) -> None:
    reports = ingested(home, "bad_inputs")
    assert len(reports) == len([path for path in (DATA / "bad_inputs").iterdir() if not path.name.startswith(".")])
    for report in reports:
        assert (report.reason is None) == (report.status in (FileStatus.INDEXED, FileStatus.UNCHANGED)), report
        assert "\n" not in (report.reason or "")
        assert (report.passages > 0) == (report.status is not FileStatus.REJECTED)


#: Takes as long to read as all others together; `policydesk eval robustness` reads it too.
LONGEST = "handbook-872p.docx"


@pytest.mark.parametrize("folder", ["documents/messy", "bad_inputs"])
def test_every_file_of_every_format_is_read_or_says_why_not(folder: str) -> None:
    ends: Counter[FileStatus] = Counter()
    reasons: list[str] = []
    with Sandbox() as sandbox:
        for path in sorted(path for path in (DATA / folder).rglob("*") if path.is_file() and path.name != LONGEST):
            try:
                reading = sandbox.read(path.name, path, ocr=False)
            except (ReaderCrashed, ReaderTooSlow):
                pytest.fail(f"{path.name} ended its reader")
            except DocumentRejected as error:
                reasons.append(str(error))
                ends[FileStatus.REJECTED] += 1
                continue
            status, reason = completeness(reading)
            ends[status] += 1
            assert (reason is None) == (status is FileStatus.INDEXED)
            assert any(letter.isalnum() for clause in reading.clauses for letter in "".join(texts(clause))), path.name
    assert all(reason and "\n" not in reason for reason in reasons)
    assert ends[FileStatus.INDEXED] > ends[FileStatus.REJECTED] - 5 > 0


def texts(clause: Clause) -> Iterator[str]:
    yield clause.text
    for child in clause.children:
        yield from texts(child)


def test_no_word_of_a_contract_is_lost(home: Home) -> None:
    path = DATA / "documents/contract_templates/commonpaper_csa/CSA.md"
    store = Store.open(home)
    ingest([path], home=home, store=store, encoder=WordEncoder())
    kept = {word for passage in store.published_passages() for word in passage.searchable.split()}
    store.close()
    wanted = {word for block in load(path.name, path.read_bytes()).blocks for word in block.text.split()}
    assert wanted - kept == set()
