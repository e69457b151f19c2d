"""Ready-made answers for tests of what is kept about them."""

from __future__ import annotations

from datetime import date

from assistant.records import Answer, Check, Citation, Claim, Reason, Status
from retrieval.records import Passage


def passage(passage_id: str = "d1.v1.p0001", text: str = "Leave is 30 days.") -> Passage:
    return Passage(passage_id, "d1", passage_id.rsplit(".", 1)[0], "Leave", "leave.md", text)


def answered(
    question: str, *, cited: Passage | None = None, text: str = "Leave is 30 days. [1]", generation: int = 3
) -> Answer:
    source = cited or passage()
    return Answer(
        question=question, standalone_question=question, status=Status.ANSWERED, reason=None, text=text,
        claims=(Claim(text, (1,), Check.SUPPORTED),), citations=(Citation(1, source, 0, len(source.text)),), conflicts=(),
        confidence=0.9, as_of=date(2026, 3, 2), model="quote", index_generation=generation,
        timings_ms={"first_evidence": 100.0, "total": 800.0},
    )  # fmt: skip


def refused(question: str, *, reason: Reason = Reason.NOT_COVERED, confidence: float = 0.1) -> Answer:
    return Answer(
        question=question, standalone_question=question, status=Status.ABSTAINED, reason=reason, text="The documents don't say.",
        claims=(), citations=(), conflicts=(), confidence=confidence, as_of=date(2026, 3, 2), model="none", index_generation=3,
        timings_ms={"first_evidence": 0.0, "total": 300.0},
    )  # fmt: skip
