"""The questions a version should answer, asked as if it were published, beside what is in service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from assistant.answer import Assistant
from assistant.records import Citation, Status
from ingest.preflight import Outcome, QuestionChecked, Quoted
from ingest.questions import Question, questions
from retrieval.encoder import Encoder
from retrieval.index import PassageIndex
from retrieval.records import Passage
from retrieval.scope import Scope

#: Passages in service that stand beside the version's own: the nearest to each question.
_RIVALS = 60


def rehearse(
    passages: Sequence[Passage],
    assistant: Assistant,
    *,
    library: PassageIndex | None = None,
    count: int = 5,
) -> tuple[QuestionChecked, ...]:
    """Ask what a version should answer, on the day it is in force, by somebody who may read it; answers are quotations.

    :param passages: of one version, published or not.
    :param assistant: whose models find the answers and decide whether there is one.
    :param library: what is in service; other versions of the same document are left out.
    :returns: in document order, at most ``count``; none for a version without plain rules.
    """
    asked = questions(passages, count=count)
    if not asked:
        return ()
    on_stage = assistant.quoting_from(_stage(passages, asked, assistant.encoder, library))
    scope = _scope(passages[0])
    return tuple(_checked(question, on_stage, scope) for question in asked)


class _Stage:
    """The index that rehearsals are answered from."""

    def __init__(self, index: PassageIndex) -> None:
        self._index = index

    def get(self) -> PassageIndex:
        return self._index


def _stage(
    passages: Sequence[Passage], asked: Sequence[Question], encoder: Encoder, library: PassageIndex | None
) -> _Stage:
    """The version's passages with those in service that come nearest to the questions."""
    own = passages[0].document_id
    beside: dict[int, Passage] = {}
    if library is not None and len(library):
        mask = library.mask(_scope(passages[0]))
        for vector in encoder.encode([question.text for question in asked], truncate=True):
            rows, _ = library.dense.search(vector, k=_RIVALS, mask=mask)
            beside.update((int(row), library.passages[row]) for row in rows)
    others = [passage for passage in beside.values() if passage.document_id != own]
    always = [replace(passage, effective_from=None, effective_to=None) for passage in passages]
    return _Stage(PassageIndex.build([*others, *always], encoder, previous=library, windows=True))


def _scope(passage: Passage) -> Scope:
    """Who may read it, where it applies, on the first day from today on that it is in force."""
    day = max(passage.effective_from or date.today(), date.today())
    return Scope(groups=passage.audience, as_of=day, jurisdiction=passage.jurisdiction)


def _checked(question: Question, assistant: Assistant, scope: Scope) -> QuestionChecked:
    answer = assistant.answer(question.text, scope=scope)
    cited = answer.citations
    if answer.status is not Status.ANSWERED:
        outcome = Outcome.REFUSED
    elif any(_is_from(question, citation) for citation in cited):
        outcome = Outcome.ANSWERED
    else:
        outcome = Outcome.ELSEWHERE
    return QuestionChecked(
        question=question.text,
        expected=Quoted.from_passage(question.passage, question.start, question.end),
        outcome=outcome,
        answer=answer.text,
        cited=tuple(Quoted.from_passage(citation.passage, citation.start, citation.end) for citation in cited),
    )


def _is_from(question: Question, citation: Citation) -> bool:
    """Whether a citation quotes some of the words that the question was made from."""
    same = citation.passage.passage_id == question.passage.passage_id
    return same and citation.start < question.end and question.start < citation.end
