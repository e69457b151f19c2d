"""Text that a file holds and its readers cannot see: white, tiny, switched off, or beside the page."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from ingest import media
from ingest.suspects import LONGEST_QUOTE, Suspect, why_suspect

#: Smaller text is read by nobody, in points.
TINY_PT = 2.5
_FEWEST_LETTERS = 4
_MOST = 50  #: a file with more is shown with these


def hidden_text(media_type: str, data: bytes) -> list[Suspect]:
    """What a file's readers cannot see, in document order, each once; at most 50. Formats without styles have none.

    :param data: of a file that was read already: damaged ones are refused before.
    """
    match media_type:
        case media.DOCX:
            found = _in_word(data)
        case media.HTML | media.MARKDOWN:
            found = _in_page(media.decode(data))
        case media.PDF:
            from ingest.hiddenpdf import hidden_in_pdf

            found = hidden_in_pdf(data)
        case _:
            return []
    return list(dict.fromkeys(_told(found)))[:_MOST]


def _told(found: Iterable[Suspect]) -> Iterator[Suspect]:
    for suspect in found:
        text = " ".join(suspect.quote.split())
        if sum(letter.isalpha() for letter in text) >= _FEWEST_LETTERS:
            order = why_suspect(text)
            yield Suspect(text[:LONGEST_QUOTE], suspect.where, f"{suspect.why}; {order}" if order else suspect.why)


# -- pages in HTML ---------------------------------------------------------------------------------------------------

_OFF = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$|!)|(?:text-indent|left|top|margin-left)\s*:\s*-\d{3,}"
    r"|clip\s*:\s*rect\(\s*0|(?:^|;)\s*(?:width|height)\s*:\s*0(?:px)?\s*(?:;|$)",
    re.IGNORECASE,
)  # fmt: skip
_SIZE = re.compile(r"font-size\s*:\s*(?P<size>\d*\.?\d+)(?P<unit>px|pt|em|rem|%)?", re.IGNORECASE)
_POINTS = {"px": 0.75, "pt": 1.0, "em": 12.0, "rem": 12.0, "%": 0.12, None: 0.75}
_COLOUR = re.compile(r"(?:^|;)\s*color\s*:\s*(?P<colour>[^;]+)", re.IGNORECASE)
_GROUND = re.compile(r"background(?:-color)?\s*:\s*(?P<colour>[^;]+)", re.IGNORECASE)
_WHITE = re.compile(
    r"^\s*(?:white|#f[4-9a-f]f[4-9a-f]f[4-9a-f]|#fff|rgba?\(\s*25[0-5]\s*,\s*25[0-5]\s*,\s*25[0-5]\b.*|transparent|rgba\([^)]*,\s*0(?:\.0+)?\s*\))",
    re.IGNORECASE,
)  # fmt: skip
_RULE = re.compile(r"(?P<selectors>[^{}]+)\{(?P<style>[^{}]*)\}")


_NOT_SHOWN = frozenset({"script", "style", "head", "title", "template"})


def _in_page(text: str) -> Iterator[Suspect]:
    from lxml import etree, html

    if "<" not in text:
        return
    parser = html.HTMLParser(encoding="utf-8")
    try:
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:  # nothing in it
        return
    rules = _style_rules(root)
    for node in root.iter():
        if isinstance(node, html.HtmlComment):
            if why_suspect(str(node.text or "")):
                yield Suspect(str(node.text), "", "comment")
        elif isinstance(node.tag, str) and node.tag not in _NOT_SHOWN and (why := _why_unseen(node, rules)):
            yield Suspect(node.text_content(), "", why)


def _style_rules(root: Any) -> dict[str, str]:
    """Declarations by class or id, from the page's own style sheets: ``{".note": "color:white"}``."""
    rules: dict[str, str] = {}
    for sheet in root.iter("style"):
        for rule in _RULE.finditer(sheet.text or ""):
            for selector in rule["selectors"].split(","):
                if re.fullmatch(r"\s*\w*[.#][\w-]+\s*", selector):
                    bare = selector.strip()
                    bare = bare[re.search(r"[.#]", bare).start() :]  # type: ignore[union-attr]
                    rules[bare] = f"{rules.get(bare, '')};{rule['style']}"
    return rules


