"""Markdown sections: cut to size, and nothing lost between the pieces."""

from __future__ import annotations

from pathlib import Path

from retrieval.tuning.sections import SECTION_WORDS, read_markdown


def read(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "rules.md").write_text(f"# Rules\n\n## Leave\n\n{text}\n", encoding="utf-8")
    return [passage.text for passage in read_markdown(tmp_path)]


def test_short_paragraphs_share_a_piece(tmp_path: Path) -> None:
    assert read(tmp_path, "Days lapse on\n31 March of the next year.\n\nThe manager decides.") == [
        "Days lapse on 31 March of the next year.\nThe manager decides."
    ]


def test_a_long_list_is_cut_between_its_lines(tmp_path: Path) -> None:
    lines = [f"{number}. Drivers who report damage number {number} are not charged for it." for number in range(40)]
    pieces = read(tmp_path, "\n".join(lines))
    assert [line for piece in pieces for line in piece.split("\n")] == lines
    assert max(len(piece.split()) for piece in pieces) <= SECTION_WORDS


def test_a_long_paragraph_is_cut_between_its_sentences(tmp_path: Path) -> None:
    sentences = [f"The driver who reports damage number {number} is not charged." for number in range(40)]
    pieces = read(tmp_path, " ".join(sentences))
    assert [line for piece in pieces for line in piece.split("\n")] == sentences


def test_a_sentence_is_never_cut(tmp_path: Path) -> None:
    endless = " and ".join(f"rule {number}" for number in range(200))
    assert read(tmp_path, endless) == [endless]
    assert read(tmp_path, "") == []
