"""Placed blocks as clauses: numbers with their text, lists with their lead-in, tables with their header in every row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from ingest.header import is_merged
from ingest.numbering import Label
from ingest.outline import Placed, numbered
from ingest.records import Block, BlockKind, Clause
from retrieval.records import PassageKind

#: A header line longer than this is not repeated in every cell of every row.
_MAX_HEADER_CHARS = 160
_DEFINED = re.compile(
    r"^(?:\S{1,8}\s+)?[“\"'‘](?P<term>[^”\"'’]{1,80})[”\"'’](?:\s*\([^)]{1,60}\))?,?\s+"
    r"(?:(?:shall|will)\s+)?(?:means?|has\s+the\s+meaning|have\s+the\s+meaning|refers?\s+to|is\s+defined|includes?|collectively|is\s+any|are\s+any)\b",
    re.IGNORECASE,
)
#: Under the heading "Definitions" these are enough.
_QUOTED_TERM = re.compile(
    r"^(?:\S{1,8}\s+)?[“\"'‘][^”\"'’]{1,80}[”\"'’](?:\s*\([^)]{1,60}\))?:?\s+(?:is|are|as|—|–|-|[a-z])"
)
_IN_DEFINITIONS = re.compile(
    r"\b(definitions?|defined terms|glossary|key terms|abbreviations|terminology|begriffe)\b", re.IGNORECASE
)
_TERM_COLON = re.compile(r"^(?:\S{1,8}\s+)?[A-Z][\w /&'’()-]{1,60}(?::| [–—-]| means\b)\s+\S")


@dataclass(slots=True)
class _Node:
    """A clause while its children are still being found."""

    block: Block
    label: Label | None
    text: str
    depth: int  #: list nesting as the format says it; 0 for paragraphs
    number: str | None = None
    children: list[_Node] = field(default_factory=list)

    @property
    def opens(self) -> bool:
        """Whether what follows belongs to it: its sentence is not finished."""
        return is_lead_in(self.text)


def is_lead_in(text: str) -> bool:
    """Whether a text announces what follows: it ends with a colon or dash, or in the middle of a sentence."""
    return bool(re.search(r"(?:[:—–]|:\s*\*|\b(?:and|or|that|if|to|of|following|including))$", text.rstrip()))


def clauses(placed: Sequence[Placed]) -> list[Clause]:
    """The document's clauses in order. A heading that nothing stands under becomes a clause of its own, so that no word is lost."""
    found: list[Clause] = []
    labelled = list(numbered(placed))
    for _, group in groupby(enumerate(labelled), key=lambda entry: (entry[1][0].section_path, entry[1][0].is_heading)):
        entries = list(group)
        if entries[0][1][0].is_heading:
            for position, (item, _) in entries:
                following = labelled[position + 1][0] if position + 1 < len(labelled) else None
                if not item.is_title and not _has_content(item, following):
                    found.append(Clause(item.block.text, section_path=item.section_path, page=item.block.page))
            continue
        path = entries[0][1][0].section_path
        roots = _forest([entry for _, entry in entries])
        found.extend(_clause(node, path) for node in roots)
    # A document that only has a title is that title.
    return found or [Clause(item.block.text, page=item.block.page) for item in placed if item.is_title]


def _has_content(heading: Placed, following: Placed | None) -> bool:
    """Whether something stands under a heading, so that it will be read in a section path."""
    if following is None:
        return False
    return len(following.section_path) > len(heading.section_path) or (
        not heading.section_path and not following.section_path and not following.is_heading
    )


def _forest(entries: Sequence[tuple[Placed, Label | None]]) -> list[_Node]:
    roots: list[_Node] = []
    stack: list[_Node] = []
    for item, mark in entries:
        block = item.block
        if block.kind is BlockKind.TABLE:
            node = _Node(block, None, block.text, 0)
            if roots and roots[-1].opens and not roots[-1].children:
                lead_in = roots.pop()
                node.text, node.number = f"{lead_in.text} {block.text}".strip(), lead_in.number
            roots.append(node)
            stack = []
            continue
        depth = (block.level or 1) if block.kind is BlockKind.ITEM else 0
        text = block.text if mark or not depth else f"- {block.text}"
        node = _Node(block, mark, text, depth)
        parents = _parents(stack, node)
        node.number = _number(parents, mark)
        (parents[-1].children if parents else roots).append(node)
        stack = [*parents, node]
    return roots


def _parents(stack: list[_Node], node: _Node) -> list[_Node]:
    """The open clauses that a new one belongs to, outermost first."""
    if node.label is None and node.depth == 0:
        return _parents_of_paragraph(stack, node)
    if node.label is not None:
        ordinals = node.label.ordinals
        for position in range(len(stack) - 1, -1, -1):
            above = stack[position].label
            if above is None or (node.depth and stack[position].depth and node.depth < stack[position].depth):
                continue
            if above.series == node.label.series and (
                ordinals[-1] != 1 or above.ordinals[:-1] != ordinals[:-1] or not stack[position].depth
            ):
                if node.depth and stack[position].depth and node.depth != stack[position].depth:
                    continue
                return stack[:position]
            if len(ordinals) > 1 and above.ordinals == ordinals[:-1]:
                return stack[: position + 1]
        if node.label.series == "decimal1" or len(ordinals) > 1:
            kept = [open_node for open_node in stack if node.depth and open_node.depth and open_node.depth < node.depth]
            return kept or (stack if stack and stack[-1].opens and not stack[-1].label else [])
    if node.depth:
        return _parents_of_item(stack, node)
    return list(stack) if stack and (stack[-1].label or stack[-1].opens) else []


