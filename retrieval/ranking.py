"""Orders shared by every search: best first, ties by row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def best_first(
    rows: NDArray[np.int64], scores: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The k rows that score highest, best first; ties go to the lower row, also at the cut.

    Rows follow passage ids, so this is the house rule that ties break by passage id.
    """
    if len(rows) > k > 0:
        # Everything at or above the k-th score is kept, so that a tie at the cut is decided by row, not by chance.
        threshold = np.partition(scores, len(scores) - k)[len(scores) - k]
        reach = scores >= threshold
        rows, scores = rows[reach], scores[reach]
    order = np.lexsort((rows, -scores))[:k]
    return rows[order], scores[order]
