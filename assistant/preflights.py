"""Pre-flight reports as they are kept, and what was confirmed for a draft and waits for its publication."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sqlalchemy import JSON, String, delete, update
from sqlalchemy.orm import Mapped, mapped_column

from assistant.particulars import Particulars, particulars_from_json, particulars_json
from ingest.preflight import Preflight, preflight_from_json, preflight_json
from retrieval.errors import WrongUsage
from retrieval.store import Store
from retrieval.tables import Base, VersionRow


def for_reader(report: Preflight, readable: Collection[str]) -> Preflight:
    """The report without the words of documents that its reader may not see.

    :param readable: ids of the documents they may read.
    """
    relation = report.relation
    if relation.document_id is not None and relation.document_id not in readable:
        relation = replace(relation, document_id=None, title=None)
    questions = tuple(
        checked
        if all(quoted.document_id in readable for quoted in checked.cited)
        else replace(checked, cited=(), answer="")
        for checked in report.questions
    )
    conflicts = tuple(each for each in report.conflicts if each.other.document_id in readable)
    return replace(report, relation=relation, questions=questions, conflicts=conflicts)


class PreflightRow(Base):
    __tablename__ = "preflights"
    version_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    held: Mapped[dict[str, Any] | None] = mapped_column(JSON)


#: A report that is good for no state of the library.
_NO_GENERATION = -1


class Preflights:
    """The reports of one home. Safe to share between threads."""

    def __init__(self, store: Store) -> None:
        Base.metadata.create_all(store.engine, tables=[Base.metadata.tables[PreflightRow.__tablename__]])
        self.sessions = store.sessions

    def report(self, version_id: str) -> Preflight | None:
        """The report kept for a version, if there is one."""
        with self.sessions() as session:
            row = session.get(PreflightRow, version_id)
            return preflight_from_json(row.report) if row and row.report else None

    def keep(self, report: Preflight) -> None:
        with self.sessions.begin() as session:
            row = session.merge(PreflightRow(version_id=report.version_id))
            row.report = preflight_json(report)

    def particulars(self, version_id: str) -> Particulars:
        """What is said about a version: by its rows, and by what is held for it.

        :raises WrongUsage: if there is no such version.
        """
        with self.sessions() as session:
            row = session.get(VersionRow, version_id)
            if row is None:
                raise WrongUsage(f"there is no version {version_id}; see: policydesk documents list")
            document = row.document
            now = Particulars(
                title=row.title, effective_from=row.stated_from, effective_to=row.stated_to, jurisdiction=document.jurisdiction,
                audience=frozenset(document.audience), owner=document.owner,
            )  # fmt: skip
            kept = session.get(PreflightRow, version_id)
            if kept is None or kept.held is None or row.published:
                return now
            held = particulars_from_json(kept.held)
            return replace(now, jurisdiction=held.jurisdiction, audience=held.audience, owner=held.owner)

    def hold(self, version_id: str, particulars: Particulars | None) -> None:
        """Keep what is to take effect when a version is published, None for nothing; its report is held against the library
        again."""
        with self.sessions.begin() as session:
            row = session.merge(PreflightRow(version_id=version_id))
            row.held = particulars_json(particulars) if particulars else None
            if row.report is not None:
                row.report = {**row.report, "index_generation": _NO_GENERATION}

    def forget(self, version_ids: Collection[str]) -> None:
        """Remove the reports of versions that are gone. All others are made again: they may quote what is gone."""
        with self.sessions.begin() as session:
            session.execute(delete(PreflightRow).where(PreflightRow.version_id.in_(version_ids)))
            session.execute(update(PreflightRow).values(report=None))
