"""How the console says things: dates, counts, standings, countries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import PurePath

from ingest import countries
from retrieval.documents import Standing

STANDINGS = {
    Standing.IN_FORCE: "In force",
    Standing.UPCOMING: "Upcoming",
    Standing.DRAFT: "Waiting for review",
    Standing.SUPERSEDED: "No longer in force",
    Standing.WITHDRAWN: "Removed",
}
_FORMATS = {
    ".md": "Markdown", ".txt": "Text", ".html": "Web page", ".htm": "Web page", ".docx": "Word", ".doc": "Word", ".odt": "OpenDocument",
    ".rtf": "Rich text", ".pdf": "PDF", ".xlsx": "Excel", ".csv": "Table", ".pptx": "PowerPoint", ".eml": "E-mail", ".msg": "E-mail",
    ".epub": "Book", ".png": "Picture", ".jpg": "Picture", ".jpeg": "Picture", ".tif": "Picture", ".tiff": "Picture",
}  # fmt: skip
#: By ISO 3166 code; what is not here is shown by its code.
COUNTRIES = {code: each.name for code, each in countries.COUNTRIES.items()}


def day(value: date | None, otherwise: str = "") -> str:
    """``3 March 2025``."""
    return f"{value.day} {value:%B %Y}" if value else otherwise


def short_day(value: date | None, otherwise: str = "") -> str:
    """``3 Mar 2025``."""
    return f"{value.day} {value:%b %Y}" if value else otherwise


def iso(value: date | None) -> str:
    return value.isoformat() if value else ""


def moment(value: datetime, *, now: datetime | None = None) -> str:
    """When something happened, in the server's own time: ``today at 14:05``, ``3 March 2025 at 14:05``."""
    local = (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone()
    today = (now or datetime.now(UTC)).astimezone().date()
    if local.date() == today:
        return f"today at {local:%H:%M}"
    if local.date() == today - timedelta(days=1):
        return f"yesterday at {local:%H:%M}"
    return f"{day(local.date())} at {local:%H:%M}"


def period(begin: date | None, end: date | None) -> str:
    """The days something is in force: ``since 3 Mar 2025``, ``3 Mar 2024 – 2 Mar 2025``, ``always``."""
    if begin and end:
        return f"{short_day(begin)} – {short_day(end)}"
    if begin:
        return f"from {short_day(begin)}" if begin > date.today() else f"since {short_day(begin)}"
    return f"until {short_day(end)}" if end else "always"


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 version``, ``1,204 versions``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def country(code: str | None, otherwise: str = "Everywhere") -> str:
    return COUNTRIES.get(code, code) if code else otherwise


def readers(audience: frozenset[str] | tuple[str, ...] | list[str]) -> str:
    """Who may read something: ``Everyone``, ``board, managers``."""
    return ", ".join(sorted(audience)) or "Everyone"


def size(number_bytes: int) -> str:
    """``12 kB``, ``3.4 MB``."""
    return (
        f"{number_bytes / 1e6:.1f}".removesuffix(".0") + " MB"
        if number_bytes >= 1e6
        else f"{max(1, round(number_bytes / 1000))} kB"
    )


def file_format(name: str) -> str:
    return _FORMATS.get(PurePath(name).suffix.lower(), "File")


def percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


def seconds(milliseconds: float | None) -> str:
    """``0.6 s``, ``12 s``."""
    if milliseconds is None:
        return "–"
    return f"{milliseconds / 1000:.1f} s" if milliseconds < 10_000 else f"{milliseconds / 1000:.0f} s"


def named(text: str, titles: Mapping[str, str]) -> str:
    """A remark about a file with documents by their titles: ids mean nothing to people."""
    text = re.sub(r": supersedes d[0-9a-f]{10,}(?:\.v\d+)?\b", "", text)
    return re.sub(
        r"\b(d[0-9a-f]{10,})(?:\.v\d+)?\b",
        lambda match: f"“{titles[match[1]]}”" if match[1] in titles else "another document",
        text,
    )


def sentence(text: str) -> str:
    """With a capital and a full stop: error messages are written without."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "…")) else ".") if text else ""
