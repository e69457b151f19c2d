"""What a model said about a text, kept by (text, model), so that a second run takes seconds.

Kept outside any checkout, in SQLite files with raw little-endian float32 values. A kept value is trusted only after some of
them were computed anew and agree: a model that changed under the same name (another pooling, other weights) is noticed,
and everything kept under that name is dropped.
"""

from __future__ import annotations

import hashlib
import logging
import re
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder import Encoder, has_fast_bfloat16
from retrieval.fusion import Fusion
from retrieval.models import ModelCache
from retrieval.rerank import Reranker

_log = logging.getLogger(__name__)
_CANARIES = 8
#: bfloat16 moves a vector by less than this when its batch changes; another pooling moves it by far more.
_LEAST_COSINE = 0.999
_LARGEST_LOGIT_SHIFT = 0.25


class Kept:
    """A table of float32 rows by text, for one model.

    :param folder: made when it does not exist. Where nothing can be kept there, or what is there is damaged, a warning is logged
        and rows are remembered for this run only.
    :param model: names the file; another model never shares it, nor the same in another precision.
    """

    def __init__(self, folder: Path, model: str) -> None:
        if has_fast_bfloat16():
            model = f"{model} bfloat16"
        readable = re.sub(r"[^\w.-]+", "_", model)[:60]
        self.path = folder / f"{readable}-{hashlib.sha256(model.encode()).hexdigest()[:8]}.sqlite"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._database = _opened(str(self.path))
        except (OSError, sqlite3.Error) as error:
            self._forget(error)

    def get(self, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """The rows that are kept, by key."""
        found: dict[bytes, NDArray[np.float32]] = {}
        try:
            for begin in range(0, len(keys), 500):
                chunk = list(keys[begin : begin + 500])
                marks = ",".join("?" * len(chunk))
                for key, row in self._database.execute(f"SELECT key, row FROM kept WHERE key IN ({marks})", chunk):
                    found[key] = np.frombuffer(row, "<f4")
        except sqlite3.Error as error:
            self._forget(error)
        return found

    def put(self, rows: dict[bytes, NDArray[np.float32]]) -> None:
        values = [(key, np.ascontiguousarray(row, "<f4").tobytes()) for key, row in rows.items()]
        try:
            with self._database:
                self._database.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?)", values)
        except sqlite3.Error as error:
            self._forget(error)

    def clear(self) -> None:
        try:
            with self._database:
                self._database.execute("DELETE FROM kept")
        except sqlite3.Error as error:
            self._forget(error)

    def _forget(self, error: Exception) -> None:
        _log.warning(
            "%s is not used (%s): what is encoded now is not kept; remove the file if it is damaged", self.path, error
        )
        self._database = _opened(":memory:")


def _opened(path: str) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=60)
    database.execute("CREATE TABLE IF NOT EXISTS kept (key BLOB PRIMARY KEY, row BLOB NOT NULL) WITHOUT ROWID")
    return database


def default_folder() -> Path:
    """Beside the model weights, shared by every checkout on the machine."""
    return ModelCache.default().root / "encodings"


class CachedEncoder:
    """An :class:`Encoder` that remembers what it encoded."""

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        self.inner = encoder  #: what is asked for texts that are not kept
        self._kept = Kept(folder, f"encoder {encoder.name} {encoder.dimension} {encoder.max_tokens}")
        self._checked = False

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def dimension(self) -> int:
        return self.inner.dimension

    @property
    def max_tokens(self) -> int:
        return self.inner.max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self.inner.count_tokens(texts)

    def encode(
        self, texts: Sequence[str], *, truncate: bool = False, progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        if not texts:
            return self.inner.encode(texts)
        if not truncate and max(self.inner.count_tokens(texts)) > self.max_tokens:
            return self.inner.encode(texts, truncate=False)  # raises, and says which text is too long
        by_key = {_key(text): text for text in texts}
        found = self._trusted(by_key, self._kept.get(list(by_key)))
        missing = [key for key in by_key if key not in found]
        if missing:
            before = len(found)
            report = (lambda done: progress(before + done)) if progress else None
            vectors = self.inner.encode([by_key[key] for key in missing], truncate=True, progress=report)
            new = dict(zip(missing, vectors, strict=True))
            self._kept.put(new)
            found |= new
        elif progress:
            progress(len(texts))
        return np.stack([found[_key(text)] for text in texts])

    def _trusted(
        self, texts: dict[bytes, str], found: dict[bytes, NDArray[np.float32]]
    ) -> dict[bytes, NDArray[np.float32]]:
        if self._checked or not found:
            return found
        keys = _spread(list(found))
        anew = self.inner.encode([texts[key] for key in keys], truncate=True)
        cosines = [float(vector @ found[key]) for key, vector in zip(keys, anew, strict=True)]
        self._checked = True
        if min(cosines) >= _LEAST_COSINE:
            return found
        _log.warning(
            "%s does not encode as it did (cosine %.3f): its kept encodings are dropped", self.name, min(cosines)
        )
        self._kept.clear()
        return {}


class CachedReranker:
    """A :class:`Reranker` that remembers its scores, apart from those of other weights of its name. Its timings mean
    nothing: measure latency without it."""

    def __init__(self, reranker: Reranker, folder: Path) -> None:
        self._reranker = reranker
        # Not every reranker has a fingerprint: one of the evaluator's own need not.
        weights = getattr(reranker, "weights", "")
        self._kept = Kept(folder, f"reranker {reranker.name} {weights}".rstrip())
        self._checked = False

    @property
    def name(self) -> str:
        return self._reranker.name

    @property
    def fusion(self) -> Fusion:
        return self._reranker.fusion

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        keys = [_key(f"{question}\0{text}") for text in texts]
        found = self._kept.get(keys)
        if len(found) == len(set(keys)) and self._trusts(question, texts, keys, found):
            return np.array([found[key][0] for key in keys], np.float32)
        scores = self._reranker.score(question, texts)
        self._kept.put({key: np.array([score], np.float32) for key, score in zip(keys, scores, strict=True)})
        return scores

    def _trusts(
        self, question: str, texts: Sequence[str], keys: list[bytes], found: dict[bytes, NDArray[np.float32]]
    ) -> bool:
        if self._checked or not keys:
            return True
        anew = self._reranker.score(question, texts)
        shift = max(abs(float(score) - float(found[key][0])) for key, score in zip(keys, anew, strict=True))
        self._checked = True
        if shift <= _LARGEST_LOGIT_SHIFT:
            return True
        _log.warning("%s does not score as it did (logit moved by %.2f): its kept scores are dropped", self.name, shift)
        self._kept.clear()
        return False


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _spread(keys: list[bytes]) -> list[bytes]:
    """A few of the keys, evenly spaced and always the same ones."""
    keys = sorted(keys)
    return keys[:: max(1, len(keys) // _CANARIES)][:_CANARIES]
