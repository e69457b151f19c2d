"""The network that reads a passage for a question. Import it late: it brings torch.

One BERT encoder. A passage is read by itself, so what was read of it serves every question; a question is read with the
passage in view: in each layer its tokens attend to themselves and to the passage's. From that come the log-odds that the
passage answers, and where the answer would stand (Rajpurkar et al., "Know What You Don't Know", ACL 2018).

Learning to compare two texts takes a BERT many more questions than there are here. So the comparison starts from what the
reranker has learned: each token of the question is aligned to its match in the passage (see :mod:`retrieval.interaction`),
and the view of the passage is let in slowly while training begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from retrieval.interaction import SHARED, bert_of

__all__ = ["SHARED", "Outcome", "Passages", "ReadingNetwork", "Seen"]
_SHARPNESS = 12.0
_NEVER = -1e4


class Seen(Protocol):
    """What was read of passages that questions are asked about, one passage a question."""

    @property
    def states(self) -> Tensor:
        """What comes out of the last layer, shape ``(n_questions, n_tokens, hidden)``."""

    @property
    def mask(self) -> Tensor:
        """Shape ``(n_questions, n_tokens)``, true on tokens and marks, false on padding."""

    def layer(self, number: int) -> tuple[Tensor, Tensor]:
        """Keys and values that a layer attends to, each of shape ``(n_questions, heads, n_tokens, size)``."""


@dataclass(frozen=True, slots=True)
class Passages:
    """What was read of passages, as :class:`Seen` for one question each.

    ``keys`` and ``values``: what a question attends to, a tensor a layer of shape ``(n_passages, heads, n_tokens, size)``;
    ``states``: what comes out of the last layer, shape ``(n_passages, n_tokens, hidden)``; ``mask``: shape
    ``(n_passages, n_tokens)``, true on tokens and marks, false on padding.
    """

    keys: tuple[Tensor, ...]
    values: tuple[Tensor, ...]
    states: Tensor
    mask: Tensor

    def layer(self, number: int) -> tuple[Tensor, Tensor]:
        return self.keys[number], self.values[number]

    def at(self, which: Tensor) -> Passages:
        """The passages of some questions, given their numbers."""
        return Passages(
            tuple(keys.index_select(0, which) for keys in self.keys),
            tuple(values.index_select(0, which) for values in self.values),
            self.states.index_select(0, which), self.mask[which],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found for each question: ``log_odds`` of shape ``(n_questions,)``, and logits of the answer's first and
    last token among the passage's tokens, ``start`` and ``end`` of shape ``(n_questions, n_tokens)``."""

    log_odds: Tensor
    start: Tensor
    end: Tensor


