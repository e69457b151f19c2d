"""Judge one answer: against the gold answer, the wanted passages, its own citations, and whether it should have refused."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence

from assistant.claims import check
from assistant.records import Answer, Citation, Status
from evals.data import Question, Unanswerable
from evals.spans import exact, lexically_supported, normalise, share_held, share_in_order, stands_in, token_f1
from retrieval.errors import WrongUsage
from retrieval.records import heading_line

#: An own judge: (question, answer, quotations, gold answers) -> 0 to 1. RAGAS and the like plug in here.
Judge = Callable[[str, str, list[str], list[str]], float | None]
#: Measures of answers, each 0 to 1 and higher is better; docs/evaluating.md says over which questions each is taken.
ANSWER_MEASURES = (
    "answered_right", "answer_f1", "answer_exact", "answer_contains", "must_hold", "citation_precision", "citation_recall",
    "page_match", "supported_claims", "supported_claims_lexical", "cited_claims", "exact_quotes", "answered", "refused",
)  # fmt: skip
#: Share of a gold quotation's words that the citations have to show.
_GOLD_SHOWN = 0.5


def judge_answer(
    question: Question | Unanswerable,
    answer: Answer,
    *,
    texts: Mapping[str, str],
    pages: Mapping[str, tuple[str, int | None]],
) -> dict[str, float]:
    """The measures that are defined for this question and this answer.

    A refused answerable question has F1, containment, ``must_hold`` and ``answered_right`` of 0; what is said about
    citations and claims is said about shown answers only.

    :param texts: text id -> text, to compare quotations with what is stored.
    :param pages: text id -> document and page.
    """
    answered = answer.status in (Status.ANSWERED, Status.PARTIAL)
    measures: dict[str, float] = {}
    if isinstance(question, Unanswerable):
        measures["refused"] = float(not answered)
    else:
        shown = shown_text(answer) if answered else ""
        measures["answered"] = float(answered)
        if question.answers:
            measures["answer_f1"] = token_f1(shown, question.answers)
            measures["answer_exact"] = exact(shown, question.answers)
            measures["answer_contains"] = stands_in(shown, question.answers)
        if question.must_hold:
            measures["must_hold"] = share_held(shown, question.must_hold)
        if question.wanted:
            measures["answered_right"] = float(answered and _rests_on_gold(question, answer))
            if answered:
                measures |= _citation_measures(question, answer, pages)
    if answered:
        measures |= _claim_measures(answer, texts)
    return measures


def shown_text(answer: Answer) -> str:
    """What the reader is told: the claims without marks and lead-in."""
    return " ".join(claim.text for claim in answer.claims)


def _rests_on_gold(question: Question, answer: Answer) -> bool:
    """Whether the citations show the gold words: quotations from wanted passages hold, in order, at least half of the
    words of a gold quotation; without one, a short answer that such a passage holds word for word; else any such passage."""
    wanted = [citation for citation in answer.citations if citation.passage.passage_id in question.wanted]
    quotes = " ".join(citation.quote for citation in wanted)
    if question.quotes:
        return any(share_in_order(gold, quotes) >= _GOLD_SHOWN for gold in question.quotes)
    if stands_in(" ".join(citation.passage.text for citation in wanted), question.answers):
        return bool(stands_in(quotes, question.answers))
    return bool(wanted)


def _citation_measures(
    question: Question, answer: Answer, pages: Mapping[str, tuple[str, int | None]]
) -> dict[str, float]:
    cited = {citation.passage.passage_id for citation in answer.citations}
    wanted = set(question.wanted)
    measures = {"citation_recall": len(cited & wanted) / len(wanted)}
    if cited:
        measures["citation_precision"] = len(cited & wanted) / len(cited)
        wanted_pages = {pages[text_id] for text_id in wanted if text_id in pages}
        if any(page is not None for _, page in wanted_pages):
            cited_pages = {_page(citation) for citation in answer.citations}
            measures["page_match"] = len(cited_pages & wanted_pages) / len(cited_pages)
    return measures


def _claim_measures(answer: Answer, texts: Mapping[str, str]) -> dict[str, float]:
    by_number = {citation.number: citation for citation in answer.citations}
    supported, lexically, cited = [], [], []
    for claim in answer.claims:
        citations = [by_number[number] for number in claim.citations if number in by_number]
        cited.append(bool(citations))
        supported.append(bool(citations) and _supported(claim.text, citations))
        quotes, headings = [one.quote for one in citations], [_heading(one) for one in citations]
        lexically.append(bool(citations) and lexically_supported(claim.text, quotes, headings))
    stored = [
        bool(citation.quote)
        and texts.get(citation.passage.passage_id, "")[citation.start : citation.end] == citation.quote
        for citation in answer.citations
    ]
    measures = {"cited_claims": _share(cited), "exact_quotes": _share(stored)}
    return measures | {"supported_claims": _share(supported), "supported_claims_lexical": _share(lexically)}


def _supported(claim: str, citations: Sequence[Citation]) -> bool:
    heading = _heading(citations[0])
    spans = [citation.quote for citation in citations]
    if any(normalise(claim) == normalise(span) for span in spans):
        return True  # a quotation carries itself
    return any(check(claim, span, heading=heading).supported for span in [*spans, " ".join(spans)])


def _heading(citation: Citation) -> str:
    return heading_line(citation.passage.title, citation.passage.section_path)


def _page(citation: Citation) -> tuple[str, int | None]:
    return citation.passage.document_id, citation.passage.page


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found) if found else 0.0


def load_judge(name: str) -> Judge:
    """A judge given as ``module:function``.

    :raises WrongUsage: if there is no such function.
    """
    module_name, _, attribute = name.partition(":")
    try:
        found = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise WrongUsage(f"the judge {name!r} cannot be imported ({error}); give module:function") from error
    if not callable(found):
        raise WrongUsage(f"the judge {name!r} is no function; give module:function")
    judge: Judge = found
    return judge
