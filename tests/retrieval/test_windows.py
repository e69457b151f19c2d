"""Passages longer than the encoder reads: their windows, and how near they are then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval.dense import DenseIndex
from retrieval.errors import PassageTooLong
from retrieval.index import PassageIndex
from retrieval.records import Passage
from retrieval.windows import later_windows
from tests.fakes import WordEncoder

ENCODER = WordEncoder(max_tokens=20)
SHORT = Passage("a-short", "d", "v", "Leave", "a.md", "Unused days lapse in March.")
LONG = Passage(
    "b-long", "d", "v", "Travel", "b.md",
    "Trains are booked in second class by everybody. Flights need the consent of a director. "
    "Hotels in Oslo cost at most two hundred euros. Taxis are for heavy luggage or late hours. Parking is repaid with a receipt.",
)  # fmt: skip


class LettersEncoder(WordEncoder):
    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text) + 2 for text in texts]


def unread(passage: Passage) -> set[str]:
    """The words that the encoder does not read from the beginning."""
    words, read = passage.searchable.split(), ENCODER.max_tokens - 2
    return set(words[read:]) - set(words[:read])


def words_of(texts: Sequence[str]) -> set[str]:
    return {word for text in texts for word in text.split()}


def near(index: PassageIndex, text: str, passage: Passage) -> float:
    row = np.array([index.rows[passage.passage_id]])
    return float(index.dense.scores_of(ENCODER.encode([text])[0], row)[0])


def test_windows_hold_all_that_follows_the_beginning() -> None:
    texts, owners = later_windows([SHORT, LONG], ENCODER)
    assert set(owners) == {1}
    assert all(text.startswith("Travel\n") for text in texts)
    assert max(ENCODER.count_tokens(texts)) <= ENCODER.max_tokens
    assert unread(LONG) <= words_of(texts)


ENDLESS = " ".join(f"word{number}" for number in range(200))
ITEMS = "Repaid are the following:\n" + "\n".join(
    f"- item{number} with a receipt, up to {number} euros" for number in range(90)
)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Travel", ENDLESS),
        ("Travel " * 9, LONG.text),
        ("Travel " * 30, LONG.text),
        ("", ENDLESS),
        ("Travel", ITEMS),
        ("", ITEMS),
    ],
    ids=[
        "one long sentence",
        "half a heading",
        "only a heading",
        "no heading",
        "a long list",
        "a list without a heading",
    ],
)
def test_no_word_is_in_no_window(title: str, text: str) -> None:
    passage = replace(LONG, title=title.strip(), text=text)
    texts, _ = later_windows([passage], ENCODER)
    assert max(ENCODER.count_tokens(texts)) <= ENCODER.max_tokens
    assert unread(passage) <= words_of(texts)


def test_a_word_longer_than_a_window_is_cut() -> None:
    by_letters = LettersEncoder(max_tokens=20)
    texts, _ = later_windows([replace(LONG, title="", text="x" * 90)], by_letters)
    assert max(by_letters.count_tokens(texts)) <= 20
    assert sum(len(text) for text in texts) >= 70


@pytest.mark.parametrize("text", ["", "...", "\n\n"])
def test_a_passage_without_words_has_no_windows(text: str) -> None:
    headed = replace(LONG, title="Travel " * 30, text=text)
    assert later_windows([headed], ENCODER) == ([], [])
    assert later_windows([], ENCODER) == ([], [])


def test_what_stands_late_in_a_long_passage_is_found() -> None:
    index = PassageIndex.build([SHORT, LONG], ENCODER, windows=True)
    late = "Parking is repaid with a receipt."
    rows, scores = index.dense.search(ENCODER.encode([late])[0], k=2)
    assert [index.passages[row].passage_id for row in rows] == ["b-long", "a-short"]
    assert scores[0] == pytest.approx(near(index, late, LONG))
    assert scores[0] > 2 * near(PassageIndex.build([replace(LONG, text=LONG.text[:90])], ENCODER), late, LONG)
    beginning = DenseIndex.build(index.dense.vectors)
    assert scores[0] > 2 * beginning.scores_of(ENCODER.encode([late])[0], rows[:1])[0]
    only_short = np.array([True, False])
    assert index.dense.search(ENCODER.encode([late])[0], k=2, mask=only_short)[0].tolist() == [0]


def test_windows_stay_with_their_passages_when_an_index_changes() -> None:
    first = PassageIndex.build([LONG, SHORT], ENCODER, windows=True)
    added = replace(LONG, passage_id="a-new", text=LONG.text.replace("Parking", "Laundry"))
    changed = PassageIndex.build([added, LONG], ENCODER, previous=first, windows=True)
    anew = PassageIndex.build([added, LONG], ENCODER, windows=True)
    for passage in (added, LONG):
        for text in ("Parking is repaid with a receipt.", "Laundry is repaid", "Hotels in Oslo"):
            assert near(changed, text, passage) == pytest.approx(near(anew, text, passage))


def test_an_index_for_service_holds_no_windows(tmp_path: Path) -> None:
    assert PassageIndex.build([LONG], ENCODER).dense.later is None
    with pytest.raises(PassageTooLong, match="in memory only"):
        PassageIndex.build([LONG], ENCODER, windows=True).dense.save(tmp_path / "dense.faiss")
    short = PassageIndex.build([SHORT], ENCODER, windows=True)
    short.dense.save(tmp_path / "dense.faiss")
    assert (tmp_path / "dense.faiss").exists()
