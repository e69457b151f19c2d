"""Put an assistant together from settings."""

from __future__ import annotations

from assistant.answer import Assistant
from assistant.config import Settings
from assistant.model import load_model
from retrieval.encoder import load_encoder
from retrieval.generations import CurrentIndex
from retrieval.keptvectors import KeptVectors
from retrieval.reader import load_reader
from retrieval.rerank import load_reranker


def open_assistant(settings: Settings, *, model: str | None = None) -> Assistant:
    """Load encoder, reranker and language model once; the index is loaded at the first question.

    :param model: another model than the settings name; ``quote`` for none.
    :raises ModelUnavailable: if weights are missing.
    """
    encoder = KeptVectors(load_encoder(settings.encoder))
    return Assistant(
        CurrentIndex(settings.home, encoder=encoder.name),
        encoder,
        reranker=load_reranker(),
        reader=load_reader(),
        model=load_model(
            model or settings.model, url=settings.model_url, key=settings.model_key, adapter=settings.adapter
        ),
    )
