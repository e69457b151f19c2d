"""Answers, hits and documents as the JSON that scripts rely on."""

from __future__ import annotations

from datetime import date
from typing import Any

from assistant.jobrecords import Job
from assistant.records import Answer, Citation, Reason
from assistant.refusal import to_look_at
from retrieval.documents import Document, Version
from retrieval.records import Hit, Passage
from retrieval.search import SearchResult


def answer_json(answer: Answer) -> dict[str, Any]:
    """The contract's ``ask --json``."""
    return {
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "status": answer.status.value,
        "reason": _reason(answer.reason),
        "answer": answer.text,
        "claims": [
            {"text": claim.text, "citations": list(claim.citations), "check": claim.check.value}
            for claim in answer.claims
        ],
        "citations": [citation_json(citation) for citation in answer.citations],
        "conflicts": [
            {"about": conflict.about, "citations": list(conflict.citations)} for conflict in answer.conflicts
        ],
        "further": [
            {"kind": aside.kind.value, "about": aside.about, "source": aside.source, **citation_json(aside.citation)}
            for aside in answer.asides
        ],
        "nearest": [citation_json(citation) for citation in to_look_at(answer)],
        "contact": answer.contact,
        "choices": list(answer.choices),
        "confidence": round(answer.confidence, 4),
        "doubtful": answer.doubtful,
        "as_of": answer.as_of.isoformat(),
        "model": answer.model,
        "index_generation": answer.index_generation,
        "timings_ms": _rounded(answer.timings_ms),
    }


def _reason(reason: Reason | None) -> str | None:
    """The reason by the names that scripts know: a question in a language that is not read well is one that is not covered."""
    told = Reason.NOT_COVERED if reason is Reason.OTHER_LANGUAGE else reason
    return told.value if told else None


def citation_json(citation: Citation) -> dict[str, Any]:
    """One citation; ``quote`` is ``text[start:end]`` of the passage's ``text``."""
    passage = citation.passage
    return {
        "number": citation.number,
        **_where(passage),
        "effective_from": _day(passage.effective_from),
        "effective_to": _day(passage.effective_to),
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
        "text": passage.text,
        "owner": passage.owner,
        "jurisdiction": passage.jurisdiction,
    }


def search_json(question: str, as_of: date, result: SearchResult) -> dict[str, Any]:
    """The contract's ``search --json``."""
    return {
        "question": question,
        "as_of": as_of.isoformat(),
        "hits": [hit_json(hit) for hit in result.hits],
        "timings_ms": _rounded(result.timings_ms),
    }


def hit_json(hit: Hit) -> dict[str, Any]:
    scores = {name: getattr(hit.scores, name) for name in ("bm25", "dense", "fused", "rerank")}
    return {
        "rank": hit.rank,
        "score": hit.score,
        **_where(hit.passage),
        "text": hit.passage.text,
        "effective_from": _day(hit.passage.effective_from),
        "effective_to": _day(hit.passage.effective_to),
        "scores": scores,
    }


def document_json(document: Document, *, today: date) -> dict[str, Any]:
    """One row of ``documents list --json``, with every version."""
    return {
        "document_id": document.document_id,
        "title": document.title,
        "status": document.standing(today).value,
        "collection": document.collection,
        "owner": document.owner,
        "jurisdiction": document.jurisdiction,
        "audience": sorted(document.audience),
        "created_at": document.created_at.isoformat(),
        "versions": [version_json(version, today=today) for version in document.versions],
    }


def version_json(version: Version, *, today: date) -> dict[str, Any]:
    return {
        "version_id": version.version_id,
        "number": version.number,
        "title": version.title,
        "file": version.file,
        "status": version.standing(today).value,
        "effective_from": _day(version.effective_from),
        "effective_to": _day(version.effective_to),
        "sha256": version.sha256,
        "media_type": version.media_type,
        "size_bytes": version.size_bytes,
        "pages": version.pages,
        "passages": version.passages,
        "warnings": list(version.warnings),
        "created_at": version.created_at.isoformat(),
    }


def job_json(job: Job) -> dict[str, Any]:
    """What ``POST /documents`` and the job routes give."""
    counts = {status: sum(report.get("status") == status for report in job.reports)
              for status in ("indexed", "unchanged", "partial", "rejected")}  # fmt: skip
    return {
        "job_id": job.job_id, "status": job.state.value, "files": list(job.files), "done": len(job.reports),
        "reports": list(job.reports), "summary": counts, "reason": job.failure,
    }  # fmt: skip


def _where(passage: Passage) -> dict[str, Any]:
    return {
        "passage_id": passage.passage_id,
        "document_id": passage.document_id,
        "version_id": passage.version_id,
        "title": passage.title,
        "file": passage.file,
        "section_path": list(passage.section_path),
        "page": passage.page,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _rounded(timings_ms: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in timings_ms.items()}
