"""``eval retrieval``: every chosen system over one folder of judged questions, as one JSON-ready outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.data import BenchData, CorpusText
from evals.encodings import CachedEncoder, CachedReranker
from evals.machine import provenance
from evals.models import Models
from evals.ranking import Comparison, Progress, Scored, Weakness, compare, score, slices, weakest
from evals.systems import OURS, RunSystem, System, other_system, our_systems, passages_of
from evals.trec import write_qrels, write_run
from retrieval.errors import NotReady, WrongUsage
from retrieval.index import PassageIndex

_SNIPPET = 420


@dataclass(frozen=True, slots=True)
class RetrievalOutcome:
    """Everything one run found out."""

    data: BenchData
    systems: tuple[Scored, ...]
    comparisons: tuple[Comparison, ...]
    long_texts: int  #: texts longer than the encoder reads, which our systems read in windows
    encoder: str | None  #: None where none of the systems needs one
    reranker: str | None

    @property
    def best(self) -> Scored:
        """The system with the highest mean nDCG@10, the first of those that tie."""
        return max(self.systems, key=lambda scored: scored.means()["nDCG@10"].mean or 0.0)

    def to_json(self) -> dict[str, Any]:
        """The contract's JSON, with what a reader needs to trust and to repeat it."""
        texts = {text.text_id: text for text in self.data.corpus}
        questions = self.data.judged
        groups = slices(questions)
        return {
            "kind": "retrieval",
            "data": self.data.name,
            "split": self.data.split,
            "questions": len(questions),
            "passages": len(self.data.corpus),
            "corpus_fingerprint": self.data.fingerprint(),
            "test_fingerprint": self.data.test_fingerprint(),
            "long_texts": self.long_texts,
            "encoder": self.encoder,
            "reranker": self.reranker,
            **provenance(),
            "systems": {scored.name: _system_json(scored) for scored in self.systems},
            "comparisons": [comparison.to_json() for comparison in self.comparisons],
            "slices": {
                name: {
                    "questions": len(ids),
                    "systems": {
                        scored.name: {measure: found.to_json() for measure, found in scored.means(ids).items()}
                        for scored in self.systems
                    },
                }
                for name, ids in groups.items()
            },
            "weakest": [_weakness_json(weakness, texts) for weakness in weakest(self.best, self.data)],
            "per_question": {
                question.question_id: {
                    "text": question.text,
                    "systems": {
                        scored.name: {
                            **{name: round(value, 9) for name, value in scored.values[question.question_id].items()},
                            "first_wanted": _first_wanted(scored, question.question_id, question.wanted.keys()),
                        }
                        for scored in self.systems
                    },
                }
                for question in questions
            },
        }

    def write_runs(self, folder: Path) -> None:
        """One TREC run file a system and the qrels, named after data and split."""
        folder.mkdir(parents=True, exist_ok=True)
        stem = f"{self.data.name}-{self.data.split}"
        write_qrels(folder / f"{stem}.qrels", self.data.qrels)
        for scored in self.systems:
            tag = "".join(letter if letter.isalnum() or letter in "-._" else "_" for letter in scored.name)
            write_run(folder / f"{stem}-{tag}.run", scored.run, tag)


def evaluate_retrieval(
    data: BenchData,
    names: Sequence[str],
    models: Models | None,
    *,
    cache: Path,
    progress: Progress | None = None,
) -> RetrievalOutcome:
    """Score the named systems on the data.

    :param models: None where no system of ours is among the names.
    :param cache: folder of kept encodings.
    :raises NotReady: if ``reranked`` is asked for and there is no reranker.
    :raises WrongUsage: if a name is no system, or is given twice, no question has judged passages, or a run file ranks
        none of them.
    """
    if not data.judged:
        raise WrongUsage(f"{data.folder}: no question of split {data.split!r} has a judged passage")
    if len(set(names)) != len(names) or not names:
        raise WrongUsage("name each system once, for example --systems bm25,dense,hybrid")
    ours = [name for name in names if name in OURS]
    quality: dict[str, System] = {}
    live: dict[str, System] = {}
    long_texts = 0
    if ours:
        assert models is not None, "systems of ours need models"
        if "reranked" in ours and models.reranker is None:
            raise NotReady("there is no reranker to score; leave out reranked, or train one: policydesk tune reranker")
        passages = passages_of(data.corpus)
        long_texts = sum(
            n > models.encoder.max_tokens for n in models.encoder.count_tokens([p.searchable for p in passages])
        )
        encoder = CachedEncoder(models.encoder, cache)
        reranker = CachedReranker(models.reranker, cache) if models.reranker else None
        report = (lambda done, total: progress("encoding passages", done, total)) if progress else None
        index = PassageIndex.build(passages, encoder, windows=True, progress=report)
        encoder.encode([question.text for question in data.judged], truncate=True)
        quality |= {system.name: system for system in our_systems(ours, index, encoder, reranker, models.reader)}
        live |= {
            system.name: system for system in our_systems(ours, index, models.encoder, models.reranker, models.reader)
        }
    for name in names:
        if name not in OURS:
            quality[name] = other = other_system(name, data.corpus)
            if not isinstance(other, RunSystem):
                live[name] = other
            else:
                other.check(data)
    called = [quality[name].name for name in names]
    if len(set(called)) != len(called):
        raise WrongUsage(f"two systems are called {max(called, key=called.count)!r}; rename one of them")
    scored = [score(quality[name], data, live=live.get(name), progress=progress) for name in names]
    return RetrievalOutcome(
        data,
        tuple(scored),
        tuple(compare(scored)),
        long_texts,
        models.encoder.name if ours and models else None,
        models.reranker.name if "reranked" in ours and models and models.reranker else None,
    )


def _system_json(scored: Scored) -> dict[str, Any]:
    filtered = scored.filtered_means()
    found: dict[str, Any] = {measure: mean.to_json() for measure, mean in scored.means().items()}
    found["latency_ms"] = scored.latency.to_json()
    found["nothing_found"] = sum(not ranking for ranking in scored.run.values())
    if filtered is not None:
        found["inside_named_document"] = {measure: mean.to_json() for measure, mean in filtered.items()}
    return found


def _first_wanted(scored: Scored, question_id: str, wanted: Any) -> int | None:
    return next((rank for rank, (text_id, _) in enumerate(scored.run[question_id], start=1) if text_id in wanted), None)


def _weakness_json(weakness: Weakness, texts: dict[str, CorpusText]) -> dict[str, Any]:
    def shown(text_id: str) -> dict[str, Any]:
        text = texts.get(text_id)
        cut = "" if text is None else text.text[:_SNIPPET] + ("…" if len(text.text) > _SNIPPET else "")
        return {"id": text_id, "title": text.title if text else "", "text": cut}

    wanted = sorted(weakness.ranks.items(), key=lambda item: (item[1] is None, item[1] or 0, item[0]))
    return {
        "question_id": weakness.question.question_id,
        "question": weakness.question.text,
        "system": weakness.system,
        "measure": "nDCG@10",
        "value": weakness.value,
        "retrieved": [
            {**shown(text_id), "rank": rank, "score": score, "wanted": text_id in weakness.ranks}
            for rank, (text_id, score) in enumerate(weakness.retrieved, start=1)
        ],
        "wanted": [{**shown(text_id), "rank": rank} for text_id, rank in wanted[:3]],
        "wanted_in_all": len(wanted),
    }
