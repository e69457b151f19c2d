"""Clauses as passages: as large as reads well, never longer than the encoder reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from ingest.clauses import is_lead_in
from ingest.numbering import label
from ingest.outline import heading_text
from ingest.records import Clause
from retrieval.documents import NewPassage
from retrieval.errors import PassageTooLong
from retrieval.records import PassageKind, heading_line
from retrieval.sentences import Span, sentence_spans


class TokenCounter(Protocol):
    """What of an encoder is needed here: how much it reads, and how long a text is to it."""

    @property
    def max_tokens(self) -> int: ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, with the two special tokens."""
        ...


#: Neighbouring clauses of one section are put together up to this many tokens.
TARGET_TOKENS = 160
#: A remnant of a section goes with its neighbour up to this many.
LONGEST_MERGED_TOKENS = 210
_REMNANT_TOKENS = 50
#: At most this share of what the encoder reads goes to title and headings.
_MAX_HEADING_SHARE = 0.4
#: A lead-in is repeated in each piece of its list if it is no longer than this; else only its last sentence is.
_MAX_LEAD_TOKENS = 60
#: A heading run in with its clause is no longer than this.
_MAX_HEADING_TOKENS = 24
_SPECIAL_TOKENS = 2


def chunk(clauses: Sequence[Clause], *, title: str, encoder: TokenCounter) -> list[NewPassage]:
    """Passages in document order. No word of the clauses is lost, and none changes its place.

    A clause that fits stays whole, with everything below it. One that doesn't is split between its items, rows or sentences; the
    pieces of a list repeat its lead-in, the pieces of a numbered clause carry its number in their section path.

    :raises PassageTooLong: if a passage came out longer than the encoder reads, which would be an error of this module.
    """
    passages = _Chunker(title, encoder).passages(clauses)
    lengths = encoder.count_tokens([_searchable(title, passage) for passage in passages]) if passages else []
    for passage, length in zip(passages, lengths, strict=True):
        if length > encoder.max_tokens:
            raise PassageTooLong(
                f"a passage of {length} tokens was made, the encoder reads {encoder.max_tokens}: {passage.text[:60]!r}"
            )
    return passages


def _searchable(title: str, passage: NewPassage) -> str:
    heading = heading_line(title, passage.section_path)
    return f"{heading}\n{passage.text}" if heading else passage.text


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    tokens: int
    kind: PassageKind
    section_path: tuple[str, ...]
    page: int | None


