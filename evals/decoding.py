"""``eval decoding``: how long a draft takes, token by token and with guesses from the prompt, on the prompts that serve."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

from assistant.conversation import standalone
from assistant.evidence import distil
from assistant.model import Message, TransformersModel
from assistant.prompt import answer_prompt
from evals.data import BenchData
from evals.systems import history_of, scope_of
from retrieval.search import Searcher

#: Called with (what is being done, questions done, questions in all).
Progress = Callable[[str, int, int], None]
_LONGEST_DRAFT = 96
_HITS = 10


@dataclass(frozen=True, slots=True)
class Timed:
    """One draft, decoded both ways on the same machine right after one another."""

    prompt_tokens: int
    reply_tokens: int
    same: bool  #: whether both ways wrote the same text
    plain_first_ms: float
    plain_ms: float
    lookup_first_ms: float
    lookup_ms: float

    @property
    def ratio(self) -> float:
        """How many times quicker the whole draft is with guesses."""
        return self.plain_ms / self.lookup_ms


def prompts(data: BenchData, searcher: Searcher, limit: int) -> list[list[Message]]:
    """The prompts of the first questions that have evidence."""
    found = []
    for question in data.questions[:limit]:
        text = standalone(question.text, history_of(question.metadata))
        hits = searcher.search(text, k=_HITS, scope=scope_of(question.metadata)).hits
        if evidence := distil(text, hits, encoder=searcher.encoder):
            found.append(answer_prompt(text, evidence))
    return found


def time_decoding(
    asked: Sequence[Sequence[Message]], plain: TransformersModel, lookup: TransformersModel, *,
    progress: Progress | None = None,
) -> list[Timed]:  # fmt: skip
    """Draft every prompt with both models, which have the same weights; which goes first changes with each prompt."""
    if asked:  # the first run of a model is slower
        for model in (plain, lookup):
            _timed(model, asked[0])
    timed = []
    for done, prompt in enumerate(asked, start=1):
        both = {model: _timed(model, prompt) for model in ((plain, lookup) if done % 2 else (lookup, plain))}
        (said, first_ms, total_ms), (said_too, lookup_first_ms, lookup_ms) = both[plain], both[lookup]
        timed.append(
            Timed(
                prompt_tokens=sum(plain.count_tokens(message["content"]) for message in prompt),
                reply_tokens=plain.count_tokens(said),
                same=said == said_too,
                plain_first_ms=first_ms,
                plain_ms=total_ms,
                lookup_first_ms=lookup_first_ms,
                lookup_ms=lookup_ms,
            )
        )
        if progress:
            progress("decoding", done, len(asked))
    return timed


def to_json(timed: Sequence[Timed]) -> dict[str, Any]:
    """Medians over the drafts, and the share of them that both ways wrote alike; None where there are no drafts."""
    if not timed:
        return {"drafts": 0}
    plain = sum(one.plain_ms for one in timed)
    lookup = sum(one.lookup_ms for one in timed)
    tokens = sum(one.reply_tokens for one in timed)
    return {
        "drafts": len(timed),
        "same_text": sum(one.same for one in timed) / len(timed),
        "times_quicker": plain / lookup,
        "times_quicker_p50": median(one.ratio for one in timed),
        "prompt_tokens_p50": median(one.prompt_tokens for one in timed),
        "reply_tokens_p50": median(one.reply_tokens for one in timed),
        "plain": {
            "first_ms_p50": median(one.plain_first_ms for one in timed),
            "total_ms_p50": median(one.plain_ms for one in timed),
            "tokens_per_s": 1000 * tokens / plain,
        },
        "lookup": {
            "first_ms_p50": median(one.lookup_first_ms for one in timed),
            "total_ms_p50": median(one.lookup_ms for one in timed),
            "tokens_per_s": 1000 * tokens / lookup,
        },
    }


def _timed(model: TransformersModel, prompt: Sequence[Message]) -> tuple[str, float, float]:
    began = perf_counter()
    said, first_ms = "", 0.0
    for piece in model.stream(prompt, max_tokens=_LONGEST_DRAFT):
        if piece and not said:
            first_ms = (perf_counter() - began) * 1000
        said += piece
    return said, first_ms, (perf_counter() - began) * 1000
