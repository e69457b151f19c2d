from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from evals.encodings import CachedEncoder, CachedReranker
from retrieval.errors import PassageTooLong
from tests.fakes import OverlapReranker, WordEncoder

TEXTS = ["leave carries over", "expenses within thirty days", "laptops are encrypted"]


class FirstWordEncoder(WordEncoder):
    """The same name, another pooling: only the first word counts."""

    def encode(
        self, texts: Sequence[str], *, truncate: bool = False, progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        return super().encode([text.split()[0] for text in texts], truncate=truncate, progress=progress)


class Doubling(OverlapReranker):
    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        return 2 * super().score(question, texts) + 1


class Shifted(OverlapReranker):
    """Weights of the same name that score otherwise."""

    def __init__(self, shift: float) -> None:
        super().__init__()
        self.weights = f"shifted by {shift}"
        self._shift = np.float32(shift)

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        return super().score(question, texts) + self._shift


def test_a_second_run_encodes_only_what_it_checks(tmp_path: Path) -> None:
    first = CachedEncoder(WordEncoder(), tmp_path).encode(TEXTS, truncate=True)
    inner = WordEncoder()
    again = CachedEncoder(inner, tmp_path)
    assert np.array_equal(again.encode(TEXTS[::-1], truncate=True), first[::-1])
    checked = len(inner.encoded)
    again.encode(TEXTS, truncate=True)
    assert len(inner.encoded) == checked <= 8


def test_an_encoder_that_changed_under_its_name_is_noticed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    CachedEncoder(WordEncoder(), tmp_path).encode(TEXTS, truncate=True)
    with caplog.at_level(logging.WARNING):
        found = CachedEncoder(FirstWordEncoder(), tmp_path).encode(TEXTS, truncate=True)
    assert np.array_equal(found, FirstWordEncoder().encode(TEXTS))
    assert "does not encode as it did" in caplog.text


def test_encoders_of_other_names_share_nothing(tmp_path: Path) -> None:
    CachedEncoder(WordEncoder(), tmp_path).encode(TEXTS, truncate=True)
    inner = FirstWordEncoder(name="first")
    CachedEncoder(inner, tmp_path).encode(TEXTS, truncate=True)
    assert sorted(inner.encoded) == ["expenses", "laptops", "leave"]


@pytest.mark.parametrize("trouble", ["damaged", "no folder", "read only"])
def test_what_cannot_be_kept_costs_time_and_not_the_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, trouble: str
) -> None:
    kept = CachedEncoder(WordEncoder(), tmp_path)._kept
    folder = tmp_path
    if trouble == "damaged":
        kept.path.write_bytes(b"no database " * 1000)
    elif trouble == "no folder":
        folder = tmp_path / "file" / "encodings"
        folder.parent.touch()
    encoder = CachedEncoder(WordEncoder(), folder)
    if trouble == "read only":
        encoder._kept._database = sqlite3.connect(f"file:{kept.path}?mode=ro", uri=True)
    for _ in range(2):
        assert np.array_equal(encoder.encode(TEXTS, truncate=True), WordEncoder().encode(TEXTS))
    assert [message.partition(" (")[0] for message in caplog.messages] == [f"{encoder._kept.path} is not used"]


def test_a_passage_too_long_is_still_refused(tmp_path: Path) -> None:
    encoder = CachedEncoder(WordEncoder(max_tokens=4), tmp_path)
    with pytest.raises(PassageTooLong):
        encoder.encode(["one two three four"])


def test_a_question_with_half_a_character_has_a_key(tmp_path: Path) -> None:
    question = "leave \ud83d days"
    first, again = (CachedReranker(OverlapReranker(), tmp_path).score(question, TEXTS) for _ in range(2))
    assert first.tolist() == again.tolist()


def test_no_texts_give_no_rows(tmp_path: Path) -> None:
    assert CachedEncoder(WordEncoder(), tmp_path).encode([]).shape == (0, 256)


def test_reranker_scores_are_kept_until_the_reranker_changes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = CachedReranker(OverlapReranker(), tmp_path).score("leave days", TEXTS)
    assert np.array_equal(CachedReranker(OverlapReranker(), tmp_path).score("leave days", TEXTS), first)
    with caplog.at_level(logging.WARNING):
        changed = CachedReranker(Doubling(), tmp_path).score("leave days", TEXTS)
    assert np.array_equal(changed, Doubling().score("leave days", TEXTS))
    assert "does not score as it did" in caplog.text


def test_two_rerankers_of_one_name_at_once_keep_their_scores_apart(tmp_path: Path) -> None:
    one, other = CachedReranker(Shifted(1), tmp_path), CachedReranker(Shifted(5), tmp_path)
    one.score("expenses", TEXTS)
    one.score("expenses", TEXTS)  # what was kept has been checked
    other.score("leave days", TEXTS)
    assert np.array_equal(one.score("leave days", TEXTS), Shifted(1).score("leave days", TEXTS))
