"""Numbers and headings: which blocks head a section, how deep, and the section path of every other block."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.numbering import Label, label
from ingest.records import Block, BlockKind

#: A heading longer than this is a sentence set in bold.
MAX_HEADING_CHARS = 150


@dataclass(frozen=True, slots=True)
class Placed:
    """A block of the text with the headings above it, from the outside in."""

    block: Block
    section_path: tuple[str, ...]
    is_heading: bool = False
    is_title: bool = False  #: says the document's title, which is known already


@dataclass(frozen=True, slots=True)
class _Open:
    """A heading whose section is not closed yet."""

    text: str
    level: int
    look: tuple[object, ...]
    size: float | None
    label: Label | None


def outline(blocks: Sequence[Block], *, title: str = "") -> list[Placed]:
    """Put every block under its headings, in order. Headings come back too, placed under the headings above them.

    :param title: the document's title: a heading that only repeats it is left out of the paths.
    """
    blocks = _with_named_numbers(blocks)
    body_size = _body_size(blocks)
    heading_series = _heading_series(blocks)
    placed: list[Placed] = []
    stack: list[_Open] = []
    counted = False  # whether the open section has begun a count of its own
    for position, block in enumerate(blocks):
        following = blocks[position + 1] if position + 1 < len(blocks) else None
        if (
            position < _TITLE_BLOCKS
            and not stack
            and _says_title(block, title)
            and all(len(before.block.text) < 80 for before in placed)
        ):
            placed.append(Placed(block, (), is_heading=True, is_title=True))
            continue
        if block.level == 1 and block.kind is BlockKind.HEADING and _repeats_title(block, placed):
            stack = []
            placed.append(Placed(block, (), is_heading=True, is_title=True))
            continue
        if not _is_heading(block, following, body_size, heading_series):
            mark = _mark(block)
            if mark and not counted:
                stack = _closed_by(stack, mark)
            counted = counted or (mark is not None and bool(stack) and _shares_series(stack, mark))
            placed.append(Placed(block, tuple(entry.text for entry in stack)))
            continue
        text = heading_text(block.text)
        counted = False
        if not _begins_below(stack, placed, block):
            stack = _above(stack, block, text)
        placed.append(Placed(block, tuple(entry.text for entry in stack), is_heading=True))
        level = block.level if block.level is not None else (stack[-1].level + 1 if stack else 1)
        stack.append(_Open(text, level, _look(block), block.size, label(text)))
    return placed


def _mark(block: Block) -> Label | None:
    """The number in front of a block that counts; none in front of a table or a footnote does."""
    return None if block.kind is BlockKind.TABLE or block.note else label(block.text)


def _with_named_numbers(blocks: Sequence[Block]) -> list[Block]:
    """The blocks, with a number on a line of its own joined to its heading below: "Clause 12" and "Liability"."""
    joined: list[Block] = []
    for block in blocks:
        last = joined[-1] if joined else None
        if last is not None and _is_bare_number(last) and _reads_like_heading(block.text) and label(block.text) is None:
            heading = replace(
                last,
                kind=BlockKind.HEADING,
                text=f"{last.text.rstrip(' .:')} – {block.text}",
                bold=last.bold or block.bold,
            )
            joined[-1] = heading if last.kind is not BlockKind.HEADING else replace(heading, level=last.level)
        else:
            joined.append(block)
    return joined


def _is_bare_number(block: Block) -> bool:
    mark = label(block.text) if block.kind in (BlockKind.HEADING, BlockKind.PARAGRAPH) else None
    return mark is not None and not mark.rest and _names_a_part(mark)


#: A title stands among the first blocks.
_TITLE_BLOCKS = 6


def _says_title(block: Block, title: str) -> bool:
    """Whether a block at the beginning is the document's title, or one line of it."""
    words = folded(block.text)
    if block.kind not in (BlockKind.HEADING, BlockKind.PARAGRAPH) or not words or not title:
        return False
    return words == folded(title) or (len(words) > 8 and f" {words} " in f" {folded(title)} ")


def _repeats_title(block: Block, placed: Sequence[Placed]) -> bool:
    """Whether a heading says the title once more, as the one below a folded part of a page does that stands right below the title."""
    return any(before.is_title and before.block == block for before in placed[:_TITLE_BLOCKS])


