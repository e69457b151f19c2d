"""What a page says by its style sheet alone, said by its elements: bold, raised and struck-out text, and how deep a list stands.

Programs that export documents as pages, Google Docs among them, write so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_RULE = re.compile(r"\.([\w-]+)\s*\{([^{}]*)\}")
_BOLD = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)")
_STRUCK_OUT = re.compile(r"text-decoration[\w-]*\s*:[^;]*line-through")
_RAISED = re.compile(r"vertical-align\s*:\s*super")
#: "lst-kix_abc-1": a list of the second level.
_DEPTH = re.compile(r"\blst-\S+-(\d)(?!\S)")


def settle(root: Any) -> None:
    """Make spans of bold, raised and struck-out classes ``b``, ``sup`` and ``s``, and put lists into the items that they stand below."""
    rules = [rule for sheet in root.iter("style") for rule in _RULE.findall(sheet.text or "")]
    bold = {name for name, style in rules if _BOLD.search(style)}
    struck_out = {name for name, style in rules if _STRUCK_OUT.search(style)}
    raised = {name for name, style in rules if _RAISED.search(style)}
    for span in root.iter("span"):
        classes = set(span.get("class", "").split())
        if classes & struck_out:
            span.tag = "s"
        elif classes & raised:
            span.tag = "sup"
        elif classes & bold:
            span.tag = "b"
    for inner in list(root.iter("ol", "ul")):
        above = inner.getprevious()
        if (depth := _depth(inner)) is None or above is None or (outer := _depth(above)) is None or outer >= depth:
            continue
        *_, item = _last_items(above, depth)
        inner.tail, tail = None, inner.tail
        item.append(inner)
        above.tail = tail


def strikes(page: str) -> bool:
    """Whether a page strikes out some of its text by a class."""
    struck_out = {name for name, style in _RULE.findall(page) if _STRUCK_OUT.search(style)}
    used = re.findall(r"<span\b[^<>]*\bclass\s*=\s*[\"']?([^\"'<>]*)", page) if struck_out else []
    return any(struck_out & set(classes.split()) for classes in used)


def title(root: Any) -> str | None:
    """The first paragraph in the style of a title."""
    found = root.xpath("//p[contains(concat(' ', @class, ' '), ' title ') or @class='MsoTitle']")
    return " ".join(found[0].text_content().split()) or None if found else None


def _depth(node: Any) -> int | None:
    found = _DEPTH.search(node.get("class", "")) if node.tag in ("ol", "ul") else None
    return int(found[1]) if found else None


def _last_items(above: Any, depth: int) -> Iterator[Any]:
    """The last item of a list, and of each list in it that is less deep than that."""
    yield above[-1]
    for inner in above[-1].iterchildren("ol", "ul"):
        if (_depth(inner) or 0) < depth:
            yield from _last_items(inner, depth)