class _Chunker:
    """Chunks one document. Lengths add up: the encoder's tokens never span white space."""

    def __init__(self, title: str, encoder: TokenCounter) -> None:
        self.title = title
        self.encoder = encoder
        self.lengths: dict[str, int] = {}

    def passages(self, clauses: Sequence[Clause]) -> list[NewPassage]:
        self._count([text for clause in clauses for text in _texts(clause)])
        self._count([sentence for clause in clauses for text in _texts(clause) for sentence in sentences(text)])
        pieces = [piece for clause in clauses for piece in self._pieces(self._with_short_path(clause), lead="")]
        return [NewPassage(piece.text, piece.section_path, piece.page, piece.kind) for piece in self._merged(pieces)]

    # -- lengths -----------------------------------------------------------------------------------------------------

    def _count(self, texts: Sequence[str]) -> None:
        unknown = list(dict.fromkeys(text for text in texts if text not in self.lengths))
        counts = self.encoder.count_tokens(unknown) if unknown else []
        self.lengths.update({text: count - _SPECIAL_TOKENS for text, count in zip(unknown, counts, strict=True)})

    def _tokens(self, text: str) -> int:
        if text not in self.lengths:
            self._count([text])
        return self.lengths[text]

    def _room(self, path: tuple[str, ...]) -> int:
        """How many tokens of text fit under a section path."""
        return self.encoder.max_tokens - _SPECIAL_TOKENS - self._tokens(heading_line(self.title, path))

    def _with_short_path(self, clause: Clause) -> Clause:
        """The clause under a path that leaves room for its text: outer headings go first, then the end of a long one."""
        limit = int(self.encoder.max_tokens * _MAX_HEADING_SHARE)
        path = clause.section_path
        while len(path) > 1 and self._tokens(heading_line(self.title, path)) > limit:
            path = path[1:]
        while path and self._tokens(heading_line(self.title, path)) > limit:
            words = path[0].removesuffix(" …").split(" ")
            path = (" ".join(words[: len(words) * 2 // 3]) + " …",) if len(words) > 3 else ()
        return clause if path == clause.section_path else replace(clause, section_path=path)

    # -- splitting ---------------------------------------------------------------------------------------------------

    def _pieces(self, clause: Clause, *, lead: str) -> list[_Piece]:
        """A clause as pieces that fit, each beginning with ``lead`` if there is one."""
        path = clause.section_path
        whole = "\n".join(_lines(clause))
        if self._measure(lead, whole) <= self._room(path):
            return [self._piece(lead, whole, clause)]
        if clause.children:
            return self._split_children(clause, lead=lead)
        return self._split_text(clause, clause.text, lead=lead)

    def _split_children(self, clause: Clause, *, lead: str) -> list[_Piece]:
        path = clause.section_path
        repeated = "\n".join(part for part in (lead, self._repeated_lead(clause)) if part)
        if self._tokens_of(repeated) > self._room(path) // 2:
            repeated = ""
        pieces: list[_Piece] = []
        gathered: list[str] = []
        begin = lead
        if clause.text and self._measure(lead, clause.text) <= self._room(path):
            gathered = [clause.text]
        elif clause.text:
            own = self._split_text(clause, clause.text, lead=lead)
            pieces, gathered, begin = own[:-1], [own[-1].text], ""
        inner = self._below(clause)
        page = clause.page
        for child in clause.children:
            text = "\n".join(_lines(child, depth=1 if _indents(clause) else 0))
            if gathered and self._measure(begin, "\n".join([*gathered, text])) <= self._room(inner.section_path):
                gathered.append(text)
                continue
            if (
                gathered == [clause.text]
                and is_only_heading(clause.text)
                and self._tokens_of(clause.text) <= _MAX_HEADING_TOKENS
            ):
                # A heading run in with its clause is no piece by itself: it opens the first piece of what is below it.
                begin, gathered = "\n".join(part for part in (begin, clause.text) if part), []
                pieces.extend(self._pieces(replace(child, section_path=clause.section_path), lead=begin))
                begin = repeated
                continue
            if gathered:
                pieces.append(
                    self._piece(begin, "\n".join(gathered), replace(clause if not pieces else inner, page=page))
                )
            page = child.page or page
            begin = repeated
            if self._measure(begin, text) <= self._room(inner.section_path):
                gathered = [text]
            else:
                gathered = []
                pieces.extend(self._pieces(replace(child, section_path=inner.section_path), lead=begin))
        if gathered:
            pieces.append(self._piece(begin, "\n".join(gathered), replace(clause if not pieces else inner, page=page)))
        return pieces

    def _repeated_lead(self, clause: Clause) -> str:
        if clause.kind is PassageKind.TABLE:
            return clause.text if self._tokens_of(clause.text) <= 2 * _MAX_LEAD_TOKENS else ""
        if not is_lead_in(clause.text):
            return ""
        if self._tokens_of(clause.text) <= _MAX_LEAD_TOKENS:
            return clause.text
        last = sentences(clause.text)[-1]
        return last if self._tokens_of(last) <= _MAX_LEAD_TOKENS else ""

    def _below(self, clause: Clause) -> Clause:
        """The clause as its later pieces see it: its number and heading stand in their path."""
        if clause.number is None:
            return clause
        path = (*clause.section_path, clause_heading(clause))
        if self._tokens(heading_line(self.title, path)) > self.encoder.max_tokens * (_MAX_HEADING_SHARE + 0.1):
            return clause
        return replace(clause, section_path=path)

    def _split_text(self, clause: Clause, text: str, *, lead: str) -> list[_Piece]:
        """Pieces of whole sentences, of about equal length."""
        inner = self._below(clause)
        room = min(self._room(inner.section_path), self._room(clause.section_path)) - self._tokens_of(lead)
        if lead and room < self.encoder.max_tokens // 4:
            return [self._piece("", lead, clause), *self._split_text(clause, text, lead="")]
        units = [part for sentence in sentences(text) for part in self._fitting(sentence, room)]
        total = sum(self._tokens_of(unit) for unit in units)
        pieces_needed = -(-total // max(room, 1))
        even = min(room, int(1.15 * total / max(pieces_needed, 1)) + 1)
        groups: list[list[str]] = [[]]
        filled = 0
        for unit in units:
            length = self._tokens_of(unit)
            if groups[-1] and filled + length > even:
                groups.append([])
                filled = 0
            groups[-1].append(unit)
            filled += length
        return [
            self._piece(lead, " ".join(group), clause if position == 0 else inner)
            for position, group in enumerate(groups)
            if group
        ]

    def _fitting(self, sentence: str, room: int) -> Iterator[str]:
        """A sentence, or where it alone is too long, its parts between semicolons, else between words, else letters."""
        if self._tokens_of(sentence) <= room or len(sentence) == 1:
            yield sentence
            return
        parts = [part for part in re.split(r"(?<=[;:])\s+", sentence) if part]
        if len(parts) == 1:
            parts = sentence.split()
        if len(parts) == 1:
            half = len(sentence) // 2
            parts = [sentence[:half], sentence[half:]]
            yield from (smaller for part in parts for smaller in self._fitting(part, room))
            return
        self._count(parts)
        gathered: list[str] = []
        filled = 0
        for part in parts:
            length = self._tokens_of(part)
            if gathered and filled + length > room:
                yield " ".join(gathered)
                gathered, filled = [], 0
            if length > room:
                yield from self._fitting(part, room)
            else:
                gathered.append(part)
                filled += length
        if gathered:
            yield " ".join(gathered)

    def _tokens_of(self, text: str) -> int:
        return sum(self._tokens(line) for line in text.split("\n")) if text else 0

    def _measure(self, lead: str, text: str) -> int:
        return self._tokens_of(lead) + self._tokens_of(text)

    def _piece(self, lead: str, text: str, clause: Clause) -> _Piece:
        text = f"{lead}\n{text}" if lead else text
        return _Piece(text, self._tokens_of(text), clause.kind, clause.section_path, clause.page)

    # -- merging -----------------------------------------------------------------------------------------------------

    def _merged(self, pieces: Sequence[_Piece]) -> list[_Piece]:
        """Small neighbours of one section in one piece; tables and definitions stay by themselves."""
        merged: list[_Piece] = []
        for piece in self._answered(pieces):
            if merged and self._belong_together(merged[-1], piece, TARGET_TOKENS):
                merged[-1] = _together(merged[-1], piece)
            else:
                merged.append(piece)
        tidied: list[_Piece] = []
        for piece in merged:
            is_remnant = tidied and min(piece.tokens, tidied[-1].tokens) < _REMNANT_TOKENS
            if is_remnant and self._belong_together(tidied[-1], piece, LONGEST_MERGED_TOKENS):
                tidied[-1] = _together(tidied[-1], piece)
            else:
                tidied.append(piece)
        return tidied

    def _answered(self, pieces: Sequence[_Piece]) -> Iterator[_Piece]:
        """The pieces, a question in one with what stands below it: alone neither says anything."""
        asked: _Piece | None = None
        for piece in pieces:
            if asked is not None and self._belong_together(asked, piece, self.encoder.max_tokens):
                piece, asked = _together(asked, piece), None
            if asked is not None:
                yield asked
            asked = piece if piece.text.endswith("?") else None
            if asked is None:
                yield piece
        if asked is not None:
            yield asked

    def _belong_together(self, last: _Piece, piece: _Piece, limit: int) -> bool:
        apart = {PassageKind.TABLE, PassageKind.DEFINITION}
        if last.section_path != piece.section_path or last.kind in apart or piece.kind in apart:
            return False
        return last.tokens + piece.tokens <= min(limit, self._room(piece.section_path))


def _together(last: _Piece, piece: _Piece) -> _Piece:
    kind = last.kind if last.kind is piece.kind else PassageKind.CLAUSE
    return _Piece(f"{last.text}\n{piece.text}", last.tokens + piece.tokens, kind, last.section_path, last.page)


def is_only_heading(text: str) -> bool:
    """Whether a numbered clause is its number and a heading, and its words stand below it: "9.5 Exclusions."."""
    mark = label(text)
    return (
        mark is not None
        and bool(mark.rest)
        and len(mark.rest.split()) <= 8
        and len(sentences(mark.rest)) == 1
        and not mark.rest[:1].islower()
    )


def _indents(clause: Clause) -> bool:
    """Whether what is below a clause is set in from it."""
    return clause.kind is not PassageKind.TABLE and (clause.text.startswith("- ") or clause.number is not None)


def clause_heading(clause: Clause) -> str:
    """A numbered clause's number, with its run-in heading where it has one: "4.2 Carry-over"."""
    if is_only_heading(clause.text):
        return heading_text(clause.text)
    run_in = re.match(
        r"(\S+\s+)?((?:[A-Z][\w’'-]*|and|of|the|for|to|in|or|on|by|with|&|,|\s){1,60}?)[.:]\s", clause.text
    )
    number = clause.number or ""
    if run_in and run_in[2].strip() and len(run_in[2].split()) <= 8:
        return f"{number} {run_in[2].strip()}"
    return number


def _texts(clause: Clause) -> Iterator[str]:
    for line in _lines(clause):
        yield from line.split("\n")


def _lines(clause: Clause, depth: int = 0) -> Iterator[str]:
    """The clause and what is below it, a line each; items in a list in an item are indented."""
    if clause.text:
        yield "  " * depth + clause.text
    for child in clause.children:
        yield from _lines(child, depth + 1 if _indents(clause) else depth)


def sentences(text: str) -> list[str]:
    """The sentences of a text in order, each on one line."""
    return [text[span.start : span.end] for line in _spans(text) for span in line]


def _spans(text: str) -> Iterator[list[Span]]:
    offset = 0
    for line in text.split("\n"):
        yield [Span(offset + span.start, offset + span.end) for span in sentence_spans(line)]
        offset += len(line) + 1
