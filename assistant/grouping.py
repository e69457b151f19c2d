"""Questions of one meaning: many of them are grouped in a process of their own.

Grouping a few thousand takes a second in which no other thread of the process could go on, and 130 MB that it would keep.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import NotReady

#: So many are grouped sooner than a process begins.
_FEW = 400
_CHILD = "from assistant.grouping import serve; serve()"


def clusters(vectors: NDArray[np.float32], similarity: float) -> NDArray[np.int64]:
    """Average-linkage clusters: a label for each row, shape ``(n,)``; rows whose mean cosine is over ``similarity`` share one.

    :param vectors: unit length, shape ``(n, d)``, at least one.
    :raises NotReady: if the process that groups many of them was ended.
    """
    if len(vectors) <= _FEW:
        return _clusters(vectors, similarity)
    given = io.BytesIO()
    np.save(given, vectors)
    command = [sys.executable, "-c", _CHILD, str(similarity)]
    child = subprocess.run(command, input=given.getvalue(), capture_output=True, check=False)
    if child.returncode:
        said = child.stderr.decode(errors="replace").strip().splitlines()[-1:] or [f"status {child.returncode}"]
        raise NotReady(
            f"the questions could not be grouped ({said[0]}); see that there is memory left, and open the report again"
        )
    labels: NDArray[np.int64] = np.load(io.BytesIO(child.stdout))
    return labels


def serve() -> None:
    """What the process does: vectors come in, labels go out, and whoever waits for an answer goes first."""
    os.nice(10)
    labels = _clusters(np.load(io.BytesIO(sys.stdin.buffer.read())), float(sys.argv[1]))
    np.save(sys.stdout.buffer, labels)


def _clusters(vectors: NDArray[np.float32], similarity: float) -> NDArray[np.int64]:
    if len(vectors) == 1:
        return np.zeros(1, np.int64)
    from scipy.cluster.hierarchy import fcluster, linkage

    # Row by row: all pairs at once take five times the memory.
    distances = np.empty(len(vectors) * (len(vectors) - 1) // 2)
    at = 0
    for row in range(len(vectors) - 1):
        below = 1 - vectors[row + 1 :] @ vectors[row]
        distances[at : at + len(below)] = below
        at += len(below)
    np.maximum(distances, 0, out=distances)
    labels: NDArray[np.int64] = fcluster(linkage(distances, "average"), 1 - similarity, "distance").astype(np.int64)
    return labels
