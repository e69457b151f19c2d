"""The training loop of the verifier: low-rank adapters in the lower layers of a small language model.

A sheet is one text: its passage, then its questions, each of which sees the passage and itself. So a passage is read once for
all of its questions. What comes out at the end of a question is turned into the log-odds that the passage answers, and into a
pointer to the answer, which is learned beside it and teaches where to look.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn

from retrieval.encoder import has_fast_bfloat16
from retrieval.tuning.checkpoint import resume, save_checkpoint
from retrieval.tuning.reading import Step, draw, token_span, window_start
from retrieval.tuning.schedule import rate
from retrieval.tuning.sheets import Sheet, SheetSource
from retrieval.tuning.typed import as_typed
from retrieval.verifier import Prompter

_NEVER = -1e4
#: The matrices of a layer that are adapted, by where they stand.
_ADAPTED = {
    "self_attn": ("q_proj", "k_proj", "v_proj", "o_proj"),
    "mlp": ("gate_proj", "up_proj", "down_proj"),
}


@dataclass(frozen=True, slots=True)
class VerifyingConfig:
    """How the verifier is trained. The learning rate warms up, stays, and falls to zero over the last ``decay`` of the steps."""

    steps: int = 1200
    sheets: int = 8  #: a step
    together: int = 2  #: sheets of like length that are read at once
    questions: int = 8  #: a sheet at most
    layers: int = 20  #: of the base model, the lower ones; the others are left away
    rank: int = 16
    adapter_scale: float = 2.0
    learning_rate: float = 6e-4
    weight_decay: float = 0.01
    warmup: float = 0.05
    decay: float = 0.4
    made_share: float = 0.15  #: of sheets with made questions
    typed_share: float = (
        0.15  #: of questions that are asked as people type: with greetings, thanks, slips of the finger
    )
    span_weight: float = 0.3
    passage_tokens: int = 192
    checkpoint_steps: int = 100
    seed: int = 7


@dataclass(frozen=True, slots=True)
class Batch:
    """Sheets as tensors.

    ``ids`` and ``positions``: shape ``(n_sheets, n_tokens)``; ``bias``: added to attention, shape ``(n_sheets, 1, n_tokens,
    n_tokens)``; ``passages``: tokens of each passage. Of each question: ``ends``, its sheet and last token, shape
    ``(n_questions, 2)``; whether it is answered; the first and last token of its answer, -100 where that is not known.
    """

    ids: Tensor
    positions: Tensor
    bias: Tensor
    passages: Tensor
    ends: Tensor
    answered: Tensor
    first: Tensor
    last: Tensor


@dataclass(frozen=True, slots=True)
class _Asked:
    ids: tuple[int, ...]
    answered: bool
    span: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Row:
    passage: tuple[int, ...]
    questions: tuple[_Asked, ...]

    def __len__(self) -> int:
        return len(self.passage) + sum(len(one.ids) for one in self.questions)


class Layout:
    """Turns sheets into tensors; of a long passage a window is shown, around the first answer that is known."""

    def __init__(self, prompter: Prompter, config: VerifyingConfig) -> None:
        self._prompter = prompter
        self._config = config

    def batches(self, sheets: Sequence[Sheet], random: Random) -> list[Batch]:
        """The sheets in batches of like length; a question whose answer is known to stand outside the window is left out."""
        rows = sorted((row for sheet in sheets if (row := self._row(sheet, random)).questions), key=len)
        return [batch_of(rows[at : at + self._config.together]) for at in range(0, len(rows), self._config.together)]

    def _row(self, sheet: Sheet, random: Random) -> _Row:
        heading = self._prompter.heading(sheet.heading)
        typed = [
            as_typed(one.text, random) if random.random() < self._config.typed_share else one.text
            for one in sheet.questions
        ]
        text, *asked = self._prompter.encode([sheet.text, *typed])
        room = self._config.passage_tokens - len(heading)
        spans = [token_span(question.span, text.offsets) for question in sheet.questions]
        begin = window_start(len(text.ids), room, next((span for span in spans if span), None), random)
        shift = len(heading) - begin
        return _Row(
            (*heading, *text.ids[begin : begin + room]),
            tuple(
                _Asked(
                    self._prompter.question(encoding.ids), question.answered,
                    (span[0] + shift, span[1] + shift) if span else (-100, -100),
                )
                for question, encoding, span in zip(sheet.questions, asked, spans, strict=True)
                if not span or (begin <= span[0] and span[1] < begin + room)
            ),
        )  # fmt: skip


def batch_of(rows: Sequence[_Row]) -> Batch:
    """Rows side by side, padded to the longest."""
    tokens = max(len(row) for row in rows)
    ids, positions = (torch.zeros(len(rows), tokens, dtype=torch.long) for _ in range(2))
    part = torch.full((len(rows), tokens), -1)  # 0 for the passage, then a number a question; padding sees itself alone
    ends: list[tuple[int, int]] = []
    for number, row in enumerate(rows):
        at = 0
        for which, piece in enumerate([row.passage, *(one.ids for one in row.questions)]):
            span = slice(at, at + len(piece))
            ids[number, span] = torch.tensor(piece, dtype=torch.long)
            positions[number, span] = torch.arange(len(piece)) + (len(row.passage) if which else 0)
            part[number, span] = which
            at += len(piece)
            if which:
                ends.append((number, at - 1))
    seen = (part[:, :, None] == part[:, None, :]) | (part[:, None, :] == 0)
    seen = seen & torch.ones(tokens, tokens, dtype=torch.bool).tril()
    asked = [one for row in rows for one in row.questions]
    return Batch(
        ids, positions, torch.zeros(seen.shape).masked_fill(~seen, _NEVER)[:, None],
        torch.tensor([len(row.passage) for row in rows]), torch.tensor(ends),
        torch.tensor([float(one.answered) for one in asked]),
        torch.tensor([one.span[0] for one in asked]), torch.tensor([one.span[1] for one in asked]),
    )  # fmt: skip


class Adapted(nn.Module):
    """A linear layer without bias that stays as it is, and a product of two small matrices added to it."""

    def __init__(self, linear: nn.Linear, rank: int, scale: float, dtype: torch.dtype) -> None:
        super().__init__()
        self._weight = linear.weight.detach().to(dtype)
        self._scale = scale
        self.down = nn.Parameter(torch.randn(rank, linear.in_features) / math.sqrt(linear.in_features))
        self.up = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, rows: Tensor) -> Tensor:
        low = nn.functional.linear(rows, self.down.to(rows.dtype))
        added = nn.functional.linear(low, self.up.to(rows.dtype))
        return nn.functional.linear(rows, self._weight) + added * self._scale


class VerifyingNetwork(nn.Module):
    """The lower layers of a ``LlamaForCausalLM`` with adapters, the log-odds, and the pointer."""

    def __init__(self, model: Any, config: VerifyingConfig) -> None:
        super().__init__()
        shape = model.config
        self._heads, self._key_heads, self._size = shape.num_attention_heads, shape.num_key_value_heads, shape.head_dim
        self._epsilon = shape.rms_norm_eps
        self._dtype = torch.bfloat16 if has_fast_bfloat16() else torch.float32
        self._turns = shape.rope_parameters["rope_theta"] ** -(torch.arange(0, self._size, 2) / self._size)
        layers = model.model.layers[: config.layers]
        self._words = model.model.embed_tokens.weight.detach().to(self._dtype)
        self._norms = [
            (layer.input_layernorm.weight.detach(), layer.post_attention_layernorm.weight.detach()) for layer in layers
        ]
        self._last_norm = model.model.norm.weight.detach()
        self.layers = nn.ModuleList(
            nn.ModuleDict(
                {
                    where: nn.ModuleDict(
                        {
                            name: Adapted(
                                getattr(getattr(layer, where), name), config.rank, config.adapter_scale, self._dtype
                            )
                            for name in names
                        }
                    )
                    for where, names in _ADAPTED.items()
                }
            )
            for layer in layers
        )
        self.answer = nn.Linear(shape.hidden_size, 1)
        self.asks, self.stands = (nn.Linear(shape.hidden_size, 2 * 128) for _ in range(2))
        nn.init.zeros_(self.answer.weight)
        nn.init.zeros_(self.answer.bias)

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """The log-odds of each question, shape ``(n_questions,)``, and logits of its answer's first and last token, each of
        shape ``(n_questions, n_passage_tokens)``."""
        states = self._states(batch)
        ends = states[batch.ends[:, 0], batch.ends[:, 1]]
        most = int(batch.passages.max())
        places = self.stands(states[:, :most]).view(len(states), most, 2, -1)[batch.ends[:, 0]]
        pointed = (places * self.asks(ends).view(len(ends), 1, 2, -1)).sum(-1) / math.sqrt(places.shape[-1])
        outside = torch.arange(most) >= batch.passages[batch.ends[:, 0], None]
        first, last = pointed.masked_fill(outside[..., None], _NEVER).unbind(-1)
        return self.answer(ends)[:, 0], first, last

    def _states(self, batch: Batch) -> Tensor:
        states = self._words[batch.ids]
        angles = batch.positions[..., None] * self._turns
        turns = tuple(torch.cat([part, part], -1).to(self._dtype)[:, None] for part in (angles.cos(), angles.sin()))
        bias = batch.bias.to(self._dtype)[:, :, None]
        layers: Any = self.layers
        for layer, (norm, second_norm) in zip(layers, self._norms, strict=True):
            states = states + self._attended(layer["self_attn"], self._normed(states, norm), turns, bias)
            rows = self._normed(states, second_norm)
            mlp = layer["mlp"]
            states = states + mlp["down_proj"](nn.functional.silu(mlp["gate_proj"](rows)) * mlp["up_proj"](rows))
        return self._normed(states, self._last_norm).float()

    def _normed(self, states: Tensor, weight: Tensor) -> Tensor:
        return nn.functional.rms_norm(states.float(), weight.shape, weight, self._epsilon).to(self._dtype)

    def _attended(self, attention: Any, rows: Tensor, turns: tuple[Tensor, ...], bias: Tensor) -> Tensor:
        sheets, tokens, _ = rows.shape
        asked, keys, values = (
            attention[f"{name}_proj"](rows).view(sheets, tokens, -1, self._size).transpose(1, 2) for name in "qkv"
        )
        asked, keys = (one * turns[0] + _turned(one) * turns[1] for one in (asked, keys))
        # The heads that share a key stand below one another as further rows.
        asked = asked.reshape(sheets, self._key_heads, -1, self._size)
        group = self._heads // self._key_heads
        matches = (asked @ keys.transpose(2, 3)).view(sheets, self._key_heads, group, tokens, tokens)
        shares = torch.softmax((matches * self._size**-0.5 + bias).float(), -1).to(rows.dtype)
        found = (shares.view(sheets, self._key_heads, -1, tokens) @ values).view(sheets, self._heads, tokens, -1)
        result: Tensor = attention["o_proj"](found.transpose(1, 2).reshape(sheets, tokens, -1))
        return result


def _turned(rows: Tensor) -> Tensor:
    half = rows.shape[-1] // 2
    return torch.cat([-rows[..., half:], rows[..., :half]], -1)


def train(
    made: SheetSource, asked: Mapping[SheetSource, float], network: VerifyingNetwork, prompter: Prompter, out: Path,
    config: VerifyingConfig, *, report: Callable[[Step], None] = lambda _step: None,
) -> None:  # fmt: skip
    """Train the network for ``config.steps`` steps, resuming from a checkpoint in ``out`` where there is one.

    :param asked: sources of asked questions and how often each is drawn, in proportion.
    :raises WrongUsage: if they and the made questions come to nothing.
    """
    torch.manual_seed(config.seed)
    # Activations near zero turn denormal after some hundred steps, and denormal products are 50 times slower on a CPU.
    torch.set_flush_denormal(True)
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.0, weight_decay=config.weight_decay, betas=(0.9, 0.98))
    step = resume(out, {"network": partial(network.load_state_dict)}, optimizer, config.steps)
    layout = Layout(prompter, config)
    losses: list[tuple[float, float]] = []
    began, read = perf_counter(), 0
    while step < config.steps:
        random = Random(f"{config.seed} {step}")
        sheets = [draw(made, asked, config.made_share, random, config.questions) for _ in range(config.sheets)]
        for parameters in optimizer.param_groups:
            parameters["lr"] = config.learning_rate * rate(step, config.steps, warmup=config.warmup, decay=config.decay)
        batches = layout.batches(sheets, random)
        optimizer.zero_grad(set_to_none=True)
        losses.append(_backward(batches, network, config))
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        read += sum(len(batch.answered) for batch in batches)
        step += 1
        if step % config.checkpoint_steps == 0 or step == config.steps:
            save_checkpoint(out, {"network": network.state_dict()}, optimizer, step, asdict(config))
            answered, span = (sum(values) / len(values) for values in zip(*losses, strict=True))
            report(Step(step, config.steps, answered, span, read / (perf_counter() - began)))
            losses.clear()


def _backward(batches: Sequence[Batch], network: VerifyingNetwork, config: VerifyingConfig) -> tuple[float, float]:
    """Gradients of the mean loss over all questions, and the means of its two parts."""
    questions = sum(len(batch.answered) for batch in batches)
    known = max(1, sum(int((batch.first >= 0).sum()) for batch in batches))
    both = [0.0, 0.0]
    for batch in batches:
        log_odds, first, last = network(batch)
        answered = nn.functional.binary_cross_entropy_with_logits(log_odds, batch.answered, reduction="sum") / questions
        span = torch.zeros(())
        if bool((batch.first >= 0).any()):
            ends = ((first, batch.first), (last, batch.last))
            span = sum((nn.functional.cross_entropy(logits, at, reduction="sum") for logits, at in ends), span)
        span = span / (2 * known)
        (answered + config.span_weight * span).backward()  # type: ignore[no-untyped-call]
        both[0] += float(answered.detach())
        both[1] += float(span.detach())
    return both[0], both[1]
