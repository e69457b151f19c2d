"""Exact nearest passages by cosine: the one door to FAISS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import PassageTooLong
from retrieval.ranking import best_first


@dataclass(frozen=True, slots=True)
class LaterWindows:
    """Vectors of what follows the beginning of long passages, shape ``(n_windows, dimension)``, and the row of each one's
    passage, ascending."""

    vectors: NDArray[np.float32]
    rows: NDArray[np.int64]

    @classmethod
    def joined(cls, parts: Sequence[tuple[LaterWindows | None, NDArray[np.int64]]]) -> LaterWindows | None:
        """Windows of several indexes as those of one; None where no index has any.

        :param parts: windows, and the new row of each old one, below 0 for passages that are left out.
        """
        moved = [(one.vectors, rows[one.rows]) for one, rows in parts if one is not None]
        if not moved:
            return None
        vectors, rows = (np.concatenate(column) for column in zip(*moved, strict=True))
        order = np.argsort(rows, kind="stable")[np.count_nonzero(rows < 0) :]
        return cls(vectors[order], rows[order])


class DenseIndex:
    """Immutable. Rows are positions in the list of passages it was built from.

    :param later: a passage is as near as the nearest of its windows; the index then lives in memory only.
    """

    def __init__(self, vectors: NDArray[np.float32], later: LaterWindows | None = None) -> None:
        import faiss

        self.later = later if later is not None and len(later.rows) else None

        self.vectors = np.ascontiguousarray(vectors, np.float32)
        self._faiss: Any = faiss.IndexFlatIP(self.vectors.shape[1])
        self._faiss.add(self.vectors)
        # The flat index copied the vectors; read them from there, so that they are in memory once.
        self.vectors = faiss.rev_swig_ptr(self._faiss.get_xb(), self.vectors.size).reshape(self.vectors.shape)

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def dimension(self) -> int:
        return int(self.vectors.shape[1])

    @classmethod
    def build(cls, vectors: NDArray[np.float32], later: LaterWindows | None = None) -> DenseIndex:
        """:param vectors: shape ``(n_passages, dimension)``, rows of length 1; n may be 0."""
        return cls(vectors, later)

    def search(
        self, vector: NDArray[np.float32], *, k: int, mask: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The k passages of highest cosine, best first, ties by row.

        :param vector: shape ``(dimension,)``, length 1.
        :param mask: shape ``(n_passages,)``, true where a passage may be found.
        :returns: rows and cosines; fewer than k where fewer may be found.
        """
        import faiss

        if not len(self) or (mask is not None and not mask.any()):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        if self.later is not None:
            scores = _cosines(self.vectors, vector)
            np.maximum.at(scores, self.later.rows, _cosines(self.later.vectors, vector))
            rows = np.arange(len(self)) if mask is None else np.flatnonzero(mask)
            return best_first(rows, scores[rows], k)
        parameters = None
        if mask is not None:
            bits = np.packbits(mask, bitorder="little")
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bits))  # type: ignore[call-arg,arg-type]
        # Rows are unit vectors, so FAISS's inner product is the cosine.
        scores, nearest = self._faiss.search(vector.reshape(1, -1), min(k, len(self)), params=parameters)
        found = nearest[0] >= 0
        return best_first(nearest[0][found].astype(np.int64), scores[0][found].astype(np.float32), k)

    def scores_of(self, vector: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Cosine of each row, in the given order."""
        result = _cosines(self.vectors[rows], vector)
        if self.later is not None:
            of_these = np.isin(self.later.rows, rows)
            nearest = np.full(len(self), -1.0, np.float32)
            np.maximum.at(nearest, self.later.rows[of_these], _cosines(self.later.vectors[of_these], vector))
            result = np.maximum(result, nearest[rows])
        return result

    def save(self, path: Path) -> None:
        """Write the index.

        :raises PassageTooLong: if passages are read in windows, which are not kept.
        """
        import faiss

        if self.later is not None:
            raise PassageTooLong(
                "an index of windows lives in memory only; split long passages before they are indexed"
            )

        faiss.write_index(self._faiss, str(path))

    @classmethod
    def load(cls, path: Path) -> DenseIndex:
        """Read a saved index. FAISS accepts most flipped bytes silently: check the file's sha256 first."""
        import faiss

        index: Any = faiss.read_index(str(path))
        loaded = cls.__new__(cls)
        loaded._faiss, loaded.later = index, None
        if index.ntotal:
            loaded.vectors = faiss.rev_swig_ptr(index.get_xb(), index.ntotal * index.d).reshape(index.ntotal, index.d)
        else:
            loaded.vectors = np.empty((0, index.d), np.float32)
        return loaded


def _cosines(vectors: NDArray[np.float32], vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each row's inner product with the vector, the same for equal rows."""
    # BLAS sums a row by where it lies in its block, so that of equal passages one came out ahead in the last bit.
    return np.asarray(np.einsum("ij,j->i", vectors, vector), np.float32)
