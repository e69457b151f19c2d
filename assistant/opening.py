"""Put an assistant together from settings."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from contextlib import closing

from assistant.answer import Assistant
from assistant.confidence import load_confidence, misfit
from assistant.config import Settings
from assistant.model import Ending, LanguageModel, Message, load_model
from retrieval.encoder import load_encoder
from retrieval.errors import ModelUnavailable
from retrieval.generations import CurrentIndex
from retrieval.keptvectors import KeptVectors
from retrieval.reader import load_reader
from retrieval.rerank import load_reranker

log = logging.getLogger(__name__)


class Expendable:
    """A model whose absence costs the phrasing and not the answer: a draft that fails ends, and the evidence is quoted."""

    def __init__(self, model: LanguageModel) -> None:
        self.name = model.name
        self._model = model

    def stream(self, prompt: Sequence[Message], *, max_tokens: int) -> Generator[str, None, Ending | None]:
        """The model's reply in pieces, as far as it came; what went wrong is logged in one line."""
        try:
            with closing(self._model.stream(prompt, max_tokens=max_tokens)) as draft:
                return (yield from draft)
        except ModelUnavailable as error:
            log.warning("%s; the documents are quoted instead", error)
            return Ending.FAILED


def open_assistant(settings: Settings, *, model: str | None = None) -> Assistant:
    """Load encoder, reranker and language model once; the index is loaded at the first question.

    :param model: another model than the settings name; ``quote`` for none.
    :raises ModelUnavailable: if weights are missing. A model server that is away is no reason not to answer.
    """
    language = load_model(
        model or settings.model, url=settings.model_url, key=settings.model_key, adapter=settings.adapter
    )
    encoder = KeptVectors(load_encoder(settings.encoder))
    confidence = load_confidence(settings.confidence)
    if other := misfit(confidence, settings):
        log.warning("%s", other)
    return Assistant(
        CurrentIndex(settings.home, encoder=encoder.name),
        encoder,
        reranker=load_reranker(settings.reranker),
        reader=load_reader(settings.reader, verifier=settings.verifier),
        confidence=confidence,
        model=Expendable(language) if language and settings.model_url else language,
    )
