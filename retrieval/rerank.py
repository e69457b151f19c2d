"""Rerankers read question and passage together: slower than a search, and better at telling an answer from a look-alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Reranker(Protocol):
    """Scores how well texts answer a question."""

    @property
    def name(self) -> str: ...

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """One score a text, in the order of the texts; higher is better.

        :param texts: ``Passage.searchable`` of each candidate; an empty list is allowed.
        :returns: shape ``(n_texts,)``, the log-odds that the text answers the question.
        """
