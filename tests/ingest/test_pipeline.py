from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from ingest.discover import Source
from ingest.pipeline import IngestOptions, ingest
from ingest.records import FileReport, FileStatus
from retrieval.documents import NewVersion, Standing, Version
from retrieval.errors import NotReady, WrongUsage
from retrieval.generations import current_generation, is_stale, open_index
from retrieval.home import Home
from retrieval.store import Store
from retrieval.tables import DocumentRow, VersionRow
from tests.fakes import WordEncoder
from tests.ingest.builders import docx, flowing_pdf

INDEXED, UNCHANGED, PARTIAL, REJECTED = (
    FileStatus.INDEXED,
    FileStatus.UNCHANGED,
    FileStatus.PARTIAL,
    FileStatus.REJECTED,
)


@dataclass
class Library:
    """A home with its store, and a folder of files to ingest into it."""

    home: Home
    store: Store
    files: Path

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.files / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def ingest(self, *paths: Path | Source, **options: Any) -> list[FileReport]:
        chosen = IngestOptions(workers=1, **options)
        return ingest(paths or [self.files], home=self.home, store=self.store, encoder=WordEncoder(), options=chosen)

    def answers(self) -> list[str]:
        return [passage.text for passage in open_index(self.home).passages]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    (tmp_path / "files").mkdir()
    home = Home(tmp_path / "home")
    store = Store.open(home)
    yield Library(home, store, tmp_path / "files")
    store.close()


def test_every_supported_format_is_indexed_and_answers(library: Library) -> None:
    library.write("a.md", "# Leave\n\nLeave is paid.")
    library.write("b.html", "<h1>Travel</h1><p>Trains come first.</p>")
    library.write("c.txt", "Conduct matters here.")
    library.write("d.docx", docx(lambda document: document.add_paragraph("Expenses need receipts.")))
    library.write("e.pdf", flowing_pdf(["Security comes first."]))
    reports = library.ingest()
    assert [(report.file, report.status) for report in reports] == [
        (name, INDEXED) for name in ("a.md", "b.html", "c.txt", "d.docx", "e.pdf")
    ]
    assert sorted(library.answers()) == [
        "Conduct matters here.", "Expenses need receipts.", "Leave is paid.", "Security comes first.", "Trains come first.",
    ]  # fmt: skip


def test_a_bad_file_never_stops_the_others(library: Library) -> None:
    library.write("a.pdf", b"%PDF-1.4 broken")
    library.write("b.yml", "a: 1")
    library.write("c.md", "Leave is paid.")
    library.write("d.md", "")
    reports = library.ingest()
    assert [(report.status, report.reason) for report in reports] == [
        (REJECTED, "the PDF is truncated or damaged; save or print it to PDF again"),
        (
            REJECTED,
            "unsupported type .yml; supported are md, html, txt, docx, pdf, pptx, xlsx, csv, eml, msg, rtf, odt, epub, png, jpg and tiff",
        ),
        (INDEXED, None),
        (REJECTED, "the file is empty; save it again with its text"),
    ]


def test_halves_of_characters_in_text_and_file_name_are_replaced(library: Library) -> None:
    library.write("a.md", '---\ntitle: "Bad \\ud800 title"\n---\nLeave is paid.')
    for name in (b"caf\xe8.md", b"caf\xe9.md"):
        Path(os.fsdecode(os.fsencode(library.files) + b"/" + name)).write_text(f"Coffee {name!r} is free.")
    reports = library.ingest()
    assert [(report.file, report.status) for report in reports] == [
        ("a.md", INDEXED), ("caf?.md", INDEXED), ("caf?.md", INDEXED),
    ]  # fmt: skip
    assert reports[0].title == "Bad ? title"
    assert len(library.store.documents()) == 3
    assert [report.status for report in library.ingest()] == [UNCHANGED] * 3


