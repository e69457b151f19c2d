"""What the side panel draws of a citation: the passage, where it stands, whether it is in force, and the way to the original."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

from assistant.records import Citation
from assistant.wording import Wording, wording
from retrieval.records import Passage, PassageKind


def passages_props(
    citations: Sequence[Citation], *, today: date, quotes: bool, words: Wording | None = None
) -> dict[str, Any]:
    """What a list of passages draws: those found, with their words, or those an answer rests on, without."""
    words = words or wording(None)
    passages = [citation_props(citation, today=today, words=words) for citation in citations]
    return {"passages": passages, "quotes": quotes, "label": words("source_found" if quotes else "source_all")}


def citation_props(citation: Citation, *, today: date, words: Wording | None = None) -> dict[str, Any]:
    """What the panel draws, as text: the passage in three pieces and where it stands.

    :param words: what stands around the documents' own words; English without it.
    """
    words = words or wording(None)
    passage = citation.passage
    is_pdf = passage.file.lower().endswith(".pdf")
    query = {"version": passage.version_id, **({"view": "page"} if is_pdf else {})}
    page = f"#page={passage.page}" if is_pdf and passage.page else ""
    label = words("source_download")
    if is_pdf:
        label = words("source_open_at", page=passage.page) if passage.page else words("source_open")
    return {
        "number": citation.number,
        "name": words("source_number", number=citation.number),
        "passage_id": passage.passage_id,
        "title": passage.title,
        "section": " › ".join(passage.section_path),
        "where": _where(passage, words),
        "facts": _facts(passage, today, words),
        "before": passage.text[: citation.start],
        "quote": citation.quote,
        "after": passage.text[citation.end :],
        "is_table": passage.kind is PassageKind.TABLE,
        "file": passage.file,
        "keeper": words("source_keeper", owner=passage.owner) if passage.owner else None,
        "original_url": f"/api/v1/documents/{quote(passage.document_id, safe='')}/original?{urlencode(query)}{page}",
        "original_label": label,
    }


def _where(passage: Passage, words: Wording) -> str:
    """``Leave Policy · 4.2 Carry-over · page 3``."""
    innermost = passage.section_path[-1] if passage.section_path else ""
    page = words("source_page", page=passage.page) if passage.page else ""
    return " · ".join(part for part in (passage.title, innermost, page) if part)


def _facts(passage: Passage, today: date, words: Wording) -> list[dict[str, Any]]:
    """Short lines about the version; what makes it doubtful is marked as old."""
    since, until = passage.effective_from, passage.effective_to
    facts = [(words("source_version", number=passage.version_id.rpartition(".v")[2]), False)]
    if until and until < today:
        facts.append((words("source_ended", day=words.day(until)), True))
    elif since and since > today:
        facts.append((words("source_to_come", day=words.day(since)), True))
    else:
        facts.append((words("source_since", day=words.day(since)) if since else words("source_in_force"), False))
        if until:
            facts.append((words("source_until", day=words.day(until)), False))
    if passage.page:
        facts.append((words("source_page", page=passage.page), False))
    if passage.jurisdiction:
        facts.append((words.country(passage.jurisdiction), False))
    if passage.audience:
        facts.append((words("source_readers", groups=", ".join(sorted(passage.audience))), False))
    return [{"text": text, "old": old} for text, old in facts]
