"""What the reranker has read of passages lately, so that it need not read them at the next question."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

#: Tokens kept in all: about 300 MB of float32, some 2,000 passages.
MOST_TOKENS = 200_000


class KeptStates:
    """States of texts by their token ids, those used longest ago dropped first. Not safe to share between threads."""

    def __init__(self, most_tokens: int = MOST_TOKENS) -> None:
        self._most_tokens = most_tokens
        self._tokens = 0
        self._states: OrderedDict[tuple[int, ...], Any] = OrderedDict()

    def __contains__(self, ids: tuple[int, ...]) -> bool:
        return ids in self._states

    def __len__(self) -> int:
        return len(self._states)

    def add(self, rows: Sequence[tuple[int, ...]], states: Any) -> None:
        """Keep the states of a batch of texts, without its padding.

        :param states: :class:`retrieval.interaction.States` of the texts, in their order.
        """
        for at, ids in enumerate(rows):
            # A text's tokens stand between two marks.
            self._states[ids] = states.tokens[at, 1 : len(ids) + 1].clone()
            self._tokens += len(ids)

    def batch(self, rows: Sequence[tuple[int, ...]]) -> Any:
        """The states of kept texts, padded to the longest of them.

        :raises KeyError: if one is not kept.
        """
        import torch

        from retrieval.interaction import States

        found = []
        for ids in rows:
            self._states.move_to_end(ids)
            found.append(self._states[ids])
        tokens = torch.nn.utils.rnn.pad_sequence(found, batch_first=True)
        if not tokens.shape[1]:
            # Texts without tokens alone: padded as they are beside others, for the best of no matches is none.
            tokens = tokens.new_zeros(len(rows), 1, tokens.shape[2])
        lengths = torch.tensor([len(one) for one in found])
        return States(tokens, torch.arange(tokens.shape[1])[None, :] < lengths[:, None])

    def shrink(self) -> None:
        """Drop what was used longest ago until no more than the most tokens are kept."""
        while self._tokens > self._most_tokens:
            ids, _ = self._states.popitem(last=False)
            self._tokens -= len(ids)
