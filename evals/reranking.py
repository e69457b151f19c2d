"""``eval reranking``: how long the reranker takes over twenty passages, beside a cross-encoder of the same shape.

The cross-encoder has random weights: it is there to be timed, in float32, as sentence-transformers runs it. It reads question
and passage together at every question; ours reads a passage once, without the question, and keeps what it read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from retrieval.encoder import Encoder
from retrieval.rerank import Reranker, SentenceCrossEncoder
from retrieval.sentences import sentence_spans

PASSAGES = 20
LONG_TOKENS = 256


@dataclass(frozen=True, slots=True)
class Round:
    """One question over twenty passages, each way right after one another."""

    tokens: int  #: of all passages
    unread_ms: float  #: ours, over passages that it has never seen
    kept_ms: float  #: ours again with another question
    cross_encoder_ms: float


def long_passages(texts: Sequence[str], encoder: Encoder, rounds: int) -> list[list[str]]:
    """Different passages of 256 tokens for each round, strung together from sentences of the texts.

    :returns: as many rounds as the texts have sentences for, at most ``rounds``.
    """
    sentences = [text[span.start : span.end] for text in texts for span in sentence_spans(text)]
    passages: list[str] = []
    passage: list[str] = []
    length = 0
    for sentence, tokens in zip(sentences, encoder.count_tokens(sentences), strict=True):
        if length + tokens > LONG_TOKENS and passage:
            passages.append(" ".join(passage))
            passage, length = [], 0
        passage.append(sentence)
        length += tokens
    return in_rounds(passages, rounds)


def in_rounds(texts: Sequence[str], rounds: int) -> list[list[str]]:
    """The texts, each once, in groups of twenty; a last group that is not full is left out."""
    once = list(dict.fromkeys(texts))
    return [once[begin : begin + PASSAGES] for begin in range(0, len(once) - PASSAGES + 1, PASSAGES)][:rounds]


def time_reranking(
    rounds: Sequence[Sequence[str]], questions: Sequence[str], ours: Reranker, encoder: Encoder, cross_encoder: Reranker,
    *, progress: Callable[[str, int, int], None] | None = None,
) -> list[Round]:  # fmt: skip
    """Score each round's passages: unread, kept and by the cross-encoder; the first round is not counted, because everything
    is slower when it runs for the first time.

    :param questions: at least two.
    """
    timed = []
    for done, texts in enumerate(rounds, start=1):
        asked, other = questions[done % len(questions)], questions[(done + 1) % len(questions)]
        before = _ms(cross_encoder, asked, texts) if done % 2 else None
        unread = _ms(ours, asked, texts)
        kept = _ms(ours, other, texts)
        timed.append(
            Round(sum(encoder.count_tokens(list(texts))), unread, kept, before or _ms(cross_encoder, asked, texts))
        )
        if progress:
            progress("reranking", done, len(rounds))
    return timed[1:]


def untrained_cross_encoder(folder: Path) -> SentenceCrossEncoder:
    """A cross-encoder with an encoder's shape and tokenizer, and with random weights.

    :param folder: of the encoder.
    """
    import torch
    from transformers import AutoConfig, AutoTokenizer, BertForSequenceClassification

    torch.manual_seed(0)
    config = AutoConfig.from_pretrained(folder, local_files_only=True, num_labels=1)
    with TemporaryDirectory(prefix="policydesk-cross-encoder-") as scratch:
        BertForSequenceClassification(config).save_pretrained(scratch)
        AutoTokenizer.from_pretrained(folder, local_files_only=True).save_pretrained(scratch)
        return SentenceCrossEncoder(Path(scratch))


def to_json(timed: Sequence[Round]) -> dict[str, Any]:
    """Medians, and how many times quicker than the cross-encoder all rounds were."""
    if not timed:
        return {"rounds": 0}
    cross_encoder_ms = sum(one.cross_encoder_ms for one in timed)
    return {
        "rounds": len(timed),
        "passages": PASSAGES,
        "tokens_p50": median(one.tokens for one in timed),
        "cross_encoder": {"ms_p50": median(one.cross_encoder_ms for one in timed)},
        "unread": {
            "ms_p50": median(one.unread_ms for one in timed),
            "times_quicker": cross_encoder_ms / sum(one.unread_ms for one in timed),
        },
        "kept": {
            "ms_p50": median(one.kept_ms for one in timed),
            "times_quicker": cross_encoder_ms / sum(one.kept_ms for one in timed),
        },
    }


def _ms(reranker: Reranker, question: str, texts: Sequence[str]) -> float:
    began = perf_counter()
    reranker.score(question, texts)
    return (perf_counter() - began) * 1000
