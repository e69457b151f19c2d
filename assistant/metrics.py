"""What ``/metrics`` shows: counts and times, never a question, a name or a document."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 13, 30)


class Metrics:
    """The instruments of one server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.answers = Counter(
            "policydesk_answers", "Questions answered, by status and by where they came from", ["status", "place"],
            registry=self.registry,
        )  # fmt: skip
        self.first_evidence = Histogram(
            "policydesk_first_evidence_seconds", "Question to first evidence, the wait included", buckets=_SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self.total = Histogram(
            "policydesk_answer_seconds", "Question to complete answer, the wait included", buckets=_SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self.waiting = Gauge(
            "policydesk_questions_in_line", "Questions being answered or waiting", registry=self.registry
        )
        self.reading_ahead = Gauge(
            "policydesk_reading_ahead", "1 while passages are read that questions may need, 0 when all are",
            registry=self.registry,
        )  # fmt: skip
        self.refused = Counter(
            "policydesk_questions_turned_away", "Questions refused for want of room", registry=self.registry
        )
        self.files = Counter(
            "policydesk_files", "Files read into the library, by status", ["status"], registry=self.registry
        )

    def count_file(self, report: dict[str, Any]) -> None:
        """Count one line of an upload's report."""
        self.files.labels(str(report.get("status"))).inc()
