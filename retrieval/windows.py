"""Texts longer than an encoder reads, in windows that it reads whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from retrieval.encoder import Encoder
from retrieval.records import Passage, heading_line
from retrieval.sentences import sentence_spans


def later_windows(passages: Sequence[Passage], encoder: Encoder) -> tuple[list[str], list[int]]:
    """What follows the beginning that the encoder reads of long passages, each window under the passage's heading, unless
    that takes more than half of it.

    Windows hold whole sentences, the last of one window once more at the start of the next if it is short.

    :returns: the windows, and for each the position of its passage, ascending; both empty where every passage is read whole.
    """
    lengths = encoder.count_tokens([passage.searchable for passage in passages])
    texts: list[str] = []
    owners: list[int] = []
    for at, (passage, length) in enumerate(zip(passages, lengths, strict=True)):
        if length > encoder.max_tokens:
            later = list(_later(passage, encoder))
            texts += later
            owners += [at] * len(later)
    return texts, owners


def _later(passage: Passage, encoder: Encoder) -> Iterator[str]:
    heading = heading_line(passage.title, passage.section_path)
    above = encoder.count_tokens([heading])[0] if heading else 0
    if above <= encoder.max_tokens // 2:
        # The first window is the beginning, which is read already.
        yield from islice(_windows(passage.text, heading, encoder.max_tokens - above, encoder), 1, None)
    else:
        yield from _windows(passage.text, "", encoder.max_tokens, encoder)


def _windows(text: str, heading: str, room: int, encoder: Encoder) -> Iterator[str]:
    window: list[tuple[str, int]] = []
    for piece, length in _pieces(text, encoder, room):
        if window and sum(size for _, size in window) + length > room:
            yield _under(heading, window)
            last = window[-1]
            window = [last] if last[1] + length <= room and last[1] <= room // 4 else []
        window.append((piece, length))
    if window:
        yield _under(heading, window)


def _pieces(text: str, encoder: Encoder, room: int) -> Iterator[tuple[str, int]]:
    """All of the text, a sentence at a time with what stands before it, and the tokens of each; one that is longer than a
    window in halves."""
    ends = [span.end for span in sentence_spans(text)]
    pieces = [text[begin:end].strip() for begin, end in pairwise([0, *ends])]
    for piece in pieces:
        yield from _halved(piece, encoder, room)


def _halved(piece: str, encoder: Encoder, room: int) -> Iterator[tuple[str, int]]:
    length = encoder.count_tokens([piece])[0]
    if length <= room or len(piece) < 2:
        yield piece, length
        return
    middle = piece.rfind(" ", 0, len(piece) // 2) + 1 or len(piece) // 2
    for half in (piece[:middle], piece[middle:]):
        yield from _halved(half.strip(), encoder, room)


def _under(heading: str, window: Sequence[tuple[str, int]]) -> str:
    return "\n".join([*([heading] if heading else []), " ".join(piece for piece, _ in window)])