def _parents_of_item(stack: list[_Node], node: _Node) -> list[_Node]:
    """An item belongs to the items it is nested in, and with them to the clause that announces the list."""
    kept: list[_Node] = []
    for open_node in stack:
        nested_alike = (open_node.label is None) == (node.label is None) or not open_node.opens
        if open_node.depth >= node.depth and open_node.depth and nested_alike:
            break
        kept.append(open_node)
    if kept and not (kept[-1].depth or kept[-1].opens or kept[-1].label or kept[-1].children):
        kept.pop()
    return kept


def _parents_of_paragraph(stack: list[_Node], node: _Node) -> list[_Node]:
    """A paragraph without a number belongs to the numbered clause above it where contracts are numbered so; else it stands alone."""
    if not stack or _DEFINED.match(node.text):
        return []
    if node.text[:1].islower():
        return [] if _PARTICULARS.search(stack[0].text) else stack[:1]
    outermost = stack[0].label
    if outermost and _is_rule_number(outermost):
        return stack[:1]
    return []


#: "Version 2.1 · Effective 1 May 2024 · Owner: …" is no sentence that the next line could go on with.
_PARTICULARS = re.compile(r"\S [·|•] \S")


def _is_rule_number(mark: Label) -> bool:
    """Whether a label numbers a rule ("4.2", "Article 7") rather than a step or an item."""
    return len(mark.ordinals) > 1 or mark.series.isalpha()


def _number(parents: Sequence[_Node], mark: Label | None) -> str | None:
    if mark is None:
        return None
    above = next((parent.number for parent in reversed(parents) if parent.number), None)
    own = mark.number
    if above is None or len(mark.ordinals) > 1 or mark.series.startswith("decimal"):
        return own
    return above + (own if own.startswith("(") else f"({own})")


def _clause(node: _Node, path: tuple[str, ...]) -> Clause:
    if node.block.kind is BlockKind.TABLE:
        return _table(node, path)
    children = tuple(_clause(child, path) for child in node.children)
    return Clause(node.text, _kind(node, path), path, node.block.page, node.number, children)


def _kind(node: _Node, path: tuple[str, ...]) -> PassageKind:
    in_definitions = bool(path) and bool(_IN_DEFINITIONS.search(path[-1]))
    if _DEFINED.match(node.text) or (
        in_definitions and (_TERM_COLON.match(node.text) or _QUOTED_TERM.match(node.text))
    ):
        return PassageKind.DEFINITION
    if (node.depth and not (node.label and _is_rule_number(node.label))) or (len(node.children) >= 2 and node.opens):
        return PassageKind.LIST
    return PassageKind.CLAUSE


# -- tables ----------------------------------------------------------------------------------------------------------


def _table(node: _Node, path: tuple[str, ...]) -> Clause:
    """A table whose rows read by themselves: "Country: Germany; Days: 30"."""
    rows = node.block.rows
    head_count = min(node.block.header_rows, len(rows))
    if head_count == len(rows):
        head_count = 0
    heads, body = _header(rows[:head_count]), rows[head_count:]
    text = node.text
    if sum(map(len, heads)) > _MAX_HEADER_CHARS:
        text = "\n".join(part for part in (text, _in_columns(heads)) if part)
        written = [_in_columns(row) if any(row) else "" for row in body]
    else:
        written = [_row(row, heads) for row in body]
    pages = node.block.row_pages[head_count:] or (node.block.page,) * len(body)
    children = tuple(
        Clause(line, PassageKind.TABLE, path, page) for line, page in zip(written, pages, strict=True) if line
    )
    return Clause(text, PassageKind.TABLE, path, node.block.page, node.number, children)


def _header(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """One name a column; several header rows are read from the top down."""
    if not rows:
        return ()
    columns = zip(*(row + ("",) * (max(map(len, rows)) - len(row)) for row in map(tuple, rows)), strict=True)
    return tuple(" ".join(dict.fromkeys(cell for cell in column if cell)).rstrip(":") for column in columns)


def _row(row: Sequence[str], heads: Sequence[str]) -> str:
    if not heads:
        return _unheaded(row)
    if is_merged(row):
        return row[0]
    cells = []
    for position, cell in enumerate(row):
        head = heads[position] if position < len(heads) else ""
        if cell and not (
            position and cell == row[position - 1] and head == (heads[position - 1] if position <= len(heads) else "")
        ):
            cells.append(f"{head}: {cell}" if head else cell)
    return "; ".join(cells)


def _in_columns(row: Sequence[str]) -> str:
    """Every cell in its place, so that the header line above tells what it is; the one text of a row merged throughout once."""
    texts = set(filter(None, row))
    return texts.pop() if len(texts) == 1 and all(row) else " | ".join(cell or "–" for cell in row)


def _unheaded(row: Sequence[str]) -> str:
    """Cells in a row; a cell that ends with a colon names the one behind it."""
    parts: list[str] = []
    for cell in _without_repeats(row):
        if parts and parts[-1].endswith(":"):
            parts[-1] += f" {cell}"
        elif cell:
            parts.append(cell)
    return " | ".join(parts)


#: "25", "EUR 40 a day": few words, a number among them. Longer ones with a number are sentences in merged cells.
_AMOUNT = re.compile(r"(?=.*\d)\S+(?:\s+\S+){0,3}$")


def _without_repeats(row: Sequence[str]) -> Iterator[str]:
    """The cells that say something, merged ones once. Amounts stand as often as they do: two columns can hold the same."""
    is_one = len(set(row)) == 1
    previous = None
    for cell in row:
        if cell and (cell != previous or (_AMOUNT.match(cell) and not is_one)):
            yield cell
        previous = cell
