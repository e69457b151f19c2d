"""What the reader has read of passages lately, so that it need not read them at the next question. Import it late: it brings
torch."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from retrieval.reading import Passages

#: Tokens kept in all: about 400 MB, some 600 passages.
_MOST_TOKENS = 70_000


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was read of one text of ``n_tokens``.

    ``attended``: keys and values, int8, shape ``(layers, 2, heads, n_tokens, size)``; ``scales``: what they are multiplied
    by, shape ``(layers, 2, heads, n_tokens, 1)``; ``states``: shape ``(n_tokens, hidden)``, half precision.
    """

    attended: Tensor
    scales: Tensor
    states: Tensor


class KeptReadings:
    """Texts by their token ids, those used longest ago dropped first. Not safe to share between threads."""

    def __init__(self, most_tokens: int = _MOST_TOKENS) -> None:
        self._most_tokens = most_tokens
        self._tokens = 0
        self._kept: OrderedDict[tuple[int, ...], _Kept] = OrderedDict()

    def __contains__(self, ids: tuple[int, ...]) -> bool:
        return ids in self._kept

    def add(self, rows: Sequence[tuple[int, ...]], read: Passages) -> None:
        """Keep what was read of a batch of texts, in their order, without its padding."""
        for at, ids in enumerate(rows):
            length = len(ids) + 2  # between two marks
            pairs = zip(read.keys, read.values, strict=True)
            attended = torch.stack([torch.stack((keys[at], values[at]))[:, :, :length] for keys, values in pairs])
            scales = attended.abs().amax(dim=-1, keepdim=True).clamp_(min=1e-6).div_(127)
            self._kept[ids] = _Kept(
                (attended / scales).round_().to(torch.int8), scales.half(), read.states[at, :length].half()
            )
            self._tokens += len(ids)

    def of(self, rows: Sequence[tuple[int, ...]]) -> KeptPassages:
        """Texts that are kept, side by side.

        :raises KeyError: if one is not kept.
        """
        for ids in rows:
            self._kept.move_to_end(ids)
        return KeptPassages([self._kept[ids] for ids in rows])

    def shrink(self) -> None:
        """Drop what was used longest ago until no more than the most tokens are kept."""
        while self._tokens > self._most_tokens:
            ids, _ = self._kept.popitem(last=False)
            self._tokens -= len(ids)


class KeptPassages:
    """Kept texts side by side, padded to the longest: :class:`retrieval.reading.Seen`."""

    def __init__(self, kept: Sequence[_Kept]) -> None:
        self._kept = kept
        lengths = torch.tensor([len(one.states) for one in kept])
        self._longest = int(lengths.max())
        self.mask = torch.arange(self._longest)[None, :] < lengths[:, None]
        self.states = torch.nn.utils.rnn.pad_sequence([one.states for one in kept], batch_first=True).float()

    def layer(self, number: int) -> tuple[Tensor, Tensor]:
        # One layer at a time stays in the processor's cache.
        _, heads, _, size = self._kept[0].attended[number].shape
        both = torch.empty(2, len(self._kept), heads, self._longest, size)
        for at, one in enumerate(self._kept):
            length = len(one.states)
            both[:, at, :, :length].copy_(one.attended[number]).mul_(one.scales[number])
            both[:, at, :, length:] = 0
        return both[0], both[1]
