"""Rerankers read question and passage together: slower than a search, and better at telling an answer from a look-alike."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder import has_fast_bfloat16
from retrieval.errors import ModelUnavailable
from retrieval.fusion import Fusion, load_fusion
from retrieval.keptstates import KeptStates
from retrieval.models import ENCODER, ModelCache
from retrieval.weightfolder import SHIPPED, fill, fingerprint_of

#: What is read of a text: a question loses its middle, a passage its end.
QUESTION_TOKENS = 128
PASSAGE_TOKENS = 384
#: Tokens a batch may hold, padding included: enough to fill the matrix units, small enough for the cache.
BATCH_TOKENS = 2048
#: Texts whose tokens are kept: as many passages as there is room for their states.
_MOST_ROWS = 2_000


class Reranker(Protocol):
    """Scores how well texts answer a question."""

    @property
    def name(self) -> str: ...

    @property
    def fusion(self) -> Fusion:
        """What its log-odds count beside the first stage, and how that is fused."""

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """One score a text, in the order of the texts; higher is better.

        :param texts: ``Passage.searchable`` of each candidate; an empty list is allowed.
        :returns: shape ``(n_texts,)``, the log-odds that the text answers the question.
        """


class InteractionReranker:
    """Our trained network, in bfloat16 where the processor multiplies it natively. Safe to share between threads.

    A passage is read without the question, so what was read last is kept and only compared the next time.

    :param scale: with ``offset``, turns the network's output into calibrated log-odds.
    :param fusion: None for what nobody has chosen.
    :param weights: tells the weights from others of the same name.
    """

    def __init__(
        self, network: Any, tokenizer: Any, name: str, *, scale: float = 1.0, offset: float = 0.0, fusion: Fusion | None = None,
        weights: str = "",
    ) -> None:  # fmt: skip
        self.name = name
        self.weights = weights
        self.fusion = fusion or Fusion()
        self._network = network
        self._tokenizer = tokenizer
        self._scale, self._offset = scale, offset
        self._kept = KeptStates()
        self._row = lru_cache(maxsize=_MOST_ROWS)(self._tokens)
        self._lock = Lock()

    @classmethod
    def load(cls, folder: Path, encoder_folder: Path) -> InteractionReranker:
        """Read trained weights, and the word embeddings and tokenizer that they share with the encoder.

        :raises WeightsDamaged: if a file differs from the manifest.
        :raises ModelUnavailable: if the folder holds no manifest.
        """
        import torch

        from retrieval.interaction import InteractionNetwork, TextTokenizer

        network = InteractionNetwork.from_encoder(encoder_folder).eval()
        manifest = fill(network, folder, kind="reranker")
        if has_fast_bfloat16():
            network.bert.to(torch.bfloat16)
        scale, offset = manifest["calibration"]["scale"], manifest["calibration"]["offset"]
        fusion = load_fusion(folder / "fusion.json")
        return cls(
            network, TextTokenizer(encoder_folder), manifest["name"], scale=scale, offset=offset, fusion=fusion,
            weights=fingerprint_of(manifest),
        )  # fmt: skip

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        import torch

        from retrieval.interaction import cut_question

        if not texts:
            return np.empty(0, np.float32)
        with self._lock, torch.inference_mode():
            asked = self._tokenizer.encode([question])[0].ids
            states = self._network.states(*self._tokenizer.batch([cut_question(asked, QUESTION_TOKENS)]))
            rows = [self._row(text) for text in texts]
            self._read(rows)
            scores = np.empty(len(texts), np.float32)
            for chosen in batches([len(row) + 2 for row in rows]):
                scores[chosen] = self._network.log_odds(states, self._kept.batch([rows[at] for at in chosen])).numpy()
            self._kept.shrink()
        return scores * np.float32(self._scale) + np.float32(self._offset)

    def read(self, texts: Sequence[str]) -> None:
        """Read texts that will be scored, before a question comes."""
        import torch

        with self._lock, torch.inference_mode():
            self._read([self._row(text) for text in texts])
            self._kept.shrink()

    def _tokens(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode([text])[0].ids[:PASSAGE_TOKENS])

    def _read(self, rows: Sequence[tuple[int, ...]]) -> None:
        """Bring the states of all texts into what is kept; those that are there are not read again."""
        unread = [row for row in dict.fromkeys(rows) if row not in self._kept]
        for chosen in batches([len(row) + 2 for row in unread]):
            batch = [unread[at] for at in chosen]
            self._kept.add(batch, self._network.states(*self._tokenizer.batch(batch)))


class SentenceCrossEncoder:
    """Any one-score cross-encoder that sentence-transformers can read from a folder. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        from sentence_transformers import CrossEncoder

        try:
            self._model: Any = CrossEncoder(str(folder), device="cpu", local_files_only=True)
        except (OSError, ValueError) as error:
            raise ModelUnavailable(
                f"{folder} holds no reranker that can be read ({error}); give a folder written by policydesk tune reranker"
                " or a sentence-transformers CrossEncoder"
            ) from error
        self.name = folder.name
        self.weights = str(folder.resolve())
        self.fusion = load_fusion(folder / "fusion.json")
        self._lock = Lock()

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        from torch.nn import Identity

        if not texts:
            return np.empty(0, np.float32)
        with self._lock:
            scores = self._model.predict(
                [(question, text) for text in texts], activation_fn=Identity(), show_progress_bar=False
            )
        return np.asarray(scores, np.float32).reshape(len(texts))


def load_reranker(name: str | None = None, *, cache: ModelCache | None = None) -> Reranker | None:
    """Load a reranker: the one that ships with Policydesk, or the one in a folder.

    :param name: a folder written by ``policydesk tune reranker``, or any sentence-transformers cross-encoder's.
    :returns: None if none was named and none ships.
    :raises ModelUnavailable: if there is no such folder, or the encoder that it shares its words with is not cached.
    :raises WeightsDamaged: if a file differs from the manifest.
    """
    folder = SHIPPED / "reranker" if name is None else Path(name)
    if name is None and not (folder / "manifest.json").exists():
        return None
    if not folder.is_dir():
        raise ModelUnavailable(f"there is no reranker {folder}; give a folder written by: policydesk tune reranker")
    if (folder / "manifest.json").exists():
        return InteractionReranker.load(folder, (cache or ModelCache.default()).require(ENCODER))
    return SentenceCrossEncoder(folder)


def batches(lengths: Sequence[int]) -> list[list[int]]:
    """Rows in batches of similar length, longest first, each of at most BATCH_TOKENS with its padding (or one row)."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    found: list[list[int]] = []
    for row in order:
        if found and lengths[found[-1][0]] * (len(found[-1]) + 1) <= BATCH_TOKENS:
            found[-1].append(row)
        else:
            found.append([row])
    return found
