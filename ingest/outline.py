"""Numbers and headings: which blocks head a section, how deep, and the section path of every other block."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.records import Block, BlockKind

#: A heading longer than this is a sentence set in bold.
MAX_HEADING_CHARS = 150

_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip


def roman(value: int) -> str:
    """A number in small roman letters; nothing for 0 and below."""
    letters = ""
    for size, sign in _ROMAN:
        while value >= size:
            letters += sign
            value -= size
    return letters


def roman_value(letters: str) -> int | None:
    """The value of a roman number in either case, None where it is not one."""
    lowered, value = letters.lower(), 0
    for size, sign in _ROMAN:
        while lowered.startswith(sign):
            value += size
            lowered = lowered[len(sign) :]
    return value if not lowered and value and roman(value) == letters.lower() else None


@dataclass(frozen=True, slots=True)
class Label:
    """The number in front of a block, and where it stands in the document's numbering tree."""

    text: str  #: as written: ``4.2``, ``(b)``, ``Article 7``
    series: str  #: labels of one series count on: ``decimal2``, ``(alpha)``, ``article``
    ordinals: tuple[int, ...]  #: (4, 2) for ``4.2``
    rest: str  #: the block's text behind the label

    @property
    def number(self) -> str:
        """The label without its punctuation, brackets kept: ``4.2``, ``(b)``."""
        return self.text.rstrip(".:) ") if not self.text.startswith("(") else self.text.strip()


_WORD = re.compile(
    r"(?P<word>Article|Section|Clause|Part|Chapter|Schedule|Annex|Appendix|Exhibit|Attachment|Addendum|Title|Artikel|Abschnitt|Anlage|Anhang|§§?)"
    r"\s*(?P<value>\d{1,4}(?:\.\d{1,3})*[a-z]?|[IVXLC]{1,7}|[A-Z])(?![\w])(?P<end>\s*[.:)–—-]?)(?=\s|$)",
    re.IGNORECASE,
)
_DECIMAL = re.compile(r"(?P<value>\d{1,3}(?:\.\d{1,3}){0,5})(?P<end>\.|\)|:)?(?=\s|$)")
_BRACKETED = re.compile(r"\((?P<value>\d{1,3}|[a-zA-Z]{1,5})\)(?=\s|$)")
_LETTERED = re.compile(r"(?P<value>[A-Z]|[a-z]|[ivxIVX]{1,6})(?P<end>[.)])(?=\s|$)")
#: "30 days", "12 months": a quantity, not a number in front.
_QUANTITY = re.compile(
    r"\d+(?:\.\d+)?\s+(?:(?:calendar|working|business|consecutive)\s+)?(?:days?|weeks?|months?|years?|hours?|minutes?|percent|per\s?cent|%|"
    r"employees|people|January|February|March|April|May|June|July|August|September|October|November|December)\b",
    re.IGNORECASE,
)


def label(text: str) -> Label | None:
    """The number a text begins with, None where there is none."""
    match = _WORD.match(text)
    if match and (match["word"][0].isupper() or match["word"].startswith("§")):
        value, word = match["value"], match["word"].lower()
        return Label(match[0].strip(), word, _ordinals(value), text[match.end() :].strip())
    match = _BRACKETED.match(text)
    if match:
        kind, ordinals = _letter_kind(match["value"])
        return Label(match[0], f"({kind})", ordinals, text[match.end() :].strip())
    match = _DECIMAL.match(text)
    if match and not _QUANTITY.match(text):
        value = match["value"]
        depth = value.count(".") + 1
        if depth == 1 and not match["end"] and not re.match(r"\d{1,2}\s+[A-Z(“\"]", text):
            return None
        ordinals = tuple(int(part) for part in value.split("."))
        mark = ")" if match["end"] == ")" else ""
        return Label(match[0], f"decimal{depth}{mark}", ordinals, text[match.end() :].strip())
    match = _LETTERED.match(text)
    if match:
        kind, ordinals = _letter_kind(match["value"])
        return Label(match[0], f"{kind}{match['end']}", ordinals, text[match.end() :].strip())
    return None


def _ordinals(value: str) -> tuple[int, ...]:
    if value[0].isdigit():
        return tuple(int(re.sub(r"\D", "", part) or 0) for part in value.split("."))
    if len(value) == 1 and value.upper() not in "IVX":
        return (ord(value.upper()) - ord("A") + 1,)
    return (roman_value(value) or 0,)


def _letter_kind(value: str) -> tuple[str, tuple[int, ...]]:
    """Whether a letter counts as roman, alphabetic or decimal. "(i)" alone is roman; :func:`settle` looks at what came before."""
    if value.isdigit():
        return "digit", (int(value),)
    case = "upper" if value.isupper() else "lower"
    as_roman = roman_value(value)
    if as_roman and (len(value) > 1 or value.lower() in "ivx"):
        return f"roman-{case}", (as_roman,)
    if len(set(value.lower())) == 1:  # (a) … (z), (aa) …
        return f"alpha-{case}", (26 * (len(value) - 1) + ord(value[0].lower()) - ord("a") + 1,)
    return f"alpha-{case}", (0,)


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
    body_size = _body_size(blocks)
    placed: list[Placed] = []
    stack: list[_Open] = []
    counted = False  # whether the open section has begun a count of its own
    for position, block in enumerate(blocks):
        following = blocks[position + 1] if position + 1 < len(blocks) else None
        if not _is_heading(block, following, body_size):
            mark = label(block.text) if block.kind is not BlockKind.TABLE else None
            if mark and not counted:
                stack = _closed_by(stack, mark)
            counted = counted or (mark is not None and bool(stack) and _shares_series(stack, mark))
            placed.append(Placed(block, tuple(entry.text for entry in stack)))
            continue
        text = heading_text(block.text)
        counted = False
        stack = _above(stack, block, text)
        if not stack and title and folded(text) in folded(title) and all(before.is_title for before in placed):
            placed.append(Placed(block, (), is_heading=True, is_title=True))
            continue
        placed.append(Placed(block, tuple(entry.text for entry in stack), is_heading=True))
        level = block.level if block.level is not None else (stack[-1].level + 1 if stack else 1)
        stack.append(_Open(text, level, _look(block), block.size, label(text)))
    return placed


def _closed_by(stack: list[_Open], mark: Label) -> list[_Open]:
    """The headings still open before a numbered paragraph: "10. Notices …" ends the section "9. Usage", though it heads none itself."""
    for position, entry in enumerate(stack):
        if entry.label and entry.label.series == mark.series and mark.ordinals[:-1] == entry.label.ordinals[:-1]:
            if mark.ordinals[-1] == entry.label.ordinals[-1] + 1 and mark.ordinals[-1] > 1:
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
    if block.size is not None:
        return [entry for entry in stack if entry.size is None or entry.size > block.size + 0.4]
    return list(stack)


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


_SENTENCE_END = re.compile(r"[.;,!]$|\b(and|or|the|of|to|for|with|by|in|a|an)$", re.IGNORECASE)


def _is_heading(block: Block, following: Block | None, body_size: float) -> bool:
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
    if mark and _heads_deeper_numbers(mark, words, following):
        return True
    if block.kind is BlockKind.ITEM:
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
        mark = None if item.block.kind is BlockKind.TABLE else label(item.block.text)
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
