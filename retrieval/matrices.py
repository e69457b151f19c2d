"""Products with a layer's weights, in whole numbers where the processor is quick at them. Import it late: it brings torch."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn

#: Rows multiplied at once: what is rounded before a product and scaled behind it stays in the cache.
_BLOCK = 256


class Matrix(Protocol):
    """The weights of a linear layer without bias."""

    def times(self, rows: Tensor, scales: Tensor | None = None) -> Tensor:
        """The product with each row, the row multiplied by its scale.

        :param rows: float32, shape ``(n, n_in)``.
        :param scales: shape ``(n, 1)``; changed in place.
        :returns: float32, shape ``(n, n_out)``.
        """


class FloatMatrix:
    """Weights as they are."""

    def __init__(self, weight: Tensor) -> None:
        self._weight = weight

    def times(self, rows: Tensor, scales: Tensor | None = None) -> Tensor:
        product = nn.functional.linear(rows, self._weight)
        return product if scales is None else product.mul_(scales)


class Int8Matrix:
    """Weights as 8-bit numbers with a scale for each output; rows are rounded to 8 bits as they come.

    Every row has its own scale and sums of whole numbers are exact, so a row's product does not depend on the rows beside it:
    tokens read together and one after the other give the same reply.
    """

    def __init__(self, weight: Tensor) -> None:
        largest = weight.abs().amax(1, keepdim=True).clamp_min_(1e-12)
        self._weight = (weight * (127 / largest)).round_().to(torch.int8).t()
        self._scales = (largest[:, 0] / 127**2).contiguous()

    def times(self, rows: Tensor, scales: Tensor | None = None) -> Tensor:
        if len(rows) <= _BLOCK:
            return self._times(rows, scales)
        blocks = [slice(begin, begin + _BLOCK) for begin in range(0, len(rows), _BLOCK)]
        return torch.cat([self._times(rows[one], None if scales is None else scales[one]) for one in blocks])

    def _times(self, rows: Tensor, scales: Tensor | None) -> Tensor:
        largest = rows.abs().amax(-1, keepdim=True).clamp_min_(1e-12)
        whole = rows.mul(largest.reciprocal().mul_(127)).round_().to(torch.int8)
        product = torch._int_mm(whole, self._weight)
        return product.mul(largest if scales is None else largest.mul_(scales)).mul_(self._scales)


class Int8Linear(nn.Module):
    """A linear layer that multiplies 8-bit numbers. Cannot be trained."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self._matrix = Int8Matrix(linear.weight.detach())
        self._bias = linear.bias.detach()

    def forward(self, rows: Tensor) -> Tensor:
        product = self._matrix.times(rows.flatten(0, -2)).add_(self._bias)
        return product.view(*rows.shape[:-1], -1)


def round_linears(network: nn.Module) -> None:
    """Put :class:`Int8Linear` in place of every linear layer inside the network."""
    for name, part in list(network.named_children()):
        if isinstance(part, nn.Linear):
            setattr(network, name, Int8Linear(part))
        else:
            round_linears(part)


def has_fast_int8() -> bool:
    """Whether this processor multiplies 8-bit numbers natively (AVX-512 VNNI or AMX); elsewhere float32 is quicker."""
    return bool(torch.cpu._is_vnni_supported() or torch.cpu._is_amx_tile_supported())
