"""The network that compares a question with a passage word by word. Import it late: it brings torch.

One BERT encoder reads question and passage apart, as it was trained to. Every token of the question then looks for its
match among the tokens of the passage (late interaction: Khattab & Zaharia, "ColBERT", SIGIR 2020), tokens that matter
count more, and a small network compares each token with what it was aligned to (Parikh et al., "A Decomposable Attention
Model", EMNLP 2016). The result is one number, the log-odds that the passage answers.

Before any training the matches alone rank better than one vector a text does; training on few examples starts there, and
on documents unlike the training ones that much stays. Word embeddings are the encoder's own and never trained: rare
words keep their meaning, and the weights we ship are half as large.
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
#: Sharpness of the soft alignment; cosines of one vocabulary lie close together.
_SHARPNESS = 12.0


@dataclass(frozen=True, slots=True)
class States:
    """Texts as unit vectors of their tokens.

    ``tokens``: shape ``(n_texts, n_tokens, hidden)``; ``mask``: shape ``(n_texts, n_tokens)``, true on a text's own tokens
    (not on its marks and padding).
    """

    tokens: Tensor
    mask: Tensor


class TextTokenizer:
    """Turns texts into token ids with the encoder's own vocabulary (``tokenizer.json`` in its folder)."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._begin, self._end, self._padding = (
            self._tokenizer.token_to_id(mark) or 0 for mark in ("[CLS]", "[SEP]", "[PAD]")
        )

    def encode(self, texts: Sequence[str]) -> list[Any]:
        """One ``tokenizers.Encoding`` a text: ``ids`` and ``offsets``, without special tokens."""
        return list(self._tokenizer.encode_batch(list(texts), add_special_tokens=False))

    def batch(self, rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """Ids with marks around each text, padded to the longest, and the attention mask; shape ``(n_texts, n_tokens)``."""
        longest = max(len(row) for row in rows) + 2
        ids = torch.full((len(rows), longest), self._padding, dtype=torch.long)
        attention = torch.zeros((len(rows), longest), dtype=torch.long)
        for number, row in enumerate(rows):
            ids[number, : len(row) + 2] = torch.tensor([self._begin, *row, self._end])
            attention[number, : len(row) + 2] = 1
        return ids, attention


def cut_question(ids: Sequence[int], limit: int) -> list[int]:
    """At most ``limit`` tokens; a long question loses its middle, because its point is mostly at an end."""
    head = limit // 3
    return list(ids) if len(ids) <= limit else [*ids[:head], *ids[len(ids) - (limit - head) :]]


class InteractionNetwork(nn.Module):
    """BERT and the comparison of its token states."""

    def __init__(self, bert: nn.Module, hidden: int) -> None:
        super().__init__()
        self.bert = bert
        self.importance = nn.Linear(hidden, 1)
        self.align = nn.Linear(4 * hidden, hidden // 2)
        self.compare = nn.Linear(hidden // 2, 1)
        #: Slope and middle of the match, as log-odds.
        self.match = nn.Parameter(torch.tensor([30.0, 0.6]))
        for layer in (self.importance, self.compare):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    @classmethod
    def from_encoder(cls, folder: Path) -> InteractionNetwork:
        """The encoder's weights, with a comparison that starts from the plain mean of the matches."""
        bert, hidden = bert_of(folder)
        return cls(bert, hidden)

    def states(self, ids: Tensor, attention: Tensor) -> States:
        """Read texts, as :meth:`TextTokenizer.batch` gives them."""
        # Cosines are multiplied by a slope of about thirty: bfloat16 would be too coarse from here on.
        tokens = self.bert(input_ids=ids, attention_mask=attention).last_hidden_state.float()
        mask = attention.bool()
        # The end mark is the last attended token.
        mask = mask & torch.cat([mask[:, 1:], torch.zeros_like(mask[:, :1])], dim=1)
        mask[:, 0] = False
        return States(nn.functional.normalize(tokens, dim=-1), mask)

    def weights(self, question: States) -> Tensor:
        """How much each token of a question counts, shape ``(n_questions, n_tokens)``, each row summing to 1."""
        logits = self.importance(question.tokens * question.tokens.shape[-1] ** 0.5)[..., 0]
        return torch.softmax(logits.masked_fill(~question.mask, -1e4), dim=1)

    def matches(self, question: States, passage: States) -> Tensor:
        """Cosine of every question token with every passage token of each pair of texts.

        :param question: ``n`` questions, or one for all passages.
        :returns: shape ``(n, n_question_tokens, n_passage_tokens)``; -1 where the passage has no token.
        """
        cosines = question.tokens @ passage.tokens.transpose(1, 2)
        return cosines.masked_fill(~passage.mask[:, None, :], -1.0)

    def log_odds(self, question: States, passage: States) -> Tensor:
        """Log-odds that each passage answers its question, shape ``(n_passages,)``.

        :param question: as many questions as passages, or one for all.
        """
        cosines = self.matches(question, passage)
        weights = self.weights(question)
        slope, middle = self.match[0], self.match[1]
        match = slope * ((weights * cosines.amax(dim=2)).sum(dim=1) - middle)
        aligned = torch.softmax(_SHARPNESS * cosines, dim=2) @ passage.tokens
        asked = question.tokens.expand_as(aligned)
        scale = asked.shape[-1] ** 0.5
        seen = torch.cat([asked, aligned, (asked - aligned).abs(), asked * aligned * scale], dim=2) * scale
        compared = (nn.functional.gelu(self.align(seen)) * weights[..., None]).sum(dim=1)
        result: Tensor = match + self.compare(compared)[:, 0]
        return result

    def every_match(self, question: States, passage: States) -> Tensor:
        """The match part of the log-odds for every question with every passage, shape ``(n_questions, n_passages)``."""
        cosines = torch.einsum("qtd,pld->qptl", question.tokens, passage.tokens)
        best = cosines.masked_fill(~passage.mask[None, :, None, :], -1.0).amax(dim=3)
        slope, middle = self.match[0], self.match[1]
        return slope * ((self.weights(question)[:, None, :] * best).sum(dim=2) - middle)


def bert_of(folder: Path) -> tuple[nn.Module, int]:
    """The encoder's BERT without pooling and dropout, for training to start from, and its hidden size."""
    from transformers import AutoConfig, BertModel
    from transformers.utils import logging

    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    # No dropout: there are few steps, and attention stays on its quick path.
    config.attention_probs_dropout_prob = config.hidden_dropout_prob = 0.0
    spoken = logging.get_verbosity()
    logging.set_verbosity_error()  # it would report the pooler that we leave out
    bert = BertModel.from_pretrained(
        folder, config=config, add_pooling_layer=False, attn_implementation="sdpa", local_files_only=True
    )
    logging.set_verbosity(spoken)
    return bert, config.hidden_size
