"""An encoder that remembers what it has read lately: the sentences of a library are read once, not at each question."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import blake2b
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder import Encoder

#: Texts kept: about 110 MB of 384 numbers each, the sentences of some 20,000 passages.
MOST_TEXTS = 60_000


class KeptVectors:
    """Vectors of texts by their digests, those used longest ago dropped first. Safe to share between threads.

    Only texts that may be cut are kept; what has to be read whole is read once.
    """

    def __init__(self, encoder: Encoder, most_texts: int = MOST_TEXTS) -> None:
        self.most_texts = most_texts
        self._encoder = encoder
        self._vectors: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._vectors)

    @property
    def name(self) -> str:
        return self._encoder.name

    @property
    def dimension(self) -> int:
        return self._encoder.dimension

    @property
    def max_tokens(self) -> int:
        return self._encoder.max_tokens

    def encode(
        self, texts: Sequence[str], *, truncate: bool = False, progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        if not truncate:
            return self._encoder.encode(texts, progress=progress)
        keys = [_digest(text) for text in texts]
        found = self._kept(keys)
        unread = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        if unread:
            read = self._encoder.encode(list(unread.values()), truncate=True, progress=progress)
            # Copied: a row that is kept must not keep the whole batch.
            new = {key: row.copy() for key, row in zip(unread, read, strict=True)}
            self._keep(new)
            found |= new
        if not keys:
            return np.empty((0, self.dimension), np.float32)
        return np.stack([found[key] for key in keys])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._encoder.count_tokens(texts)

    def _kept(self, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        with self._lock:
            found = {key: self._vectors[key] for key in keys if key in self._vectors}
            for key in found:
                self._vectors.move_to_end(key)
            return found

    def _keep(self, new: dict[bytes, NDArray[np.float32]]) -> None:
        with self._lock:
            self._vectors.update(new)
            while len(self._vectors) > self.most_texts:
                self._vectors.popitem(last=False)


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