class ReadingNetwork(nn.Module):
    """BERT, the comparison of question and passage, and the pointer to the answer."""

    def __init__(self, bert: nn.Module, hidden: int) -> None:
        super().__init__()
        self.bert: Any = bert
        self.start, self.end = nn.Linear(hidden, hidden), nn.Linear(hidden, hidden)
        self.hidden, self.answer = nn.Linear(4 * hidden, hidden), nn.Linear(hidden, 1)
        self.importance = nn.Linear(hidden, 1)
        self.align, self.compare = nn.Linear(4 * hidden, hidden // 2), nn.Linear(hidden // 2, 1)
        #: Slope and middle of the match.
        self.match = nn.Parameter(torch.tensor([10.0, 0.6]))
        #: How much the answer is looked for near matched tokens, and what the comparison counts.
        self.near, self.own = nn.Parameter(torch.tensor(8.0)), nn.Parameter(torch.tensor(1.0))
        for pointer in (self.start, self.end):
            nn.init.normal_(pointer.weight, std=0.02)
            nn.init.zeros_(pointer.bias)
        for layer in (self.answer, self.importance, self.compare):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    @classmethod
    def from_encoder(cls, folder: Path) -> ReadingNetwork:
        """The encoder's weights, with a comparison that knows nothing yet."""
        bert, hidden = bert_of(folder)
        return cls(bert, hidden)

    def start_from_reranker(self, tensors: Mapping[str, Tensor]) -> None:
        """Take over what the reranker has learned of comparing texts (:class:`retrieval.interaction.InteractionNetwork`)."""
        self.load_state_dict({name: value for name, value in tensors.items() if name != "match"}, strict=False)

    def passages(self, ids: Tensor, attention: Tensor) -> Passages:
        """Read passages by themselves, as :meth:`retrieval.interaction.TextTokenizer.batch` gives them."""
        mask = attention.bool()
        bias = _bias(mask)
        states = self.bert.embeddings(input_ids=ids)
        pairs = []
        for layer in self.bert.encoder.layer:
            keys, values = self._keys(layer, states)
            pairs.append((keys, values))
            states = self._layer(layer, states, keys, values, bias)
        return Passages(tuple(keys for keys, _ in pairs), tuple(values for _, values in pairs), states, mask)

    def read(self, ids: Tensor, attention: Tensor, seen: Seen, *, view: float = 0.0) -> Outcome:
        """Read questions, each with its passage in view.

        :param ids: questions with their marks, shape ``(n_questions, n_tokens)``; ``attention`` likewise.
        :param view: added to the attention to the passage before the softmax; far below 0 hides it.
        """
        mask = attention.bool()
        bias = torch.cat([_bias(mask), _bias(seen.mask) + view], dim=-1)
        states = self.bert.embeddings(input_ids=ids)
        for number, layer in enumerate(self.bert.encoder.layer):
            own_keys, own_values = self._keys(layer, states)
            keys, values = seen.layer(number)
            states = self._layer(
                layer, states, torch.cat([own_keys, keys], 2), torch.cat([own_values, values], 2), bias
            )
        with torch.autocast("cpu", enabled=False):  # cosines are multiplied by large slopes
            return self._outcome(states.float(), _inner(mask), seen.states.float(), _inner(seen.mask))

    def _outcome(self, question: Tensor, asked: Tensor, passage: Tensor, held: Tensor) -> Outcome:
        scale = question.shape[-1] ** 0.5
        unit, found = nn.functional.normalize(question, dim=-1), nn.functional.normalize(passage, dim=-1)
        cosines = (unit @ found.transpose(1, 2)).masked_fill(~held[:, None, :], -1.0)
        weights = torch.softmax(self.importance(unit * scale)[..., 0].masked_fill(~asked, _NEVER), dim=1)
        match = self.match[0] * ((weights * cosines.amax(dim=2)).sum(dim=1) - self.match[1])
        aligned = torch.softmax(_SHARPNESS * cosines, dim=2) @ found
        together = torch.cat([unit, aligned, (unit - aligned).abs(), unit * aligned * scale], dim=2) * scale
        compared = self.compare((nn.functional.gelu(self.align(together)) * weights[..., None]).sum(dim=1))[:, 0]
        whole = question[:, 0]
        near = self.near * (weights[..., None] * cosines).sum(dim=1)
        start, end = (
            ((pointer(whole)[:, None, :] * passage).sum(dim=-1) / scale + near).masked_fill(~held, _NEVER)
            for pointer in (self.start, self.end)
        )
        there = torch.softmax((start + end) / 2, dim=1)
        answer = (there[..., None] * passage).sum(dim=1)
        judged = self.hidden(torch.cat([whole, answer, whole * answer, (whole - answer).abs()], dim=1))
        log_odds = self.answer(nn.functional.gelu(judged))[:, 0] + self.own * compared + 0.1 * match
        return Outcome(log_odds, start, end)

    def _keys(self, layer: Any, states: Tensor) -> tuple[Tensor, Tensor]:
        attend = layer.attention.self
        return self._heads(attend.key(states)), self._heads(attend.value(states))

    def _heads(self, values: Tensor) -> Tensor:
        heads: int = self.bert.config.num_attention_heads
        texts, tokens, hidden = values.shape
        return values.view(texts, tokens, heads, hidden // heads).transpose(1, 2)

    def _layer(self, layer: Any, states: Tensor, keys: Tensor, values: Tensor, bias: Tensor) -> Tensor:
        queries = self._heads(layer.attention.self.query(states))
        attend = _attended if torch.is_grad_enabled() else nn.functional.scaled_dot_product_attention
        context = attend(queries, keys, values, attn_mask=bias)
        attended = layer.attention.output(context.transpose(1, 2).flatten(2), states)
        result: Tensor = layer.output(layer.intermediate(attended), attended)
        return result


def _attended(queries: Tensor, keys: Tensor, values: Tensor, attn_mask: Tensor) -> Tensor:
    """As :func:`torch.nn.functional.scaled_dot_product_attention`, whose gradient takes a processor three times as long."""
    matches = (queries @ keys.transpose(2, 3)).float() * queries.shape[-1] ** -0.5
    return torch.softmax(matches + attn_mask, -1).to(values.dtype) @ values


def _bias(mask: Tensor) -> Tensor:
    """What is added to attention, shape ``(n, 1, 1, n_tokens)``: nothing on tokens, minus infinity on padding."""
    return torch.zeros(mask.shape).masked_fill(~mask, _NEVER)[:, None, None, :]


def _inner(mask: Tensor) -> Tensor:
    """The mask without the two marks around each text."""
    inner = mask & torch.cat([mask[:, 1:], torch.zeros_like(mask[:, :1])], dim=1)
    inner[:, 0] = False
    return inner
