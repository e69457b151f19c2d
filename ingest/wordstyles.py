"""What the styles of a Word file say: which tables set their first row apart, which text is bold, and what is a table of contents."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ingest.archive import Archive
from retrieval.errors import DocumentRejected

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PART = "word/styles.xml"
#: The bit of a table's look that switches its style's first row on, in files that say it as a number.
_FIRST_ROW = 0x0020


@dataclass(frozen=True, slots=True)
class Styles:
    """The names of styles, as paragraphs, runs and tables refer to them."""

    bold: frozenset[str] = frozenset()  #: of paragraphs and runs
    headed: frozenset[str] = frozenset()  #: of tables whose first row is bold or shaded
    contents: frozenset[str] = frozenset()  #: of the lines of a table of contents
    titles: frozenset[str] = frozenset()  #: of a document's title

    def head(self, table: Any) -> bool:
        """Whether a table's style sets its first row apart, and the table lets it."""
        style, look = table.find(f"{_W}tblPr/{_W}tblStyle"), table.find(f"{_W}tblPr/{_W}tblLook")
        if style is None or look is None or style.get(f"{_W}val") not in self.headed:
            return False
        if (stated := look.get(f"{_W}firstRow")) is not None:
            return stated in ("1", "true", "on")
        bits = look.get(f"{_W}val", "")
        return re.fullmatch(r"[0-9a-fA-F]{1,8}", bits) is not None and bool(int(bits, 16) & _FIRST_ROW)

    def embolden(self, run: Any) -> bool:
        """Whether a run is bold by its own style or its paragraph's."""
        named = (*run.iterfind(f"{_W}rPr/{_W}rStyle"), *run.iterfind(f"../{_W}pPr/{_W}pStyle"))
        return any(style.get(f"{_W}val") in self.bold for style in named)


def read_styles(archive: Archive) -> Styles:
    """The styles of a file; none where they are missing or damaged, as its text can be read without."""
    try:
        root = archive.tree(_PART) if _PART in archive.names else None
    except DocumentRejected:
        root = None
    if root is None:
        return Styles()
    styles = {style.get(f"{_W}styleId", ""): style for style in root.iterchildren(f"{_W}style")}
    return Styles(
        frozenset(name for name in styles if _inherited(styles, name, _bold)),
        frozenset(name for name in styles if _inherited(styles, name, _sets_first_row_apart)),
        frozenset(_named(styles, r"(toc|contents) \d")),
        frozenset(_named(styles, "title")),
    )


def _named(styles: Mapping[str, Any], pattern: str) -> Iterator[str]:
    """The styles that programs have under a name of their own, which is English whatever language the file refers to them in."""
    for name, style in styles.items():
        called = style.find(f"{_W}name")
        if called is not None and re.fullmatch(pattern, called.get(f"{_W}val", ""), re.IGNORECASE):
            yield name


def _inherited(styles: Mapping[str, Any], name: str, says: Callable[[Any], bool | None]) -> bool:
    """What a style says, or the nearest of those it is based on that says anything."""
    return next((said for style in _based_on(styles, name) if (said := says(style)) is not None), False)


def _based_on(styles: Mapping[str, Any], name: str) -> Iterator[Any]:
    seen: set[str] = set()
    while name in styles and name not in seen:
        seen.add(name)
        yield styles[name]
        above = styles[name].find(f"{_W}basedOn")
        name = above.get(f"{_W}val", "") if above is not None else ""


def _bold(style: Any) -> bool | None:
    mark = style.find(f"{_W}rPr/{_W}b")
    return None if mark is None else mark.get(f"{_W}val", "1") not in ("0", "false", "off")


def _sets_first_row_apart(style: Any) -> bool | None:
    for part in style.iterchildren(f"{_W}tblStylePr"):
        if part.get(f"{_W}type") == "firstRow":
            shade = part.find(f"{_W}tcPr/{_W}shd")
            is_shaded = shade is not None and shade.get(f"{_W}fill", "auto").lower() not in ("auto", "ffffff", "")
            return bool(_bold(part)) or is_shaded
    return None
