"""The network that reads question and passage together. Import it late: it brings torch.

A BERT encoder reads ``[CLS] question [SEP] passage [SEP]``; what it makes of both sides is compared by a small head that
gives one number, the log-odds that the passage answers the question. Word embeddings are the encoder's own and never
trained: rare words keep their meaning beside common ones, and the weights we ship are half as large.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

#: The parameter that is shared with the encoder and therefore neither trained nor saved.
SHARED = "bert.embeddings.word_embeddings.weight"


@dataclass(frozen=True, slots=True)
class Pair:
    """Token ids of a question and of a passage, without special tokens."""

    question: tuple[int, ...]
    passage: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.question) + len(self.passage) + 3


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded pairs, each tensor of shape ``(n_pairs, n_tokens)``: ids, segment (1 on the passage and its end mark),
    attention mask, and masks of the question's and the passage's own tokens."""

    ids: Tensor
    segments: Tensor
    attention: Tensor
    question: Tensor
    passage: Tensor


class PairTokenizer:
    """Turns texts into pairs and pairs into batches, with the encoder's own vocabulary.

    Words and ids come from ``tokenizer.json`` in the encoder's folder.
    """

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self.begin, self.end, self.padding = (self._tokenizer.token_to_id(mark) for mark in ("[CLS]", "[SEP]", "[PAD]"))

    def encode(self, texts: Sequence[str]) -> list[Any]:
        """One ``tokenizers.Encoding`` a text: ``ids`` and ``offsets``, without special tokens."""
        return list(self._tokenizer.encode_batch(list(texts), add_special_tokens=False))

    def pair(self, question: Sequence[int], passage: Sequence[int], *, question_tokens: int, total_tokens: int) -> Pair:
        """Cut what is too long: a question in its middle (the point is mostly at an end), a passage at its end."""
        asked = tuple(question)
        if len(asked) > question_tokens:
            head = question_tokens // 3
            asked = asked[:head] + asked[len(asked) - (question_tokens - head) :]
        return Pair(asked, tuple(passage[: total_tokens - len(asked) - 3]))

    def batch(self, pairs: Sequence[Pair]) -> Batch:
        """Pad pairs to the longest of them."""
        shape = (len(pairs), max(len(pair) for pair in pairs))
        ids = torch.full(shape, int(self.padding or 0), dtype=torch.long)
        segments, attention, asked, read = (torch.zeros(shape, dtype=torch.long) for _ in range(4))
        for row, pair in enumerate(pairs):
            middle, size = len(pair.question) + 1, len(pair)
            ids[row, :size] = torch.tensor([self.begin, *pair.question, self.end, *pair.passage, self.end])
            attention[row, :size] = 1
            segments[row, middle + 1 : size] = 1
            asked[row, 1:middle] = 1
            read[row, middle + 1 : size - 1] = 1
        return Batch(ids, segments, attention, asked, read)


class CrossEncoder(nn.Module):
    """BERT with a comparing head, and a pointer to the answer's tokens that only training uses."""

    def __init__(self, bert: nn.Module, hidden: int) -> None:
        super().__init__()
        self.bert = bert
        self.compare = nn.Linear(4 * hidden, hidden)
        self.score = nn.Linear(hidden, 1)
        self.pointer = nn.Linear(hidden, 1)

    @classmethod
    def from_encoder(cls, folder: Path) -> CrossEncoder:
        """A fresh head on the encoder's weights; no dropout, which also keeps attention on its quick path."""
        from transformers import AutoConfig, BertModel

        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        config.attention_probs_dropout_prob = config.hidden_dropout_prob = 0.0
        bert = BertModel.from_pretrained(
            folder, config=config, add_pooling_layer=False, attn_implementation="sdpa", local_files_only=True
        )
        return cls(bert, config.hidden_size)

    def states(self, batch: Batch) -> Tensor:
        """Last hidden states, shape ``(n_pairs, n_tokens, hidden)``."""
        states: Tensor = self.bert(
            input_ids=batch.ids, token_type_ids=batch.segments, attention_mask=batch.attention
        ).last_hidden_state
        return states

    def relevance(self, states: Tensor, batch: Batch) -> Tensor:
        """Log-odds that the passage answers, shape ``(n_pairs,)``."""
        asked, read = _mean(states, batch.question), _mean(states, batch.passage)
        features = torch.cat([states[:, 0], asked, read, asked * read], dim=1)
        result: Tensor = self.score(nn.functional.gelu(self.compare(features)))[:, 0]
        return result

    def pointing(self, states: Tensor, batch: Batch) -> Tensor:
        """Log-probability that the answer is at each token, shape ``(n_pairs, n_tokens)``; at the first: nowhere."""
        logits = self.pointer(states)[..., 0].float()
        open_to = batch.passage.clone()
        open_to[:, 0] = 1
        return torch.log_softmax(logits.masked_fill(open_to == 0, -1e4), dim=1)

    def forward(self, batch: Batch) -> Tensor:
        return self.relevance(self.states(batch), batch)


def _mean(states: Tensor, mask: Tensor) -> Tensor:
    weights = mask[..., None].to(states.dtype)
    return (states * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1)