def _closed_by(stack: list[_Open], mark: Label) -> list[_Open]:
    """The headings still open before a numbered paragraph: "10. Notices …" ends the section "9. Usage", though it heads none itself."""
    for position, entry in enumerate(stack):
        if (
            entry.label is None
            or entry.label.series != mark.series
            or entry.label.text[-1:].isdigit() != mark.text[-1:].isdigit()
        ):
            continue
        if mark.ordinals[:-1] == entry.label.ordinals[:-1] and mark.ordinals[-1] == entry.label.ordinals[-1] + 1 > 1:
            return stack[:position]
    return stack


def _shares_series(stack: list[_Open], mark: Label) -> bool:
    """Whether a number inside a section looks like the section's own: a list that counts 1, 2, 3 in section "3."."""
    return any(entry.label is not None and entry.label.series == mark.series for entry in stack)


def heading_text(text: str) -> str:
    """A heading as it reads in a path: on one line, without a closing colon or full stop."""
    one_line = " ".join(text.split())
    return one_line[:-1].rstrip() if one_line.endswith((":", ".")) and not one_line.endswith("..") else one_line


def folded(text: str) -> str:
    """Text for comparing titles: letters and digits only, small."""
    return re.sub(r"\W+", " ", text).strip().casefold()


def _begins_below(stack: list[_Open], placed: Sequence[Placed], block: Block) -> bool:
    """Whether a heading is the first of a count that the heading right above it heads: "TERMS", then "1. Definitions"."""
    mark = label(block.text)
    if block.level is not None or mark is None or mark.ordinals != (1,) or not stack or not placed[-1].is_heading:
        return False
    above = stack[-1]
    return (
        above.label is None and (above.size or 0.0) >= (block.size or 0.0) - 0.4 and above.look[2:] >= _look(block)[2:]
    )


def _above(stack: list[_Open], block: Block, text: str) -> list[_Open]:
    """The headings that a new heading stands under."""
    mark = label(text)
    if mark and len(mark.ordinals) > 1:
        for position in range(len(stack) - 1, -1, -1):
            parent = stack[position].label
            if parent and parent.ordinals == mark.ordinals[:-1]:
                return stack[: position + 1]
    if block.level is not None:
        return [entry for entry in stack if entry.level < block.level]
    look = _look(block)
    for position in range(len(stack) - 1, -1, -1):
        if stack[position].look == look:
            return stack[:position]
    if block.size is None and not _rank(mark):
        return list(stack)
    size = block.size or 0.0
    return [
        entry
        for entry in stack
        if (entry.size or 0.0) > size + 0.4 or 0 < _rank(entry.label) < (_rank(mark) or (9 if mark else 0))
    ]


#: Which named parts hold which; numbers without a name stand below all of them.
_RANKS = {word: rank for rank, words in enumerate(("title", "schedule annex appendix exhibit attachment addendum anlage anhang", "part", "chapter",
    "section abschnitt", "article artikel", "clause § §§"), start=1) for word in words.split()}  # fmt: skip


def _rank(mark: Label | None) -> int:
    """How deep a named part stands, 1 outermost; 0 for what is not named."""
    return _RANKS.get(mark.series, 0) if mark else 0


def _look(block: Block) -> tuple[object, ...]:
    mark = label(block.text)
    return (mark.series if mark else None, round(block.size or 0), block.bold, block.caps or block.text.isupper())


def _body_size(blocks: Sequence[Block]) -> float:
    """The font size most characters are set in; 0 where sizes are unknown."""
    counts: dict[float, int] = {}
    for block in blocks:
        if block.size is not None:
            counts[round(block.size, 1)] = counts.get(round(block.size, 1), 0) + len(block.text)
    return max(counts, key=lambda size: counts[size], default=0.0)


