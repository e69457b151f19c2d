"""The training loop of the reader: whether the passage answers, and where.

Two losses are added up: binary cross-entropy on the log-odds, and cross-entropy on the first and last token of the answer
where the sheet knows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from time import perf_counter

import torch
from torch import Tensor, nn

from retrieval.encoder import has_fast_bfloat16
from retrieval.errors import WrongUsage
from retrieval.interaction import TextTokenizer, cut_question
from retrieval.reading import ReadingNetwork
from retrieval.tuning.checkpoint import resume, save_checkpoint
from retrieval.tuning.sheets import Sheet, SheetSource

#: A draw comes to nothing now and then; so many in a row say that there is nothing to draw.
_TRIES = 1000


@dataclass(frozen=True, slots=True)
class ReadingConfig:
    """How the reader is trained. Learning rates warm up, stay, and fall to zero over the last ``decay`` of the steps."""

    steps: int = 2000
    sheets: int = 8  #: a step
    questions: int = 8  #: a sheet at most
    learning_rate: float = 1.2e-4
    head_learning_rate: float = 6e-4
    weight_decay: float = 0.01
    warmup_steps: int = 60
    decay: float = 0.35
    made_share: float = 0.7  #: of sheets with made questions at the start; ``made_share_end`` at the end
    made_share_end: float = 0.15
    view_steps: int = 300  #: over which the passage comes into view
    span_weight: float = 0.5
    question_tokens: int = 40
    heading_tokens: int = 32
    passage_tokens: int = 160
    checkpoint_steps: int = 100
    seed: int = 7


def further(config: ReadingConfig) -> ReadingConfig:
    """The same for a reader that has learned: passages in view from the start, learning rates of a half, and as few made
    questions as at the end."""
    return replace(
        config, view_steps=0, learning_rate=config.learning_rate / 2, head_learning_rate=config.head_learning_rate / 2,
        made_share=config.made_share_end,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """Where training stands, and the mean losses since the report before."""

    step: int
    steps: int
    answered_loss: float
    span_loss: float
    questions_per_second: float


def train(
    made: SheetSource, asked: Mapping[SheetSource, float], network: ReadingNetwork, tokenizer: TextTokenizer, out: Path,
    config: ReadingConfig, *, report: Callable[[Step], None] = lambda _step: None,
) -> None:  # fmt: skip
    """Train the network for ``config.steps`` steps, resuming from a checkpoint in ``out`` where there is one.

    :param asked: sources of asked questions and how often each is drawn, in proportion.
    :raises WrongUsage: if they and the made questions come to nothing.
    """
    torch.manual_seed(config.seed)
    # Activations near zero turn denormal after some hundred steps, and denormal products are 50 times slower on a CPU.
    torch.set_flush_denormal(True)
    optimizer = _optimizer(network, config)
    step = resume(out, {"network": partial(network.load_state_dict, strict=False)}, optimizer, config.steps)
    layout = Layout(tokenizer, config)
    losses: list[tuple[float, float]] = []
    began, read = perf_counter(), 0
    network.train()
    while step < config.steps:
        random = Random(f"{config.seed} {step}")
        made_share = config.made_share + (config.made_share_end - config.made_share) * step / config.steps
        sheets = [draw(made, asked, made_share, random, config.questions) for _ in range(config.sheets)]
        for parameters in optimizer.param_groups:
            parameters["lr"] = parameters["peak"] * _rate(step, config)
        batch = layout.batch(sheets, random)
        losses.append(_step(batch, network, optimizer, _view(step, config), config))
        read += len(batch.answered)
        step += 1
        if step % config.checkpoint_steps == 0 or step == config.steps:
            save_checkpoint(out, {"network": network.state_dict()}, optimizer, step, asdict(config))
            answered, span = (sum(values) / len(values) for values in zip(*losses, strict=True))
            report(Step(step, config.steps, answered, span, read / (perf_counter() - began)))
            losses.clear()
    network.eval()


@dataclass(frozen=True, slots=True)
class Batch:
    """Sheets as tensors: passages and questions with their marks and masks, the passage of each question, the labels, and
    the first and last token of each answer (-100 where it is not known)."""

    passages: tuple[Tensor, Tensor]
    questions: tuple[Tensor, Tensor]
    which: Tensor
    answered: Tensor
    start: Tensor
    end: Tensor


class Layout:
    """Turns sheets into tensors; of a long passage a window is shown, around the first answer that is known."""

    def __init__(self, tokenizer: TextTokenizer, config: ReadingConfig) -> None:
        self._tokenizer = tokenizer
        self._config = config

    def batch(self, sheets: Sequence[Sheet], random: Random) -> Batch:
        """The sheets with their questions; one whose answer is known to stand outside the window is left out."""
        passages: list[list[int]] = []
        questions: list[list[int]] = []
        labels: list[tuple[int, bool, int, int]] = []
        for number, sheet in enumerate(sheets):
            heading, text, *asked = self._tokenizer.encode(
                [sheet.heading, sheet.text, *(question.text for question in sheet.questions)]
            )
            title = heading.ids[: self._config.heading_tokens]
            room = self._config.passage_tokens - len(title)
            spans = [token_span(question.span, text.offsets) for question in sheet.questions]
            known = next((span for span in spans if span), None)
            begin = window_start(len(text.ids), room, known, random)
            passages.append([*title, *text.ids[begin : begin + room]])
            for question, encoding, span in zip(sheet.questions, asked, spans, strict=True):
                shift = 1 + len(title) - begin  # a mark stands before the passage
                start, end = (span[0] + shift, span[1] + shift) if span else (-100, -100)
                if not span or (begin <= span[0] and span[1] < begin + room):
                    questions.append(cut_question(encoding.ids, self._config.question_tokens))
                    labels.append((number, question.answered, start, end))
        which, answered, first, last = (torch.tensor(values) for values in zip(*labels, strict=True))
        return Batch(
            self._tokenizer.batch(passages), self._tokenizer.batch(questions), which, answered.float(), first, last
        )


def token_span(span: tuple[int, int] | None, offsets: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """The first and last token that a span of characters touches; None where it touches none."""
    held = [at for at, (begin, end) in enumerate(offsets) if span and begin < span[1] and end > span[0]]
    return (held[0], held[-1]) if held else None


def window_start(size: int, room: int, answer: tuple[int, int] | None, random: Random) -> int:
    """Where a window of ``room`` tokens begins: anywhere around the answer, else mostly at the start."""
    if size <= room:
        return 0
    if answer:
        low, high = max(0, answer[1] + 1 - room), min(answer[0], size - room)
        return random.randint(min(low, high), high)
    return random.randint(0, size - room) if random.random() < 0.3 else 0


def draw(made: SheetSource, asked: Mapping[SheetSource, float], made_share: float, random: Random, most: int) -> Sheet:
    """A sheet of at most ``most`` questions.

    :param asked: sources of asked questions and how often each is drawn, in proportion.
    :raises WrongUsage: if all draws come to nothing.
    """
    for _ in range(_TRIES):
        source = made
        if asked and random.random() >= made_share:
            source = random.choices(list(asked), list(asked.values()))[0]
        sheet = source.draw(random, most)
        if sheet:
            return sheet
    raise WrongUsage(
        "no question can be made from the documents; give passages of several sentences, or train questions"
    )


def _step(
    batch: Batch, network: ReadingNetwork, optimizer: torch.optim.Optimizer, view: float, config: ReadingConfig
) -> tuple[float, float]:
    with torch.autocast("cpu", torch.bfloat16, enabled=has_fast_bfloat16()):
        outcome = network.read(*batch.questions, network.passages(*batch.passages).at(batch.which), view=view)
    answered = nn.functional.binary_cross_entropy_with_logits(outcome.log_odds, batch.answered)
    span = torch.zeros(())
    if bool((batch.start >= 0).any()):
        ends = ((outcome.start, batch.start), (outcome.end, batch.end))
        span = sum((nn.functional.cross_entropy(logits, at) for logits, at in ends), span) / 2
    optimizer.zero_grad(set_to_none=True)
    (answered + config.span_weight * span).backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_([p for p in network.parameters() if p.requires_grad], 1.0)
    optimizer.step()
    return float(answered.detach()), float(span.detach())


def _view(step: int, config: ReadingConfig) -> float:
    return -3.0 * max(0.0, 1 - step / config.view_steps) if config.view_steps else 0.0


def _rate(step: int, config: ReadingConfig) -> float:
    return min(1.0, (step + 1) / config.warmup_steps, (config.steps - step) / max(1.0, config.decay * config.steps))


def _optimizer(network: ReadingNetwork, config: ReadingConfig) -> torch.optim.Optimizer:
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(not name.startswith("bert.embeddings."))
    trunk = [p for name, p in network.named_parameters() if name.startswith("bert.") and p.requires_grad]
    head = [p for name, p in network.named_parameters() if not name.startswith("bert.")]
    return torch.optim.AdamW(
        [
            {"params": trunk, "lr": 0.0, "peak": config.learning_rate},
            {"params": head, "lr": 0.0, "peak": config.head_learning_rate},
        ],
        weight_decay=config.weight_decay,
        betas=(0.9, 0.98),
    )
