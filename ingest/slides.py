"""PowerPoint files: a slide is a page, its title a heading, its notes a section of their own."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import product
from typing import Any

from ingest import diagram, media
from ingest.archive import Archive
from ingest.raised import raised
from ingest.records import Block, BlockKind, Loaded
from retrieval.errors import DocumentRejected

#: What python-pptx raises for parts that are missing or not what they say.
_DAMAGE = (KeyError, ValueError, TypeError, AttributeError, IndexError, AssertionError, NotImplementedError, OSError)
_MAX_NESTING = 20
NOTES = "Speaker notes"


def load_slides(data: bytes) -> Loaded:
    """Read a presentation into blocks. Hidden slides are left out with a warning; slides without text are listed as empty.

    :raises DocumentRejected: if it is damaged.
    """
    clean = Archive(
        data, what="PowerPoint file"
    ).repacked()  # first of all: a bomb is refused before anything is imported
    from lxml.etree import LxmlError
    from pptx import Presentation
    from pptx.exc import PythonPptxError

    blocks: list[Block] = []
    empty: list[int] = []
    hidden: list[int] = []
    try:
        presentation = Presentation(io.BytesIO(clean))
        slides = list(presentation.slides)
        for number, slide in enumerate(slides, start=1):
            if slide.element.get("show") in ("0", "false"):
                hidden.append(number)
                continue
            found = list(_slide(slide, number))
            if found:
                blocks.extend(found)
            elif len(slide.shapes):
                empty.append(number)
        stated = (presentation.core_properties.title or "").strip()
        first = _title(slides[0]) if slides else None
    except (LxmlError, PythonPptxError, *_DAMAGE) as error:
        reason = " ".join(str(error).split())[:160]
        raise DocumentRejected(
            f"the PowerPoint file is damaged ({type(error).__name__}: {reason}); save it again"
        ) from error
    return Loaded(
        media.PPTX,
        tuple(blocks),
        title=first,
        properties={"title": stated} if stated else {},
        pages=len(slides) or None,
        empty_pages=tuple(empty),
        warnings=tuple(f"slide {number} is hidden and was passed over" for number in hidden),
        ocr_missing="text in its pictures is not read, save it as pdf" if empty else None,
    )


def _slide(slide: Any, number: int) -> Iterator[Block]:
    """A slide's blocks, its title first; the heading of one without a title is its number. Nothing for a slide without text."""
    _raise(slide)
    title = _title(slide)
    body = [block for shape in _in_reading_order(slide.shapes) for block in _shape(shape, slide, number)]
    notes = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    said = [line.strip() for line in notes.text.splitlines() if line.strip()] if notes is not None else []
    if not (title or body or said):
        return
    yield Block(BlockKind.HEADING, title or f"Slide {number}", level=1, page=number)
    yield from body
    if said:
        yield Block(BlockKind.HEADING, NOTES, level=2, page=number)
        yield from (Block(BlockKind.PARAGRAPH, line, page=number) for line in said)


def _title(slide: Any) -> str | None:
    shape = slide.shapes.title
    text = " ".join(shape.text_frame.text.split()) if shape is not None and shape.has_text_frame else ""
    return text or None