def _heading_series(blocks: Sequence[Block]) -> frozenset[str]:
    """The series of numbers that head sections in this document: most of their texts read like headings, and other text follows each."""
    totals: dict[str, list[bool]] = {}
    labels = [_mark(block) for block in blocks]
    for mark, following in zip(labels, [*labels[1:], None], strict=True):
        if mark is not None and len(mark.ordinals) == 1 and not mark.series.startswith("("):
            is_apart = following is None or following.series != mark.series
            totals.setdefault(mark.series, []).append(is_apart and _reads_like_heading(mark.rest))
    return frozenset(series for series, found in totals.items() if sum(found) >= 2 and sum(found) >= 0.7 * len(found))


def _reads_like_heading(text: str) -> bool:
    return (
        bool(text)
        and text[0].isupper()
        and len(text.split()) <= 10
        and not text.endswith((".", ";", ",", ":", "?", "!"))
    )


_SENTENCE_END = re.compile(r"[.;,!]$|\b(and|or|the|of|to|for|with|by|in|a|an)$", re.IGNORECASE)


def _is_heading(block: Block, following: Block | None, body_size: float, heading_series: frozenset[str]) -> bool:
    text = block.text.strip()
    if block.kind is BlockKind.TABLE or not text or len(text) > MAX_HEADING_CHARS or "\n" in text or following is None:
        return block.kind is BlockKind.HEADING and bool(text) and len(text) <= MAX_HEADING_CHARS
    if block.kind is BlockKind.HEADING:
        return not (text[0].islower() and block.level is None)
    if following.kind is BlockKind.HEADING and block.kind is BlockKind.ITEM:
        return False
    mark = label(text)
    words = (mark.rest if mark else text).rstrip(".:")
    if not re.search(r"[^\W\d_]", words) and not (mark and mark.series[0].isalpha() and _names_a_part(mark)):
        return False
    # "1. Ask your manager." above "1.1" is the first of some steps, "1. Rights and Duties." is a heading.
    is_step = block.kind is BlockKind.ITEM and text.endswith(".") and words.split()[-1].islower()
    if mark and (
        (not is_step and _heads_deeper_numbers(mark, words, following))
        or (mark.series in heading_series and _reads_like_heading(mark.rest))
    ):
        return True
    if block.kind is BlockKind.ITEM and not (
        block.bold and mark and mark.series in ("decimal1", "decimal2", "roman-upper.", "alpha-upper.")
    ):
        return False
    if mark and _names_a_part(mark):
        return len(words) <= 100 and not _SENTENCE_END.search(mark.rest)
    if words and words[0].islower():
        return False
    larger = block.size is not None and body_size > 0 and block.size > body_size * 1.08
    if _SENTENCE_END.search(text.rstrip(".")) or len(words.split()) > (24 if larger else 14):
        return False
    ends_sentence = text.endswith((".", "!", "?")) and not (mark and len(words.split()) <= 6)
    if block.bold or larger:
        return not ends_sentence
    if words.isupper() and len(words) > 3 and not ends_sentence:
        return len(words.split()) <= 12 and following.text.strip() != "" and not following.text.strip().isupper()
    return False


def _names_a_part(mark: Label) -> bool:
    return not mark.series.startswith(("decimal", "(", "alpha", "roman", "digit"))


def _heads_deeper_numbers(mark: Label, words: str, following: Block) -> bool:
    """Whether "4. Leave" is followed by "4.1 …": then it heads them, however it is set."""
    below = label(following.text)
    return (
        below is not None
        and len(words) <= 80
        and len(words.split()) <= 9
        and bool(words)
        and len(below.ordinals) == len(mark.ordinals) + 1
        and below.ordinals[: len(mark.ordinals)] == mark.ordinals
    )


def numbered(placed: Sequence[Placed]) -> Iterator[tuple[Placed, Label | None]]:
    """Each block with the label it begins with, "(i)" after "(h)" settled as a letter."""
    last: dict[str, int] = {}
    for item in placed:
        mark = _mark(item.block)
        if mark and "roman" in mark.series:
            letter = mark.series.replace("roman", "alpha")
            bare = re.sub(r"\W", "", mark.text)
            if len(bare) == 1 and last.get(letter) == ord(bare.lower()) - ord("a"):
                mark = replace(mark, series=letter, ordinals=(ord(bare.lower()) - ord("a") + 1,))
        if mark:
            last[mark.series] = mark.ordinals[-1]
        if item.is_heading:
            last.clear()
        yield item, mark
