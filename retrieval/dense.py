"""Exact nearest passages by cosine: the one door to FAISS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.ranking import best_first


class DenseIndex:
    """Immutable. Rows are positions in the list of passages it was built from."""

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        import faiss

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
    def build(cls, vectors: NDArray[np.float32]) -> DenseIndex:
        """:param vectors: shape ``(n_passages, dimension)``, rows of length 1; n may be 0."""
        return cls(vectors)

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
        parameters = None
        if mask is not None:
            bits = np.packbits(mask, bitorder="little")
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bits))  # type: ignore[call-arg,arg-type]
        # Rows are unit vectors, so FAISS's inner product is the cosine.
        scores, rows = self._faiss.search(vector.reshape(1, -1), min(k, len(self)), params=parameters)
        found = rows[0] >= 0
        return best_first(rows[0][found].astype(np.int64), scores[0][found].astype(np.float32), k)

    def scores_of(self, vector: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Cosine of each row, in the given order."""
        result: NDArray[np.float32] = self.vectors[rows] @ vector
        return result

    def save(self, path: Path) -> None:
        import faiss

        faiss.write_index(self._faiss, str(path))

    @classmethod
    def load(cls, path: Path) -> DenseIndex:
        """Read a saved index. FAISS accepts most flipped bytes silently: check the file's sha256 first."""
        import faiss

        index: Any = faiss.read_index(str(path))
        loaded = cls.__new__(cls)
        loaded._faiss = index
        if index.ntotal:
            loaded.vectors = faiss.rev_swig_ptr(index.get_xb(), index.ntotal * index.d).reshape(index.ntotal, index.d)
        else:
            loaded.vectors = np.empty((0, index.d), np.float32)
        return loaded
