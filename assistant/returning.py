"""A generator to go through, and what it returned at its end."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Returning(Generic[T, R]):
    """Goes through a generator once and keeps what it returns.

    ``returned`` is None before its end, and for what is no generator.
    """

    def __init__(self, pieces: Generator[T, None, R] | Iterable[T]) -> None:
        self._pieces = pieces
        self.returned: R | None = None

    def __iter__(self) -> Iterator[T]:
        pieces = iter(self._pieces)
        while True:
            try:
                piece = next(pieces)
            except StopIteration as end:
                self.returned = end.value
                return
            yield piece
