"""Whether all of a file was read, and what was not or only with doubt."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.ocr import LOW_CONFIDENCE
from ingest.records import FileStatus, Reading

#: How warnings tell that something is missing.
_INCOMPLETE = re.compile(r"could not be read|\bwere read; ")


def completeness(reading: Reading) -> tuple[FileStatus, str | None]:
    """Indexed, or partial with the reason: pages without text, pages recognised with doubt, parts that could not be read."""
    unsure = [page.page for page in reading.ocr_pages if page.confidence < LOW_CONFIDENCE]
    if reading.empty_pages and reading.pages:
        some = len(reading.empty_pages)
        verb = "has" if some == 1 else "have"
        advice = reading.ocr_missing or "OCR found none either, look at the original"
        said = f"{some} of {reading.pages} pages {verb} no text (page {ranges(reading.empty_pages)}); {advice}"
        return FileStatus.PARTIAL, said
    if unsure:
        sure = min(page.confidence for page in reading.ocr_pages)
        said = f"page {ranges(unsure)} was recognised with doubt (words {sure:.0%} sure); compare with the original"
        return FileStatus.PARTIAL, said
    missing = next((warning for warning in reading.warnings if _INCOMPLETE.search(warning)), None)
    return (FileStatus.PARTIAL, missing) if missing else (FileStatus.INDEXED, None)


def ranges(pages: Sequence[int]) -> str:
    """Page numbers as people write them: ``1–3, 7``."""
    parts: list[list[int]] = []
    for page in pages:
        if parts and page == parts[-1][-1] + 1:
            parts[-1].append(page)
        else:
            parts.append([page])
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]}–{part[-1]}" for part in parts)