def _in_reading_order(shapes: Any) -> list[Any]:
    """Shapes from the top down, then left to right; those beside each other may be a little higher or lower. The texts of
    PowerPoint's own layouts follow in their order: of two texts with a heading each, one after the other."""
    row = 457_200  # half an inch in English Metric Units
    placed = sorted(shapes, key=lambda shape: ((shape.top or 0) // row, shape.left or 0))
    of_layout = iter(sorted(filter(_is_of_layout, placed), key=lambda shape: shape.placeholder_format.idx))
    return [next(of_layout) if _is_of_layout(shape) else shape for shape in placed]


def _is_of_layout(shape: Any) -> bool:
    # Places that people add to a layout have higher numbers, in the order in which they added them.
    return getattr(shape, "is_placeholder", False) and shape.placeholder_format.idx < 10


def _shape(shape: Any, slide: Any, number: int, depth: int = 0) -> Iterator[Block]:
    if depth > _MAX_NESTING or (slide.shapes.title is not None and shape.shape_id == slide.shapes.title.shape_id):
        return
    if hasattr(shape, "shapes"):
        for inner in _in_reading_order(shape.shapes):
            yield from _shape(inner, slide, number, depth + 1)
    elif getattr(shape, "has_table", False):
        yield from _table(shape.table, number)
    elif getattr(shape, "has_chart", False):
        yield from _chart(shape.chart, number)
    elif names := list(diagram.references(shape._element)):
        yield from (Block(BlockKind.ITEM, text, level=1, page=number) for name in names for text in _drawn(slide, name))
    elif shape.has_text_frame and not _is_furniture(shape):
        yield from _text(shape, number)


def _drawn(slide: Any, name: str) -> Iterator[str]:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    yield from diagram.texts(etree.fromstring(slide.part.related_part(name).blob, parser))


_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


def _raise(slide: Any) -> None:
    """Write the small raised numbers of a slide as such."""
    for run in slide.element.iter(f"{_A}r"):
        look, words = run.find(f"{_A}rPr"), run.find(f"{_A}t")
        if look is None or words is None or look.get("baseline", "0").startswith(("0", "-")):
            continue
        if (number := (words.text or "").strip()).isdecimal():
            words.text = raised(number)


def _is_furniture(shape: Any) -> bool:
    """Dates, footers and slide numbers."""
    from pptx.enum.shapes import PP_PLACEHOLDER as KIND

    return shape.is_placeholder and shape.placeholder_format.type in (KIND.DATE, KIND.FOOTER, KIND.SLIDE_NUMBER)


def _text(shape: Any, number: int) -> Iterator[Block]:
    """A frame's paragraphs; several in the slide's body are its bullets."""
    from pptx.enum.shapes import PP_PLACEHOLDER as KIND

    lines = [(paragraph, " ".join(paragraph.text.split())) for paragraph in shape.text_frame.paragraphs]
    lines = [(paragraph, text) for paragraph, text in lines if text]
    listed = shape.is_placeholder and shape.placeholder_format.type in (KIND.BODY, KIND.OBJECT, KIND.VERTICAL_BODY)
    for paragraph, text in lines:
        if (listed and len(lines) > 1) or paragraph.level:
            yield Block(BlockKind.ITEM, text, level=paragraph.level + 1, page=number)
        else:
            runs = [run for run in paragraph.runs if run.text.strip()]
            yield Block(
                BlockKind.PARAGRAPH, text, page=number, bold=bool(runs) and all(run.font.bold is True for run in runs)
            )


def _table(table: Any, number: int) -> Iterator[Block]:
    texts: list[list[str]] = []
    covered: dict[tuple[int, int], str] = {}  # a merged cell's text stands in each of the places it covers
    for down, row in enumerate(table.rows):
        texts.append([])
        for across, cell in enumerate(row.cells):
            text = cell.text.strip()
            if cell.is_merge_origin:
                reached = product(
                    range(down, min(down + cell.span_height, len(table.rows))),
                    range(across, min(across + cell.span_width, len(table.columns))),
                )
                covered.update(dict.fromkeys(reached, text))
            texts[-1].append(text or covered.get((down, across), ""))
    rows = [tuple(cells) for cells in texts if any(cells)]
    if rows:
        heads = 1 if table.first_row and len(rows) > 1 else 0
        yield Block(BlockKind.TABLE, "", page=number, rows=tuple(rows), header_rows=heads)


def _chart(chart: Any, number: int) -> Iterator[Block]:
    """A chart's numbers as a table: categories down, series across."""
    plots = list(chart.plots)
    if not plots:
        return
    series = [(one.name or "", list(one.values)) for plot in plots for one in plot.series][:20]
    categories = [str(label) for label in plots[0].categories][:500]
    caption = chart.chart_title.text_frame.text.strip() if chart.has_title and chart.chart_title.has_text_frame else ""
    rows = [("", *(name for name, _ in series))]
    for position, label in enumerate(categories):
        values = [values[position] if position < len(values) else None for _, values in series]
        rows.append((label, *("" if value is None else f"{value:g}" for value in values)))
    if len(rows) > 1:
        yield Block(BlockKind.TABLE, caption, page=number, rows=tuple(rows), header_rows=1)
