"""The tables of a home's database that hold documents, versions and passages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Date, DateTime, ForeignKey, Integer, String, Text, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.schema import CreateIndex, CreateTable


class Base(DeclarativeBase):
    """Every table of a home; the assistant adds its own (accounts, conversations, jobs) to the same metadata."""


@compiles(CreateTable)
@compiles(CreateIndex)
def _unless_it_is_there(element: CreateTable | CreateIndex, compiler: Any, **options: Any) -> str:
    """Two processes may find a table missing at once; the second to make it has nothing to do."""
    element.if_not_exists = True
    made = compiler.visit_create_table if isinstance(element, CreateTable) else compiler.visit_create_index
    return str(made(element, **options))


def utc(moment: datetime) -> datetime:
    """A moment that was read from a table, with its zone, which SQLite does not keep: everything is written in UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class DocumentRow(Base):
    __tablename__ = "documents"
    document_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    collection: Mapped[str | None] = mapped_column(Text)
    owner: Mapped[str | None] = mapped_column(Text)
    jurisdiction: Mapped[str | None] = mapped_column(String(8))
    audience: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    versions: Mapped[list[VersionRow]] = relationship(
        back_populates="document", cascade="all, delete-orphan", order_by="VersionRow.number", lazy="selectin"
    )


class NumberRow(Base):
    """The highest number that a version of a document ever had."""

    # A table of its own: a column would be missing in the homes that earlier releases made.
    __tablename__ = "version_numbers"
    document_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


class VersionRow(Base):
    __tablename__ = "versions"
    version_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.document_id"), index=True)
    number: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(Text)
    file: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text, index=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    media_type: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(Integer)
    pages: Mapped[int | None] = mapped_column(Integer)
    published: Mapped[bool]
    withdrawn: Mapped[bool] = mapped_column(default=False)
    stated_from: Mapped[date | None] = mapped_column(Date)
    stated_to: Mapped[date | None] = mapped_column(Date)
    effective_from: Mapped[date | None] = mapped_column(Date)
    effective_to: Mapped[date | None] = mapped_column(Date)
    warnings: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    document: Mapped[DocumentRow] = relationship(back_populates="versions")
    passages: Mapped[list[PassageRow]] = relationship(
        back_populates="version", cascade="all, delete-orphan", order_by=lambda: IN_ORDER
    )


class PassageRow(Base):
    __tablename__ = "passages"
    passage_id: Mapped[str] = mapped_column(String(96), primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.version_id"), index=True)
    section_path: Mapped[list[str]] = mapped_column(JSON)
    page: Mapped[int | None] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    version: Mapped[VersionRow] = relationship(back_populates="passages")


#: Document order, as :func:`retrieval.records.passage_order`: the number of passage 10,000 has a digit more.
IN_ORDER: tuple[Any, ...] = (PassageRow.version_id, func.length(PassageRow.passage_id), PassageRow.passage_id)
