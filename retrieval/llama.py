"""A small Llama that reads any number of tokens in one pass, with few operations and, where that is quick, in whole numbers.

transformers runs every architecture; this runs one, at a fifth of the time: on a processor that multiplies 8-bit numbers
natively, a pass reads a quarter of the bytes, and a pass over twenty tokens takes little longer than one over a single token.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from retrieval.matrices import FloatMatrix, Int8Matrix, Matrix

#: Tokens read in one pass; more are read in several, so that a long prompt needs no more memory for its attention.
_MOST_AT_ONCE = 256


class States:
    """Keys and values of the tokens read so far."""

    def __init__(self, layers: int, heads: int, head_dim: int, most_tokens: int) -> None:
        self.values = torch.empty(layers, 2, heads, most_tokens, head_dim)
        self.length = 0

    def keep(self, length: int) -> None:
        """Forget all but the first tokens."""
        self.length = length

    def begin_with(self, other: States) -> None:
        """Take over what another has read."""
        self.values[:, :, :, : other.length] = other.values[:, :, :, : other.length]
        self.length = other.length

    def begin_with_rounded(self, rounded: RoundedStates) -> None:
        """Take over what was read and rounded."""
        self.length = rounded.values.shape[3]
        self.values[:, :, :, : self.length].copy_(rounded.values).mul_(rounded.scales)

    def rounded(self) -> RoundedStates:
        """What was read, in a quarter of the memory."""
        read = self.values[:, :, :, : self.length]
        scales = read.abs().amax(-1, keepdim=True).clamp_min_(1e-6).div_(127).half()
        return RoundedStates((read / scales).round_().clamp_(-127, 127).to(torch.int8), scales)


@dataclass(frozen=True, slots=True)
class RoundedStates:
    """Keys and values in 8 bits, shape ``(layers, 2, heads, n_tokens, head_dim)``, and what each row is multiplied by."""

    values: Tensor
    scales: Tensor


class Trunk:
    """The layers of a ``LlamaForCausalLM``, without what says the next word; safe to share between threads.

    :param model: as transformers loads it; its weights are copied.
    :param int8: multiply 8-bit numbers; quick only on processors that do that natively.
    :param exact: give the same to the last digit however many tokens are read in one pass; a third slower.
    """

    def __init__(self, model: Any, *, int8: bool, exact: bool = True) -> None:
        config = model.config
        self._sums = torch.float64 if exact else torch.float32
        self._heads, self._key_heads = config.num_attention_heads, config.num_key_value_heads
        self._head_dim = config.head_dim
        self._epsilon = config.rms_norm_eps
        pairs = torch.arange(0, self._head_dim, 2) / self._head_dim
        self._turns = config.rope_parameters["rope_theta"] ** -pairs
        matrix = _kind(int8=int8)
        weights = {name: weight.detach().float() for name, weight in model.model.state_dict().items()}
        self._words = weights["embed_tokens.weight"].half()
        self._last_norm = weights["norm.weight"]
        self._layers: list[tuple[Tensor, Matrix, Matrix, Tensor, Matrix, Matrix]] = []
        for number in range(len(model.model.layers)):
            layer = {
                name.removeprefix(prefix).removesuffix(".weight"): weight
                for prefix in (f"layers.{number}.",)
                for name, weight in weights.items()
                if name.startswith(prefix)
            }
            asked, keys = (self._in_pairs(layer[f"self_attn.{name}_proj"]) for name in "qk")
            self._layers.append(
                (
                    layer["input_layernorm"],
                    matrix(torch.cat([asked, keys, layer["self_attn.v_proj"]])),
                    matrix(layer["self_attn.o_proj"]),
                    layer["post_attention_layernorm"],
                    matrix(torch.cat([layer["mlp.gate_proj"], layer["mlp.up_proj"]])),
                    matrix(layer["mlp.down_proj"]),
                )
            )

    def states(self, most_tokens: int) -> States:
        """Room for so many tokens."""
        return States(len(self._layers), self._key_heads, self._head_dim, most_tokens)

    def follow(self, tokens: Sequence[int], states: States, *, last: int = 1) -> Tensor:
        """Read further tokens.

        :param states: of the tokens before; takes up the new ones.
        :returns: what comes out of the last layer at each of the ``last`` tokens, shape ``(last, hidden)``; see :meth:`normed`.
        """
        with torch.inference_mode():
            parts = range(0, len(tokens), _MOST_AT_ONCE)
            return torch.cat([self._pass(torch.tensor(tokens[at : at + _MOST_AT_ONCE]), states) for at in parts])[
                -last:
            ]

    def normed(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """What comes out of the last layer, weighted, and the scale that belongs to each row: their product is normalised."""
        return hidden * self._last_norm, self._scales(hidden)

    def _pass(self, tokens: Tensor, states: States) -> Tensor:
        n, begin, end = len(tokens), states.length, states.length + len(tokens)
        group = self._heads // self._key_heads
        turned = (self._heads + self._key_heads) * self._head_dim
        angles = torch.outer(torch.arange(begin, end), self._turns)
        turns = torch.polar(torch.ones_like(angles), angles)[:, None]
        # The heads that share a key stand below one another as further rows.
        unseen = torch.full((n, end), -math.inf, dtype=self._sums).triu_(begin + 1).repeat(group, 1)
        hidden: Tensor = self._words[tokens].float()
        for layer, (keys, values) in zip(self._layers, states.values, strict=True):
            norm, project, gather, second_norm, widen, narrow = layer
            seen = project.times(hidden * norm, self._scales(hidden))
            pairs = torch.view_as_complex(seen[:, :turned].view(n, -1, self._head_dim // 2, 2))
            heads = torch.view_as_real(pairs * turns).view(n, -1, self._head_dim)
            keys[:, begin:end] = heads[:, self._heads :].transpose(0, 1)
            values[:, begin:end] = seen[:, turned:].view(n, -1, self._head_dim).transpose(0, 1)
            asked = heads[:, : self._heads].view(n, self._key_heads, group, -1).permute(1, 2, 0, 3)
            asked = asked.reshape(self._key_heads, group * n, -1)
            # Sums of float32 depend on how many rows are summed beside them, and a last digit that differs can round to
            # another whole number in the next product; sums of float64, rounded to float32, do not.
            seen_keys, seen_values = keys[:, :end].to(self._sums), values[:, :end].to(self._sums)
            likeness = torch.baddbmm(
                unseen, asked.to(self._sums), seen_keys.transpose(1, 2), alpha=self._head_dim**-0.5
            )
            found = torch.bmm(likeness.softmax(-1), seen_values).float().view(self._key_heads, group, n, -1)
            hidden = hidden + gather.times(found.permute(2, 0, 1, 3).reshape(n, -1))
            gate, wide = widen.times(hidden * second_norm, self._scales(hidden)).chunk(2, -1)
            hidden = hidden + narrow.times(nn.functional.silu(gate).mul_(wide))
        states.length = end
        return hidden

    def _scales(self, hidden: Tensor) -> Tensor:
        """What brings each row to a mean square of 1."""
        scales: Tensor = hidden.square().mean(-1, keepdim=True).add_(self._epsilon).rsqrt_()
        return scales

    def _in_pairs(self, weight: Tensor) -> Tensor:
        """Rows of a query or key matrix in another order: transformers turns a head's first half against its second, here
        neighbours are turned, which is one complex product."""
        halves = weight.view(-1, 2, self._head_dim // 2, weight.shape[1])
        pairs: Tensor = halves.transpose(1, 2).reshape(weight.shape)
        return pairs


class Llama(Trunk):
    """A whole ``LlamaForCausalLM``, for one reply at a time."""

    def __init__(self, model: Any, *, int8: bool) -> None:
        super().__init__(model, int8=int8)
        self._head: Matrix = _kind(int8=int8)(model.lm_head.weight.detach().float())

    def read(self, tokens: Sequence[int], states: States, *, last: int = 1) -> Tensor:
        """Read further tokens.

        :param states: of the tokens before; takes up the new ones.
        :returns: the logits behind each of the ``last`` tokens, shape ``(last, n_words)``.
        """
        with torch.inference_mode():
            return self._head.times(*self.normed(self.follow(tokens, states, last=last)))


def _kind(*, int8: bool) -> type[Int8Matrix] | type[FloatMatrix]:
    return Int8Matrix if int8 else FloatMatrix