def _why_unseen(node: Any, rules: dict[str, str]) -> str | None:
    names = [f".{name}" for name in (node.get("class") or "").split()]
    names += [f"#{node.get('id')}"] if node.get("id") else []
    style = ";".join([*(rules[name] for name in names if name in rules), node.get("style") or ""])
    if node.get("hidden") is not None or (style and _OFF.search(style)):
        return "switched off"
    if not style:
        return None
    size = _SIZE.search(style)
    unit = size["unit"].lower() if size and size["unit"] else None
    if size and float(size["size"]) * _POINTS[unit] < TINY_PT:
        return "tiny letters"
    colour, ground = _COLOUR.search(style), _GROUND.search(style)
    # White letters on a coloured ground of their own, or of what they stand in, can be seen.
    if colour and _WHITE.match(colour["colour"]) and (ground is None or _WHITE.match(ground["colour"])):
        return None if _has_ground(node, rules) else "white letters"
    return None


def _has_ground(node: Any, rules: dict[str, str]) -> bool:
    for above in node.iterancestors():
        names = [f".{name}" for name in (above.get("class") or "").split()]
        style = ";".join([*(rules[name] for name in names if name in rules), above.get("style") or "", f"background:{above.get('bgcolor')}" if above.get("bgcolor") else ""])  # fmt: skip
        ground = _GROUND.search(style)
        if ground and not _WHITE.match(ground["colour"]):
            return True
    return False


# -- Word ------------------------------------------------------------------------------------------------------------

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TEXT_PARTS = re.compile(r"word/(?:document\d*|header\d*|footer\d*|footnotes|endnotes|comments)\.xml")


def _in_word(data: bytes) -> Iterator[Suspect]:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist() if _TEXT_PARTS.fullmatch(name)]
    for name, content in parts:
        try:
            root = etree.fromstring(content, parser)
        except etree.XMLSyntaxError:  # a header that no program shows
            continue
        where = (
            ""
            if name.startswith("word/document")
            else name.removeprefix("word/").removesuffix(".xml").rstrip("0123456789")
        )
        for paragraph in root.iter(f"{_W}p"):
            yield from _in_paragraph(paragraph, where)


def _in_paragraph(paragraph: Any, where: str) -> Iterator[Suspect]:
    """Runs beside each other that cannot be seen for one reason, as one."""
    said, reason = "", None
    for run in paragraph.iter(f"{_W}r"):
        text = "".join(node.text or "" for node in run.iter(f"{_W}t"))
        why = _why_run_unseen(run)
        if why != reason:
            if reason and said:
                yield Suspect(said, where, reason)
            said, reason = "", why
        said += text
    if reason and said:
        yield Suspect(said, where, reason)


def _why_run_unseen(run: Any) -> str | None:
    style = run.find(f"{_W}rPr")
    if style is None:
        return None
    off = style.find(f"{_W}vanish")
    if off is not None and off.get(f"{_W}val", "1") not in ("0", "false"):
        return "switched off"
    size = style.find(f"{_W}sz")
    if size is not None and (size.get(f"{_W}val") or "").isdigit() and int(size.get(f"{_W}val")) / 2 < TINY_PT:
        return "tiny letters"
    colour = style.find(f"{_W}color")
    if colour is not None and re.fullmatch(r"f[4-9a-f]f[4-9a-f]f[4-9a-f]", (colour.get(f"{_W}val") or "").lower()):
        return None if _is_shaded(run) else "white letters"
    return None


def _is_shaded(run: Any) -> bool:
    """Whether the run, its paragraph, its cell or its table has a ground that is not white."""
    for node in (run, *run.iterancestors(f"{_W}p", f"{_W}tc", f"{_W}tr", f"{_W}tbl")):
        for shade in node.iterfind(f"{_W}{_PROPERTIES[node.tag]}/{_W}shd"):
            if (shade.get(f"{_W}fill") or "auto").lower() not in ("auto", "ffffff", ""):
                return True
        if (
            node.find(f"{_W}{_PROPERTIES[node.tag]}/{_W}highlight") is not None
            or node.find(f"{_W}tblPr/{_W}tblStyle") is not None
        ):
            return True
    return False


_PROPERTIES = {f"{_W}r": "rPr", f"{_W}p": "pPr", f"{_W}tc": "tcPr", f"{_W}tr": "trPr", f"{_W}tbl": "tblPr"}
