"""RTF files: their text by striprtf, headings by the styles they name, rows of cells as tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from ingest import media, partition
from ingest.header import header_rows
from ingest.outline import MAX_HEADING_CHARS
from ingest.raised import raised
from ingest.records import Block, BlockKind, Loaded
from retrieval.errors import DocumentRejected

#: Characters for private use that mark a heading's level in the text.
_MARK = 0xE100
_MARKED = re.compile("[\ue100-\ue110]")
_STYLE = re.compile(r"\{\\s(\d{1,5})(?=[\\ ])[^{}]*?(?:heading|überschrift|titre) (\d)[^{};]*;\}", re.IGNORECASE)
_TITLE = re.compile(r"\{\\info\b.*?\{\\title\s+([^{}\\]+)\}", re.DOTALL)

_FOOTNOTE = re.compile(r"\{(?:\\\*)?\\footnote(?![a-z0-9])")
_FOOTNOTE_MARK = re.compile(r"(?:\\(?!chftn)[a-z]+-?\d* ?)*\{[^{}]*\\chftn\s*\}\s*")
#: A small raised number, in a group of its own or up to the word that ends it.
_RAISED = re.compile(r"(?P<before>\\super(?:\\[a-z]+-?\d*)* )(?P<number>\d{1,3})(?=\s*(?:\}|\\nosupersub|\\super0))")
#: What stands in a table, up to where its paragraphs' properties are reset: ends of lines in it are within a cell.
_IN_TABLE = re.compile(r"\\intbl(?![a-z]).*?(?=\\pard(?![a-z])|\Z)", re.DOTALL)
_LINE_END = re.compile(r"\\(?:par|line)(?![a-z]) ?")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
#: Words that set the letters behind them apart, and what is said where those are left out.
_LEFT_OUT = {
    "deleted": "the file has tracked changes; it was read as if they were all accepted",
    "strike": "the file has struck-out text; it was left out",
}


def load_richtext(data: bytes) -> Loaded:
    """Read an RTF file into blocks.

    :raises DocumentRejected: if it is damaged.
    """
    from striprtf.striprtf import rtf_to_text

    # RTF is seven bits wide by definition; what is not is read byte by byte, as striprtf expects it.
    source = data.decode("latin-1")
    try:
        shown = _IN_TABLE.sub(_on_one_line, _RAISED.sub(_raised, _with_notes(source)))
        for word in _LEFT_OUT:
            shown = _without(word, shown)
        text = rtf_to_text(_with_marks(shown), errors="ignore")
    except (ValueError, LookupError, TypeError, OverflowError, AttributeError) as error:
        reason = " ".join(str(error).split())[:160]
        raise DocumentRejected(f"the rtf file is damaged ({type(error).__name__}: {reason}); save it again") from error
    stated = _TITLE.search(source)
    return Loaded(
        media.RTF,
        tuple(_blocks(text)),
        properties={"title": stated[1].strip()} if stated else {},
        warnings=tuple(warning for word, warning in _LEFT_OUT.items() if _without(word, source) != source),
    )


def _without(word: str, source: str) -> str:
    """The source with what a word sets apart to be passed over: up to the word that ends it, else to the end of its group."""
    begin = rf"\\{word}(?![a-z0])"
    source = re.sub(rf"{begin}([^{{}}]*?)\\{word}0 ?", r"{\\*\\x \1}", source)
    return re.sub(begin, r"\\*\g<0>", source)


def _raised(match: re.Match[str]) -> str:
    return match["before"] + "".join(f"\\u{ord(digit)} ?" for digit in raised(match["number"]))


def _on_one_line(part: re.Match[str]) -> str:
    return _LINE_END.sub(r"\\~", part[0])


def _with_notes(source: str) -> str:
    """The source with each footnote in brackets where it is called."""
    while found := _FOOTNOTE.search(source):
        end = _group_end(source, found.start())
        said = _FOOTNOTE_MARK.sub("", re.sub(r"\\par(?![a-z])", " ", source[found.end() : end]))
        source = f"{source[: found.start()]}{{ ({said.strip()})}}{source[end + 1 :]}"
    return source


def _group_end(source: str, start: int) -> int:
    """Where the group ends that begins at a brace."""
    depth = 0
    for brace in _BRACE.finditer(source, start):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0:
            return brace.start()
    return len(source)


def _with_marks(source: str) -> str:
    """The source with a mark before the text of each heading, and the numbers of old lists as striprtf keeps them."""
    levels = {number: int(level) for number, level in _STYLE.findall(source)}

    def marked(match: re.Match[str]) -> str:
        level = int(match[2]) + 1 if match[1] == "outlinelevel" else levels.get(match[2], 0)
        return f"{match[0]}{{{chr(_MARK + level)}}}" if 0 < level <= 9 else match[0]

    return re.sub(r"\\(s|outlinelevel)(\d{1,5})(?!\d)", marked, source.replace("{\\pntext", "{\\listtext"))


def _blocks(text: str) -> Iterator[Block]:
    lines = [" ".join(line.split()) for line in text.splitlines()]
    for kind, group in groupby((line for line in lines if _MARKED.sub("", line).strip(" |")), key=_kind):
        found = list(group)
        if kind is BlockKind.TABLE:
            rows = [tuple(cell.strip() for cell in _MARKED.sub("", line).split("|")[:-1]) for line in found]
            yield from _table(rows)
        elif kind is BlockKind.HEADING:
            for line in found:
                level = max(map(ord, _MARKED.findall(line))) - _MARK
                yield Block(BlockKind.HEADING, _MARKED.sub("", line).strip(), level=level)
        else:
            yield from partition.text_blocks([_MARKED.sub("", line).strip() for line in found])


def _kind(line: str) -> BlockKind:
    if line.endswith("|"):
        return BlockKind.TABLE
    is_heading = _MARKED.search(line) and len(line) <= MAX_HEADING_CHARS
    return BlockKind.HEADING if is_heading else BlockKind.PARAGRAPH


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[Block]:
    if max(map(len, rows)) == 1:
        yield from (Block(BlockKind.PARAGRAPH, row[0]) for row in rows if row[0])
        return
    yield Block(BlockKind.TABLE, "", rows=tuple(rows), header_rows=header_rows(rows, [False] * len(rows)))
