"""Whether all of a file was read, and what was not or only with doubt."""

from __future__ import annotations

import re

from ingest.page import page_ranges
from ingest.records import FileStatus, Reading

#: How warnings tell that something is missing or unsure.
_INCOMPLETE = re.compile(r"could not be read|\bwere read; |recognised with doubt")


def completeness(reading: Reading) -> tuple[FileStatus, str | None]:
    """Indexed, or partial with the reason: pages without text, pages recognised with doubt, parts that could not be read."""
    if reading.empty_pages and reading.pages:
        some = len(reading.empty_pages)
        verb = "has" if some == 1 else "have"
        advice = reading.ocr_missing or "OCR found none either, look at the original"
        said = f"{some} of {reading.pages} pages {verb} no text (page {page_ranges(reading.empty_pages)}); {advice}"
        return FileStatus.PARTIAL, said
    missing = next((warning for warning in reading.warnings if _INCOMPLETE.search(warning)), None)
    return (FileStatus.PARTIAL, missing) if missing else (FileStatus.INDEXED, None)
