"""Data to evaluate on: a BEIR folder, a library of documents with questions that quote them, such as ``corpora/sample``, or
lessons such as ``corpora/lessons/choosing``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any

from corpora.beir import BeirPassage, write_beir
from corpora.catalog import CatalogEntry, document_paths, read_catalog
from corpora.errors import CorpusError
from corpora.questions import questions_file, read_questions
from evals.beir import load_data
from evals.data import BenchData, CorpusText, DataError, Question, Unanswerable
from evals.encodings import CachedEncoder, default_folder
from ingest.records import FileStatus
from retrieval.encoder import Encoder, load_encoder
from retrieval.home import Home
from retrieval.records import Passage
from retrieval.tuning.collection import read_collection


def load_any(folder: Path, split: str | None = None, *, encoder: Encoder | None = None) -> BenchData:
    """Read a folder of any of these kinds.

    A library's documents are ingested as an upload would be, with what its catalog states about them, and its
    quotations are looked up in the passages that came out; so the same questions judge any way of cutting documents.

    :param encoder: counts tokens while passages are cut; the default one where None.
    :raises DataError: see :func:`evals.beir.load_data`; also if a document is rejected or a quotation stands in no passage.
    :raises ModelUnavailable: if a library is to be ingested and the encoder is not cached.
    """
    if (folder / "lessons.jsonl").is_file():
        return _lessons(folder, split or "dev")
    if not (folder / "catalog.json").is_file():
        return load_data(folder, split)
    try:
        catalog = {entry.file: entry for entry in read_catalog(folder)}
        questions = read_questions(folder)
        splits = sorted({question.split for question in questions if question.answerable})
        if not splits or split not in (None, *splits):
            raise DataError(
                f"{questions_file(folder)} holds no answerable question{f' of split {split!r}' if splits else ''}; "
                f"{f'give --split {splits[0]}' if splits else 'write some'}"
            )
        with TemporaryDirectory(prefix="policydesk-eval-") as scratch:
            passages = _ingested(folder, Path(scratch) / "home", encoder or load_encoder())
            beir = Path(scratch) / "beir"
            write_beir([_judged(passage, catalog) for passage in passages], questions, beir)
            return replace(load_data(beir, split), folder=folder)
    except CorpusError as error:
        raise DataError(f"{folder}: {error}") from error


def _lessons(folder: Path, split: str) -> BenchData:
    """The sections of the documents as they are learned from, and each wording of a lesson as a question."""
    collection = read_collection(folder)
    corpus = tuple(
        CorpusText(
            passage.passage_id, passage.title, passage.text,
            {"document_id": passage.document_id, "file": passage.file, "section_path": list(passage.section_path)},
        )
        for passage in collection.passages
    )  # fmt: skip
    asked = collection.split(split)
    if not asked:
        raise DataError(f"{folder} has no lessons of the split {split!r}; give --split train or dev")
    judged = tuple(
        Question(one.question_id, one.text, wanted=dict.fromkeys(sorted(one.positives), 1), quotes=one.answers)
        for one in asked
        if one.answerable
    )
    unanswerable = tuple(
        Unanswerable(one.question_id, one.text, asked_against=one.against) for one in asked if not one.answerable
    )
    return BenchData(folder, split, corpus, judged, unanswerable)


def _ingested(folder: Path, root: Path, encoder: Encoder) -> list[Passage]:
    from ingest.pipeline import ingest
    from retrieval.store import Store

    home = Home(root)
    home.create()
    store = Store.open(home)
    reports = ingest(
        list(document_paths(folder)), home=home, store=store, encoder=CachedEncoder(encoder, default_folder())
    )
    rejected = [report for report in reports if report.status is FileStatus.REJECTED]
    if rejected:
        raise DataError(f"{folder / 'documents' / rejected[0].file}: {rejected[0].reason}")
    return store.published_passages()


def _judged(passage: Passage, catalog: dict[str, CatalogEntry]) -> BeirPassage:
    entry = catalog[PurePath(passage.file).name]
    metadata: dict[str, Any] = {
        "document_id": passage.document_id,
        "version_id": passage.version_id,
        "section_path": list(passage.section_path),
        "page": passage.page,
        "kind": passage.kind.value,
        "owner": entry.owner,
        "effective_from": entry.effective_from.isoformat(),
        "effective_to": entry.effective_to.isoformat() if entry.effective_to else None,
        "jurisdiction": entry.jurisdiction,
        "audience": sorted(entry.audience),
    }
    return BeirPassage(passage.passage_id, entry.title, passage.text, entry.file, metadata)
