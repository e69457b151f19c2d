"""Reading that nobody waits for: a little at a time, whenever nobody waits for an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.waiting import Line
from retrieval.encoder import Encoder

#: About a tenth of a second on one core: what a question may have to wait for.
_AT_ONCE = 16


class PatientEncoder:
    """An encoder for reports. It is used from a thread other than the line's event loop, and waits there for its turns."""

    def __init__(self, encoder: Encoder, line: Line, loop: asyncio.AbstractEventLoop) -> None:
        self._encoder, self._line, self._loop = encoder, line, loop

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
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for at in range(0, len(texts), _AT_ONCE):
            portion = texts[at : at + _AT_ONCE]
            vectors[at : at + len(portion)] = self._in_turn(portion, truncate)
            if progress:
                progress(at + len(portion))
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._encoder.count_tokens(texts)

    def _in_turn(self, texts: Sequence[str], truncate: bool) -> NDArray[np.float32]:
        reading = self._line.run(lambda _: self._encoder.encode(texts, truncate=truncate), idle=True)
        return asyncio.run_coroutine_threadsafe(reading, self._loop).result()
