"""``eval decoding``: how long a draft takes, token by token and with guesses from its evidence, on the prompts that serve."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time
from typing import Any

from assistant.conversation import standalone
from assistant.evidence import distil
from assistant.finding import history_of
from assistant.model import LanguageModel, Message
from assistant.prompt import answer_prompt
from evals.data import BenchData
from retrieval.particulars import scope_of
from retrieval.search import Searcher

#: Called with (what is being done, questions done, questions in all).
Progress = Callable[[str, int, int], None]
_LONGEST_DRAFT = 96
_HITS = 10


@dataclass(frozen=True, slots=True)
class Written:
    """One draft as one model wrote it.

    ``pieces``: how many it came in; a model that guesses shows one a pass. ``processor_ms``: of all cores together, which says
    more than the clock where the machine is busy.
    """

    text: str
    first_ms: float
    total_ms: float
    processor_ms: float
    pieces: int


@dataclass(frozen=True, slots=True)
class Timed:
    """One prompt drafted by each model, right after one another."""

    prompt_tokens: int
    reply_tokens: int
    written: Mapping[str, Written]  #: by the model's name here; ``plain`` is what the others are compared with


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
    asked: Sequence[Sequence[Message]], models: Mapping[str, LanguageModel], count: Callable[[str], int], *,
    progress: Progress | None = None,
) -> list[Timed]:  # fmt: skip
    """Draft every prompt with every model; which goes first changes with each prompt.

    :param models: by name, among them ``plain``.
    :param count: the tokens of a text.
    """
    names = list(models)
    for name in names if asked else ():  # the first run of a model is slower
        _written(models[name], asked[0])
    timed = []
    for done, prompt in enumerate(asked):
        turn = done % len(names)
        written = {name: _written(models[name], prompt) for name in names[turn:] + names[:turn]}
        timed.append(
            Timed(
                prompt_tokens=sum(count(message["content"]) for message in prompt),
                reply_tokens=count(written["plain"].text),
                written={name: written[name] for name in names},
            )
        )
        if progress:
            progress("decoding", done + 1, len(asked))
    return timed


def to_json(timed: Sequence[Timed]) -> dict[str, Any]:
    """For each model medians over the drafts, the share of them that are word for word ``plain``'s, and how many times quicker
    than ``plain`` they all were: the whole drafts; without what ``plain`` takes to its first token, in which the prompt is
    read; and in processor time."""
    if not timed:
        return {"drafts": 0}
    tokens = sum(one.reply_tokens for one in timed)
    plain = [one.written["plain"] for one in timed]
    read_ms, plain_ms, plain_processor_ms = (
        sum(one.first_ms for one in plain), sum(one.total_ms for one in plain), sum(one.processor_ms for one in plain)
    )  # fmt: skip
    found: dict[str, Any] = {
        "drafts": len(timed),
        "prompt_tokens_p50": median(one.prompt_tokens for one in timed),
        "reply_tokens_p50": median(one.reply_tokens for one in timed),
    }
    for name in timed[0].written:
        drafts = [one.written[name] for one in timed]
        total_ms = sum(one.total_ms for one in drafts)
        found[name] = {
            "first_ms_p50": median(one.first_ms for one in drafts),
            "total_ms_p50": median(one.total_ms for one in drafts),
            "tokens_per_s": 1000 * tokens / total_ms,
            "pieces_p50": median(one.pieces for one in drafts),
            "same_text": sum(one.text == other.text for one, other in zip(drafts, plain, strict=True)) / len(timed),
            "times_quicker": plain_ms / total_ms,
            "times_quicker_after_reading": (plain_ms - read_ms) / max(total_ms - read_ms, 1.0),
            "times_less_processor": plain_processor_ms / sum(one.processor_ms for one in drafts),
        }
    return found


def _written(model: LanguageModel, prompt: Sequence[Message]) -> Written:
    began, worked = perf_counter(), process_time()
    text, first_ms, pieces = "", 0.0, 0
    for piece in model.stream(prompt, max_tokens=_LONGEST_DRAFT):
        if piece and not text:
            first_ms = (perf_counter() - began) * 1000
        text += piece
        pieces += 1
    return Written(text, first_ms, (perf_counter() - began) * 1000, (process_time() - worked) * 1000, pieces)
