"""The models that are measured, and an assistant that answers from the evaluator's own corpus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.answer import AnswerConfig, Assistant
from assistant.confidence import Confidence, load_confidence
from assistant.config import Settings
from evals.encodings import CachedEncoder
from retrieval.encoder import Encoder
from retrieval.generations import CurrentIndex
from retrieval.index import PassageIndex
from retrieval.reader import Reader
from retrieval.records import Passage
from retrieval.rerank import Reranker
from retrieval.search import Mode


@dataclass(frozen=True, slots=True)
class Models:
    """What our systems search, read and decide with. ``reranker`` and ``reader`` are None where there are no weights for
    them."""

    encoder: Encoder
    reranker: Reranker | None
    reader: Reader | None = None
    confidence: Confidence = field(default_factory=load_confidence)


class HeldIndex(CurrentIndex):
    """An index in memory where an assistant expects the one in service."""

    def __init__(self, index: PassageIndex) -> None:
        self._held = index

    def get(self) -> PassageIndex:
        return self._held


def load_models(settings: Settings) -> Models:
    """What the settings name, or what ships.

    :raises ModelUnavailable: if weights are missing.
    """
    from retrieval.encoder import load_encoder
    from retrieval.reader import load_reader
    from retrieval.rerank import load_reranker

    return Models(
        load_encoder(settings.encoder), load_reranker(settings.reranker), load_reader(settings.reader),
        load_confidence(settings.confidence),
    )  # fmt: skip


def assistant_over(
    passages: Sequence[Passage],
    models: Models,
    settings: Settings,
    *,
    model: str | None,
    cache: Path,
    mode: Mode = Mode.HYBRID,
) -> Assistant:
    """An assistant whose whole library is these passages; texts too long for the encoder are read in windows.

    :param mode: which first stage finds what it answers from.
    :param model: another language model than the settings name; ``quote`` for none.
    :raises ModelUnavailable: if weights are missing.
    """
    from assistant.model import load_model

    index = PassageIndex.build(passages, CachedEncoder(models.encoder, cache), windows=True)
    language = load_model(
        model or settings.model, url=settings.model_url, key=settings.model_key, adapter=settings.adapter
    )
    return Assistant(
        HeldIndex(index), models.encoder, reranker=models.reranker, reader=models.reader, model=language,
        confidence=models.confidence, config=AnswerConfig(mode=mode),
    )  # fmt: skip
