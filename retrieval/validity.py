"""When each version of a document is in force."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from retrieval.tables import DocumentRow, VersionRow, utc


def settle(document: DocumentRow) -> None:
    """Set each version's dates: as stated in it, closed by the day the next published version begins.

    Undated versions begin the day they were added, except the first, which always was in force, and no later than an undated one
    that was added after them, whatever the clock said then. A version that a later upload dates to the same day replaces the earlier upload.
    """
    live = [version for version in document.versions if version.published and not version.withdrawn]
    for version in document.versions:
        version.effective_from, version.effective_to = version.stated_from, version.stated_to

    live.sort(key=lambda version: version.number)
    added: dict[int, date] = {}
    for version in reversed(live[1:]):
        if version.stated_from is None:  # as of a day is asked by the clock on the wall
            added[version.number] = min([utc(version.created_at).astimezone().date(), *added.values()])

    def begin(version: VersionRow) -> date:
        return version.stated_from or added.get(version.number, date.min)

    ordered = sorted(live, key=lambda version: (begin(version), version.number))
    for version, following in pairwise(ordered):
        last_day = max(begin(following), date.min + timedelta(days=1)) - timedelta(days=1)
        if version.stated_to is None or version.stated_to > last_day:
            version.effective_to = last_day
    for version in ordered[1:]:
        version.effective_from = begin(version)
    if ordered:
        document.title = ordered[-1].title
