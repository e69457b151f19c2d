"""How long what is kept, and whether anything leads from a question to a person at all."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace

from assistant import jobrecords
from assistant.asked import Asked
from assistant.chats import Chats
from assistant.feedback import Feedback
from assistant.handoffs import Handoffs
from retrieval.errors import NotReady, WrongUsage
from retrieval.home import Home
from retrieval.store import Store

_PERIOD = re.compile(r"(\d{1,5})\s*([dwmy])", re.IGNORECASE)
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_LONGEST_DAYS = 36_500
FOREVER = "forever"


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days each kind of record is kept; None: until somebody removes it."""

    conversations: int | None = 365  #: from the last message
    questions: int | None = 365  #: what was asked, without the asker, for the reports
    feedback: int | None = 365  #: thumbs and comments, without their author
    handoffs: int | None = 365  #: from the answer, or from the question where there is none
    logs: int | None = 365  #: who sent which files when


KINDS = tuple(field.name for field in fields(Retention))


@dataclass(frozen=True, slots=True)
class Privacy:
    """What may be kept. In works council mode nothing that is written leads from a question to a person: conversations live
    in the browser's session only, hand-offs are answered by code, askers are not counted.
    """

    retention: Retention = Retention()
    works_council: bool = False

    @classmethod
    def load(cls, home: Home) -> Privacy:
        """The home's settings; the defaults where none were made.

        :raises NotReady: if the file cannot be understood: what it forbids must not be kept by mistake.
        """
        path = home.root / "privacy.json"
        if not path.is_file():
            return cls()
        try:
            found = json.loads(path.read_text("utf-8"))
            retention = Retention(**{kind: _days(found["retention"][kind]) for kind in KINDS})
            works_council = found["works_council"]
            if not isinstance(works_council, bool):
                raise TypeError("works_council is neither true nor false")
        except (ValueError, KeyError, TypeError) as error:
            raise NotReady(
                f"{path} cannot be understood ({error}); mend it, or remove it and run: policydesk privacy retention"
            ) from error
        return cls(retention, works_council)

    def save(self, home: Home) -> None:
        """Write the settings, whole or not at all."""
        home.create()
        path = home.root / "privacy.json"
        beside = path.with_suffix(f".{secrets.token_hex(4)}")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
            json.dump(asdict(self), stream, indent=2)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)

    def with_retention(self, **days: int | None) -> Privacy:
        return replace(self, retention=replace(self.retention, **days))


def sweep(store: Store, privacy: Privacy) -> dict[str, int]:
    """Remove what has been kept long enough, hand-offs' codes in conversations, and in works council mode whatever still leads to a
    person; :returns: how many of each kind were removed.
    """
    kept, asked, chats, handoffs = privacy.retention, Asked(store), Chats(store), Handoffs(store)
    acts: dict[str, Callable[[int], int]] = {
        "conversations": chats.remove_untouched,
        "questions": asked.forget,
        "feedback": lambda days: Feedback(store).remove_older(days) + chats.remove_thumbs(days),
        "handoffs": handoffs.remove_older,
        "logs": lambda days: jobrecords.remove_older(store, days),
    }
    chats.forget_codes()
    limits: dict[str, int | None] = {kind: getattr(kept, kind) for kind in KINDS}
    if privacy.works_council:
        limits["conversations"] = 0
        asked.forget_askers()
        handoffs.forget_askers()
    return {kind: act(days) if (days := limits[kind]) is not None else 0 for kind, act in acts.items()}


def read_period(text: str) -> int | None:
    """``90d``, ``12w``, ``6m`` (months of 30 days) or ``2y`` in days; ``forever`` is None.

    :raises WrongUsage: for anything else.
    """
    if text.strip().lower() == FOREVER:
        return None
    found = _PERIOD.fullmatch(text.strip())
    days = int(found[1]) * _DAYS[found[2].lower()] if found else None
    if days is None or days > _LONGEST_DAYS:
        raise WrongUsage(f"{text!r} is no period of up to a century; write 90d, 12w, 6m, 2y or forever")
    return days


def period(days: int | None) -> str:
    """A period as people write it."""
    return FOREVER if days is None else f"{days} days"


def _days(value: object) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LONGEST_DAYS):
        return value
    raise TypeError(f"{value!r} is no number of days from 0 to {_LONGEST_DAYS:,}")