def test_a_file_that_cannot_be_stored_is_rejected_and_the_next_one_read(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.write("a.md", "Leave is paid.")
    library.write("b.md", "Pay comes monthly.")
    _break_storing(library, monkeypatch, "a.md", OverflowError("too large"))
    reports = library.ingest()
    assert [report.status for report in reports] == [REJECTED, INDEXED]
    assert "cannot be kept (too large)" in (reports[0].reason or "")
    assert library.answers() == ["Pay comes monthly."]


def test_what_was_stored_answers_though_the_run_was_stopped(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.write("a.md", "Leave is paid.")
    library.write("b.md", "Pay comes monthly.")
    _break_storing(library, monkeypatch, "b.md", OperationalError("INSERT", {}, OSError("disk full")))
    with pytest.raises(OperationalError):
        library.ingest()
    assert library.answers() == ["Leave is paid."]


def _break_storing(library: Library, monkeypatch: pytest.MonkeyPatch, file: str, error: Exception) -> None:
    add = library.store.add_version

    def broken(new: NewVersion, **named: Any) -> Version:
        if new.file == file:
            raise error
        return add(new, **named)

    monkeypatch.setattr(library.store, "add_version", broken)


def test_an_unchanged_file_is_not_read_again(library: Library) -> None:
    path = library.write("a.md", "Leave is paid.")
    first = library.ingest()[0]
    generation = current_generation(library.home)
    second = library.ingest()[0]
    assert (second.status, second.version_id, second.passages) == (UNCHANGED, first.version_id, 1)
    assert current_generation(library.home) == generation
    assert library.ingest(library.write("copy.md", path.read_bytes()))[0].reason == "same content as a.md"


def test_a_changed_file_is_a_new_version_of_its_document(library: Library) -> None:
    library.write("a.md", "Leave is 25 days.")
    first = library.ingest()[0]
    library.write("a.md", "Leave is 30 days.")
    second = library.ingest()[0]
    assert (second.document_id, second.version_id) == (first.document_id, f"{first.document_id}.v2")
    assert second.warnings == (f"taken as a new version of {first.document_id}: the file at this place has changed",)


def test_a_file_put_back_as_it_was_answers_again(library: Library) -> None:
    for text in ("Leave is 25 days.", "Leave is 30 days.", "Leave is 25 days."):
        library.write("a.md", text)
        library.write("copy.md", "Leave is 25 days.")
        report = library.ingest()[0]
    document = library.store.document(report.document_id or "")
    assert (report.version_id, len(library.store.documents())) == (f"{report.document_id}.v3", 1)
    assert document.versions[-1].standing(date.today()) is Standing.IN_FORCE
    assert [again.status for again in library.ingest()] == [UNCHANGED, UNCHANGED]
    assert library.ingest()[0].version_id == report.version_id


def test_the_same_file_twice_in_one_run_is_one_document(library: Library) -> None:
    library.write("a.md", "Leave is paid.")
    library.write("b.md", "Leave is paid.")
    assert [report.status for report in library.ingest()] == [INDEXED, UNCHANGED]
    assert len(library.store.documents()) == 1


def test_the_original_is_kept_under_its_hash(library: Library) -> None:
    path = library.write("a.md", "Leave is paid.")
    report = library.ingest()[0]
    version = library.store.document(report.document_id or "").versions[0]
    kept = library.home.original(version.sha256)
    assert kept.read_bytes() == path.read_bytes()
    assert kept.stat().st_mode & 0o077 == 0
    assert list((library.home.root / "incoming").iterdir()) == []


def test_what_people_say_wins_over_what_the_file_says(library: Library) -> None:
    library.write("a.md", "---\ntitle: Leave\nowner: HR\neffective: 2024-01-01\n---\nLeave is paid.")
    report = library.ingest(
        owner="Legal", audience=frozenset({"de"}), jurisdiction="DE", effective_to=date(2026, 1, 1)
    )[0]
    document = library.store.document(report.document_id or "")
    version = document.versions[0]
    assert (document.owner, document.jurisdiction, document.audience) == ("Legal", "DE", frozenset({"de"}))
    assert (version.effective_from, version.effective_to) == (date(2024, 1, 1), date(2026, 1, 1))


def test_a_day_that_can_be_read_two_ways_is_asked_for_unless_given(library: Library) -> None:
    library.write("a.md", "Effective date: 01/04/2025\n\nLeave is paid.")
    library.write("b.md", "Effective date: 01/04/2025\n\nPay comes monthly.")
    report = library.ingest(library.files / "a.md")[0]
    assert report.warnings == ("the date 01/04/2025 can be read two ways; give it with --effective-from",)
    assert library.store.document(report.document_id or "").versions[0].warnings == report.warnings
    assert library.ingest(library.files / "b.md", effective_from=date(2025, 4, 1))[0].warnings == ()


def test_whoever_brings_a_document_in_another_language_is_told(library: Library) -> None:
    german = "Der Urlaub beträgt dreißig Tage im Jahr. Er wird mit der Leitung abgestimmt und ist bis zum 31. März zu nehmen."
    library.write("a.md", f"# Urlaub\n\n{german}")
    library.write(
        "b.md", f"# Leave\n\nLeave is agreed with the manager and taken in the year.\n\nIn German:\n\n{german}"[:150]
    )
    library.write("c.md", "# 2026\n\n1 | 2 | 3")
    warned = library.ingest(library.files / "a.md")[0].warnings
    assert warned == (
        "it is in German: a question about it is shown the passages that come nearest, without an answer",
    )
    assert [library.ingest(library.files / name)[0].warnings for name in ("b.md", "c.md")] == [(), ()]


def test_a_file_that_says_it_is_for_some_readers_is_told_to_be_for_everybody(library: Library) -> None:
    library.write("a.md", "---\naudience: [managers, board]\n---\nBonuses are paid in May.")
    library.write("b.md", "---\naudience: all employees\n---\nLeave is paid.")
    said, everybody = (library.ingest(library.files / name)[0].warnings for name in ("a.md", "b.md"))
    assert said[0].startswith(
        "it says that it is for managers, board, and no readers were named: everybody may read it;"
    )
    assert everybody == ()
    library.write("d.md", "---\naudience: board\n---\nShares are sold in July.")
    assert "before it is published" in library.ingest(library.files / "d.md", draft=True)[0].warnings[0]
    library.write("c.md", "---\nreaders: managers\n---\nPay is reviewed in June.")
    assert library.ingest(library.files / "c.md", audience=frozenset({"managers"}))[0].warnings == ()


def test_a_file_that_would_end_before_it_begins_as_it_says_is_rejected(library: Library) -> None:
    library.write("a.md", "---\ntitle: Leave\neffective: 2024-01-01\n---\nLeave is paid.")
    report = library.ingest(effective_to=date(2020, 1, 1))[0]
    assert (report.status, "before it begins on 2024-01-01" in (report.reason or "")) == (REJECTED, True)


def test_a_draft_is_stored_and_does_not_answer(library: Library) -> None:
    library.write("a.md", "Leave is paid.")
    assert library.ingest(draft=True)[0].status is INDEXED
    library.write("b.md", "Pay comes monthly.")
    library.ingest(library.files / "b.md")
    assert library.answers() == ["Pay comes monthly."]


def test_a_draft_that_comes_again_without_draft_is_said_to_wait(library: Library) -> None:
    path = library.write("a.md", "Leave is paid.")
    draft = library.ingest(draft=True)[0]
    assert (library.ingest(draft=True)[0].waits, library.ingest(draft=True)[0].warnings) == (False, ())
    again = library.ingest()[0]
    assert (again.status, again.waits) == (UNCHANGED, True)
    assert again.warnings == (
        f"it waits for review; to publish it run: policydesk documents publish {draft.version_id}",
    )
    assert not library.ingest(audience=frozenset({"hr"}))[0].waits, "everybody would read what is meant for few"
    assert not library.ingest(library.write("copy.md", path.read_bytes()))[0].waits, "it was not held from here"


def test_restricting_a_file_that_is_in_already_is_said_not_to_happen(library: Library) -> None:
    library.write("a.md", "Leave is paid.")
    library.ingest()
    report = library.ingest(audience=frozenset({"hr"}))[0]
    assert report.status is UNCHANGED
    assert report.warnings[0].startswith("everybody may read it as before; to change who may read it")


def test_what_is_said_of_a_known_document_and_not_done_is_a_warning_with_the_command(library: Library) -> None:
    library.write("a.md", "Leave is 25 days.")
    first = library.ingest(owner="HR", effective_from=date(2024, 1, 1), collection="Time")[0]
    assert library.ingest(owner="HR", effective_from=date(2024, 1, 1), collection="Time")[0].warnings == ()
    again = library.ingest(owner="People team", effective_from=date(2025, 1, 1), jurisdiction="DE", collection="Pay")[0]
    assert again.warnings == (
        "effective-from stays 2024-01-01, jurisdiction stays open, owner stays HR; to change it run: policydesk documents confirm "
        f"{first.version_id} --effective-from 2025-01-01 --jurisdiction DE --owner 'People team'",
        "its collection stays Time; to change it, remove the document and ingest it again",
    )
    library.write("a.md", "Leave is 30 days.")
    second = library.ingest(owner="People team", effective_from=date(2025, 1, 1))[0]
    assert second.warnings[1:] == (
        f"owner stays HR; to change it run: policydesk documents confirm {second.version_id} --owner 'People team'",
    )


def test_superseding_what_is_not_there_is_refused_for_a_known_file_too(library: Library) -> None:
    library.write("a.md", "Leave is paid.")
    library.ingest()
    with pytest.raises(WrongUsage, match="documents list"):
        library.ingest(supersedes="nope")
    other = library.ingest(library.write("b.md", "Pay comes monthly."))[0].document_id
    said = library.ingest(library.files / "a.md", supersedes=other)[0].warnings
    assert said == (f"it is a document of its own as before, not a version of {other}; remove it and ingest it again",)


def test_a_version_meant_for_fewer_readers_does_not_slip_into_a_document_for_all(library: Library) -> None:
    library.write("a.md", "Leave is 25 days.")
    library.ingest()
    library.write("a.md", "Salaries are secret.")
    report = library.ingest(audience=frozenset({"hr"}))[0]
    assert report.status is REJECTED
    assert "which everybody may read" in (report.reason or "")
    assert library.answers() == ["Leave is 25 days."]


def test_superseding_goes_with_one_file(library: Library) -> None:
    library.write("a.md", "Leave is paid.")
    library.write("b.md", "Pay is monthly.")
    with pytest.raises(WrongUsage, match="--supersedes goes with one file, 2 were given"):
        library.ingest(supersedes="d1")


def test_a_file_over_the_size_limit_is_rejected(library: Library) -> None:
    library.write("a.md", "x" * 2_000_000)
    assert (
        library.ingest(max_bytes=1_000_000)[0].reason == "larger than the limit of 1 MB; split it, or raise the limit"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_rejected(library: Library) -> None:
    library.write("a.md", "Leave is paid.").chmod(0)
    assert library.ingest()[0].reason == "no permission to read it; check its owner and mode"


def test_a_full_disk_is_not_the_file_s_fault(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.write("leave.md", "# Leave\n\nEveryone has 28 days.\n")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("ingest.intake.os.fsync", full)
    with pytest.raises((OSError, NotReady), match="No space left"):
        library.ingest()
    assert not list((library.home.root / "incoming").iterdir())


def test_a_path_that_does_not_exist_is_rejected(library: Library) -> None:
    assert library.ingest(library.files / "gone.md")[0].reason == "there is no such file; check the path"


def test_an_upload_is_named_as_its_sender_named_it(library: Library) -> None:
    first = library.ingest(Source.upload(library.write("x1", "Leave is 25 days."), "leave.md"))[0]
    second = library.ingest(Source.upload(library.write("x2", "Leave is 30 days."), "leave.md"))[0]
    assert (first.file, first.title, first.document_id) == ("leave.md", "Leave", second.document_id)


def test_a_power_cut_before_the_index_is_mended_by_the_next_run(library: Library) -> None:
    library.write("a.md", "Leave is paid.")

    class Cut(WordEncoder):
        def encode(self, *arguments: Any, **options: Any) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest([library.files], home=library.home, store=library.store, encoder=Cut(), options=IngestOptions(workers=1))
    assert is_stale(library.home, library.store)
    assert library.ingest()[0].status is UNCHANGED
    assert library.answers() == ["Leave is paid."]


def test_copies_left_behind_by_a_dead_run_are_removed(library: Library) -> None:
    left = library.home.root / "incoming" / "999999999-1"
    left.parent.mkdir(parents=True)
    left.write_text("half a file")
    library.write("a.md", "Leave is paid.")
    library.ingest()
    assert not left.exists()


def test_two_runs_at_once_add_each_file_once(library: Library) -> None:
    for number in range(4):
        library.write(f"{number}.md", f"Rule {number} holds.")
    runs: list[list[FileReport]] = []
    threads = [threading.Thread(target=lambda: runs.append(library.ingest())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = sorted(report.status.value for run in runs for report in run)
    assert statuses == ["indexed"] * 4 + ["unchanged"] * 4
    assert sorted(library.answers()) == [f"Rule {number} holds." for number in range(4)]


def test_pages_without_text_make_a_file_partial(library: Library) -> None:
    from PIL import Image
    from reportlab.pdfgen.canvas import Canvas

    path = library.files / "scan.pdf"
    canvas = Canvas(str(path))
    canvas.drawString(72, 700, "The signed copy follows.")
    canvas.showPage()
    canvas.drawInlineImage(Image.new("RGB", (40, 40), "gray"), 72, 300, 400, 400)
    canvas.save()
    report = library.ingest(ocr=False)[0]
    assert (report.status, report.reason, report.pages) == (
        PARTIAL, "1 of 2 pages has no text (page 2); ingest it with --ocr auto", 2,
    )  # fmt: skip


def test_a_report_has_the_fields_of_the_contract(library: Library) -> None:
    library.write("a.md", "Leave is paid.")
    assert list(library.ingest()[0].as_json()) == [
        "file", "status", "reason", "document_id", "version_id", "title", "pages", "passages", "warnings", "seconds", "ocr_pages",
    ]  # fmt: skip


def test_the_latest_version_is_known_though_the_clock_was_set_back(library: Library) -> None:
    policy = library.write("policy.md", "# Policy\n\nDogs may come to the office.\n")
    library.ingest(policy)
    with library.store.sessions.begin() as session:
        session.execute(update(VersionRow).values(created_at=datetime.now(UTC) + timedelta(days=200)))
    library.write("policy.md", "# Policy\n\nCats may come to the office.\n")
    assert [library.ingest(policy)[0].status for _ in range(2)] == [INDEXED, UNCHANGED]
    library.write("policy.md", "# Policy\n\nDogs may come to the office.\n")
    assert library.ingest(policy)[0].status is INDEXED


def test_what_was_removed_can_be_ingested_again_for_other_readers(library: Library) -> None:
    policy = library.write("policy.md", "# Policy\n\nThe pay of band 6 is 90,000 euros.\n")
    first = library.ingest(policy)[0]

    def withdraw(row: DocumentRow) -> None:
        row.versions[0].withdrawn = True

    library.store.change(str(first.document_id), withdraw)
    library.write("policy.md", "# Policy\n\nThe pay of band 6 is 95,000 euros.\n")
    again = library.ingest(policy, audience=frozenset({"board"}))[0]
    assert (again.status, again.document_id == first.document_id) == (INDEXED, False)
    assert library.store.document(str(again.document_id)).audience == {"board"}
