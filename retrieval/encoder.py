"""Texts to unit vectors: the one door to sentence-transformers' encoders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import ModelUnavailable, PassageTooLong
from retrieval.models import ENCODER, ModelCache, sha256_of

DEFAULT_ENCODER = ENCODER.name


class Encoder(Protocol):
    """Turns texts into unit vectors whose inner product is their similarity."""

    @property
    def name(self) -> str:
        """Saved with an index and compared when it is loaded."""

    @property
    def dimension(self) -> int: ...

    @property
    def max_tokens(self) -> int:
        """The most tokens of a text that are read, special tokens included."""

    def encode(
        self, texts: Sequence[str], *, truncate: bool = False, progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """Embed texts as unit vectors.

        :param texts: any number; an empty list is allowed.
        :param truncate: read only the beginning of texts that are too long, instead of failing.
        :param progress: called with the number of texts encoded so far.
        :returns: shape ``(n_texts, dimension)``, each row of length 1, in the order of the texts.
        :raises PassageTooLong: if a text is longer than :attr:`max_tokens` and ``truncate`` is false.
        """

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as the encoder counts them, its special tokens included."""


class _Turns:
    """A lock that is taken in turns: who takes it again and again, batch after batch, lets whoever waits go first. A plain lock
    mostly goes back to the thread that has just let go of it, and a question waits until all passages are encoded."""

    def __init__(self) -> None:
        self._next, self._held = Lock(), Lock()

    def __enter__(self) -> None:
        with self._next:
            self._held.acquire()

    def __exit__(self, *_: object) -> None:
        self._held.release()


class SentenceEncoder:
    """A sentence-transformers model on the CPU, in bfloat16 where the processor multiplies it natively.

    Safe to share between threads: one text batch is encoded at a time.
    """

    def __init__(self, folder: Path, name: str) -> None:
        import torch
        from sentence_transformers import SentenceTransformer

        self.name = name
        self._torch = torch
        self._turns = _Turns()
        try:
            self._model: Any = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        except (OSError, ValueError) as error:
            raise ModelUnavailable(
                f"{folder} holds no encoder that can be read ({error}); see: policydesk models list"
            ) from error
        self._model.eval()
        if has_fast_bfloat16():
            self._model.to(torch.bfloat16)
        self.dimension = int(self._model.get_embedding_dimension())
        self.max_tokens = int(self._model.max_seq_length)

    def encode(
        self, texts: Sequence[str], *, truncate: bool = False, progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), self.dimension), np.float32)
        if not texts:
            return vectors
        lengths = np.array(self.count_tokens(texts))
        if not truncate and lengths.max() > self.max_tokens:
            longest = int(lengths.argmax())
            raise PassageTooLong(
                f"a passage has {lengths[longest]} tokens, {self.name} reads {self.max_tokens}: "
                f"“{texts[longest][:60]}…”; split it, or use an encoder that reads more"
            )
        done = 0
        for batch in _by_length(np.minimum(lengths, self.max_tokens)):
            vectors[batch] = self._encode_batch([texts[row] for row in batch])
            done += len(batch)
            if progress:
                progress(done)
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        if not texts:
            return []
        tokenizer = self._model.tokenizer.backend_tokenizer
        with self._turns:
            tokenizer.no_truncation()
            tokenizer.no_padding()
            encodings = tokenizer.encode_batch(list(texts), add_special_tokens=True)
        return [len(encoding.ids) for encoding in encodings]

    def _encode_batch(self, texts: list[str]) -> NDArray[np.float32]:
        with self._turns, self._torch.inference_mode():
            rows = self._model.encode(texts, batch_size=len(texts), convert_to_tensor=True, show_progress_bar=False)
            rows = self._torch.nn.functional.normalize(rows.float(), dim=1)
            result: NDArray[np.float32] = rows.numpy()
            return result


def load_encoder(name: str = DEFAULT_ENCODER, *, cache: ModelCache | None = None) -> Encoder:
    """Load an encoder by name: the default one from the model cache, or any sentence-transformers folder.

    :raises ModelUnavailable: if it is neither cached nor a folder.
    """
    if name == DEFAULT_ENCODER:
        return SentenceEncoder((cache or ModelCache.default()).require(ENCODER), name)
    folder = _folder(name)
    return SentenceEncoder(folder, encoder_name(name))


def encoder_name(name: str) -> str:
    """What :func:`load_encoder` would call an encoder, without loading it: a folder's own name and what tells its weights from
    those of others so called.

    :raises ModelUnavailable: if there is no such folder.
    """
    if name == DEFAULT_ENCODER:
        return name
    folder = _folder(name)
    hashed = sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in _READ and path.is_file()):
        hashed.update(f"{path.relative_to(folder).as_posix()} {sha256_of(path)}\n".encode())
    return f"{folder.resolve().name}-{hashed.hexdigest()[:8]}"


#: The files of a sentence-transformers folder that shape its vectors: weights, configuration, vocabulary.
_READ = frozenset([".safetensors", ".bin", ".json", ".txt", ".model"])


def _folder(name: str) -> Path:
    folder = Path(name)
    if not folder.is_dir():
        raise ModelUnavailable(
            f"there is no encoder {name!r}: give {DEFAULT_ENCODER} or a folder with a sentence-transformers model"
        )
    return folder


def has_fast_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 numbers natively (AMX, or AVX-512 BF16 of AMD's Zen 4 and later); elsewhere
    bfloat16 is slower than float32."""
    import torch

    return bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())


#: Tokens a batch may hold: enough to fill the matrix units, small enough for the cache.
_BATCH_TOKENS = 8192


def _by_length(lengths: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Batches of rows of similar length, so that little is padding."""
    batches: list[NDArray[np.int64]] = []
    order = np.argsort(-lengths, kind="stable")
    at = 0
    while at < len(order):
        size = max(1, int(_BATCH_TOKENS // max(int(lengths[order[at]]), 1)))
        batches.append(order[at : at + size])
        at += size
    return batches
