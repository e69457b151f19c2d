"""Fakes that several tests share: ordinary classes that satisfy the protocols."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Generator, Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.model import Ending, Message
from retrieval.errors import PassageTooLong
from retrieval.fusion import Fusion, load_fusion
from retrieval.records import Passage, Reading
from retrieval.terms import terms
from retrieval.verifier import Verifier


class WordEncoder:
    """Embeds a text as its bag of words, hashed: texts that share words are near."""

    def __init__(self, *, name: str = "words", dimension: int = 256, max_tokens: int = 256) -> None:
        self.name = name
        self.dimension = dimension
        self.max_tokens = max_tokens
        self.encoded: list[str] = []

    def encode(
        self, texts: Sequence[str], *, truncate: bool = False, progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        if not truncate and any(count > self.max_tokens for count in self.count_tokens(texts)):
            raise PassageTooLong("a passage is too long")
        self.encoded.extend(texts)
        if truncate:
            texts = [" ".join(text.split()[: self.max_tokens - 2]) for text in texts]
        vectors = np.full((len(texts), self.dimension), 1e-3, np.float32)
        for row, text in enumerate(texts):
            for term in terms(text):
                vectors[row, zlib.crc32(term.encode()) % self.dimension] += 1
        if progress:
            progress(len(texts))
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) + 2 for text in texts]


class OverlapReranker:
    """Scores a text by how many of the question's words it holds."""

    name = "overlap"

    @property
    def fusion(self) -> Fusion:
        return load_fusion()

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        asked = set(terms(question))
        return np.array([len(asked & set(terms(text))) - len(asked) / 2 for text in texts], np.float32)


class OverlapReader:
    """Holds that a passage answers if it has most of the question's words, and points to the first of them."""

    name = "overlap"
    rank_weight = 0.05
    verifier: Verifier | None = None

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        asked = set(terms(question))
        found = []
        for passage in passages:
            words = passage.text.split()
            held = [word for word in words if set(terms(word)) & asked]
            start = passage.text.index(held[0]) if held else 0
            share = len(asked & set(terms(passage.text))) / max(1, len(asked))
            found.append(Reading(10 * (share - 0.5), start, start + len(held[0]) if held else 0, ((start, 1.0),)))
        return found


class ScriptedModel:
    """Says what it was told to say, word by word, and remembers the prompts."""

    def __init__(self, reply: str) -> None:
        self.name = "scripted"
        self.reply = reply
        self.prompts: list[list[Message]] = []

    def stream(self, prompt: Sequence[Message], *, max_tokens: int) -> Generator[str, None, Ending]:
        self.prompts.append(list(prompt))
        for word in self.reply.split(" "):
            yield word + " "
        return Ending.WHOLE
