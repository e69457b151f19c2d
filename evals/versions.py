"""``eval versions``: answers as of a day, changes between versions, contradictions between documents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from assistant.config import Settings
from corpora.errors import CorpusError
from corpora.questions import QuestionKind, questions_file, read_questions
from evals.contradictions import alarms, judge_cases, read_cases
from evals.data import DataError
from evals.encodings import CachedEncoder, default_folder
from evals.library import load_any
from evals.machine import provenance
from evals.models import assistant_over, load_models
from evals.systems import passages_of
from evals.timetravel import measure_time_travel
from evals.versionpairs import compare_pairs, read_pairs
from ingest.crossreferences import references
from ingest.places import Places
from retrieval.encoder import Encoder
from retrieval.records import Passage
from retrieval.scope import Scope


def measure_versions(corpus: Path, settings: Settings, *, documents: Sequence[Path] = ()) -> dict[str, Any]:
    """Time travel on a corpus, the diff on hand-made pairs, contradictions planted and alarms in real documents.

    :param corpus: a library with catalog and questions, such as ``corpora/sample``.
    :param documents: folders of real documents in which contradictions are counted; none leaves that out.
    :raises DataError, ModelUnavailable: see :func:`evals.library.load_any`; also if no question of the corpus is dated.
    """
    _check(corpus)
    models = load_models(settings)
    encoder = CachedEncoder(models.encoder, default_folder())
    passages = passages_of(load_any(corpus, encoder=models.encoder).corpus)
    assistant = assistant_over(passages, models, settings, model="quote", cache=default_folder())
    judged = judge_cases(read_cases(), encoder)
    return {
        **provenance(),
        "time_travel": measure_time_travel(corpus, assistant),
        "diff": measure_diff(),
        "references": measure_references(passages),
        "contradictions": {
            "all": judged.summary(),
            "held_out": judged.summary(held_out=True),
            "for_mending": judged.summary(held_out=False),
            "across_cases": judged.across,
            "missed": [case.number for case in judged.cases if case.is_conflict and case.number not in judged.found],
            "false": [case.number for case in judged.cases if not case.is_conflict and case.number in judged.found],
        },
        "alarms": alarms(_library(documents, encoder), encoder) if documents else None,
    }


def _check(corpus: Path) -> None:
    """:raises DataError: if the corpus has no dated questions: said before anything is read."""
    try:
        questions = read_questions(corpus)
    except CorpusError as error:
        raise DataError(f"{corpus}: {error}") from error
    if not any(question.kind is QuestionKind.DATED for question in questions):
        raise DataError(
            f"{questions_file(corpus)} holds no question of the kind 'dated' to ask about its day; write some"
        )


def measure_diff() -> dict[str, Any]:
    """Planted changes found, and reported changes that nobody planted."""
    compared = compare_pairs(read_pairs())
    planted = sum(len(one.pair.planted) for one in compared)
    missed, false = (sum(len(getattr(one, name)) for one in compared) for name in ("missed", "false"))
    return {
        "pairs": len(compared),
        "planted": planted,
        "found": planted - missed,
        "false": false,
        "false_share": round(false / max(1, planted - missed + false), 4),
    }


def measure_references(passages: Sequence[Passage]) -> dict[str, Any]:
    """Mentions of clauses in a library, and how many lead somewhere on a day when the mentioning passage was in force."""
    ordered = sorted(passages, key=lambda passage: passage.passage_id)
    places = Places(ordered)
    groups = frozenset(group for passage in ordered for group in passage.audience)
    mentions: list[tuple[str, bool]] = []
    for passage in ordered:
        day = passage.effective_to or date.today()
        allows = Scope(groups=groups, as_of=day).allows
        for mention in references(passage.text):
            mentions.append(
                (f"{passage.passage_id} {mention.name}", places.resolve(mention, passage, allows) is not None)
            )
    return {
        "mentions": len(mentions),
        "resolved": sum(found for _, found in mentions),
        "unresolved": [name for name, found in mentions if not found],
    }


def _library(folders: Sequence[Path], encoder: Encoder) -> list[Passage]:
    """All passages of real folders, ingested into a home that is thrown away; what cannot be read is left out."""
    from ingest.pipeline import ingest
    from retrieval.home import Home
    from retrieval.store import Store

    with TemporaryDirectory(prefix="policydesk-versions-") as scratch:
        home = Home(Path(scratch) / "home")
        home.create()
        store = Store.open(home)
        ingest(list(folders), home=home, store=store, encoder=encoder)
        return store.published_passages()
