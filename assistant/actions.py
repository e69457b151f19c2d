"""What people did to the library, when, and how it was before: what undo needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Act(StrEnum):
    """What can be done to a document and taken back."""

    PUBLISH = "publish"
    REJECT = "reject"
    REMOVE = "remove"
    CONFIRM = "confirm"  #: dates, country, readers, owner or title were set


@dataclass(frozen=True, slots=True)
class Action:
    """One thing done to one document."""

    action_id: str
    act: Act
    document_id: str
    version_ids: tuple[str, ...]  #: what it was done to
    title: str  #: of the document, for people
    who: str  #: account name, or "command line"
    at: datetime
    undone_at: datetime | None = None
    final_at: datetime | None = None  #: when it can no longer be undone: its text is gone for good
    before: dict[str, Any] = field(default_factory=dict)  #: how it was, as undo needs it

    @property
    def can_be_undone(self) -> bool:
        return self.undone_at is None and self.final_at is None
