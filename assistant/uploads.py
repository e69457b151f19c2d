"""Files as they come in: what a name may be, and whether the bytes are what the name says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from ingest import media
from retrieval.errors import DocumentRejected

#: What the chat's file dialog offers; the content decides all the same.
ENDINGS = tuple(ending for ending in media.MEDIA_TYPES if ending)


def safe_name(name: str) -> str:
    """A file name without folders, control characters or surprises; never empty, at most 150 bytes as UTF-8."""
    last = PurePosixPath(unicodedata.normalize("NFC", name).replace("\\", "/")).name
    kept = re.sub(r'[\x00-\x1f\x7f<>:"|?*\u202a-\u202e\u2066-\u2069\ud800-\udfff]', "", last).strip(". ")
    stem, dot, ending = kept.rpartition(".")
    return f"{_cut(stem, 140)}{dot}{_cut(ending, 9)}" if dot and stem else (_cut(kept, 150) or "unnamed")


def check(name: str, path: Path) -> None:
    """Look at an upload's bytes; the type that a client claims is not asked.

    :raises DocumentRejected: if the file is too large, empty, of a kind that is not read, or not what its name says.
    """
    if path.stat().st_size > media.MAX_BYTES:
        raise DocumentRejected(f"the file is over {media.MAX_BYTES / 1e6:.0f} MB; split it or save it smaller")
    media.media_type(name, path.read_bytes())


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, or the first of ``name (2)``, ``name (3)`` … that is not taken, whatever their case."""
    known = {other.casefold() for other in taken}
    candidate, number = name, 2
    while candidate.casefold() in known:
        path = Path(name)
        candidate, number = f"{path.stem} ({number}){path.suffix}", number + 1
    return candidate


def _cut(text: str, most_bytes: int) -> str:
    """The beginning of a text, in whole characters, that takes no more bytes as UTF-8."""
    # File systems count bytes, 255 for a name.
    return text.encode()[:most_bytes].decode(errors="ignore")
