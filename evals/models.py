"""The models that are measured, and an assistant that answers from the evaluator's own corpus."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from assistant import confidence
from assistant.adapter import Adapter
from assistant.answer import AnswerConfig, Assistant
from assistant.confidence import Confidence, load_confidence
from assistant.config import Settings
from assistant.model import DEFAULT_MODEL, DEFAULT_SHA256
from evals.encodings import CachedEncoder
from retrieval.encoder import Encoder
from retrieval.generations import CurrentIndex
from retrieval.index import PassageIndex
from retrieval.models import ENCODER
from retrieval.reader import Reader
from retrieval.records import Passage
from retrieval.rerank import Reranker
from retrieval.search import Mode
from retrieval.weightfolder import fingerprint

_SHA256 = re.compile(r"^[0-9a-f]{64}$")


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
        load_encoder(settings.encoder), load_reranker(settings.reranker), load_reader(settings.reader, verifier=settings.verifier),
        load_confidence(settings.confidence),
    )  # fmt: skip


def fingerprints(models: Models | None, settings: Settings, *, model: str = "quote") -> dict[str, str]:
    """What tells the weights in use from others, by what they are: the beginnings of sha256 sums, names where nothing better
    is known.

    :param models: None where nothing is searched or read.
    :param settings: what the models were loaded by.
    :param model: the language model in use; ``quote`` for none.
    """
    found: dict[str, str] = {}
    if models is not None:
        known = confidence.fingerprints(settings)
        loaded = {"reranker": models.reranker, "reader": models.reader}
        found = {kind: known[kind] for kind, weights in loaded.items() if weights is not None}
        if models.reader is not None and models.reader.verifier is not None:
            found["verifier"] = known["verifier"]
        is_default = settings.encoder == ENCODER.name
        found["encoder"] = ENCODER.files["model.safetensors"] if is_default else Path(known["encoder"]).name
        layers = models.confidence
        fitted = [layer for layer in (layers.read, layers.unread, layers.verified) if layer]
        said = json.dumps([layers.threshold, *(asdict(layer) for layer in fitted)])
        found["confidence"] = hashlib.sha256(said.encode()).hexdigest()
    if model == DEFAULT_MODEL and not settings.model_url:
        found["generator"] = DEFAULT_SHA256
        if adapter := Adapter.chosen(settings.adapter, DEFAULT_SHA256):
            found["adapter"] = fingerprint(adapter.folder)
    elif model != "quote":
        found["generator"] = model
    return {kind: _SHA256.sub(lambda whole: whole.group()[:12], one) for kind, one in sorted(found.items())}


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
