"""The verifier: a small language model reads each of the few best passages, then the question, and says whether it is answered.

The reader has ten million weights that count and read some half a million questions to learn what reading is. The base of
the generator has ten times as many and has read most of what is written, so a few ten thousand questions teach it more;
it is also slower, and reads only what search and reader put first (Hu et al., "Read + Verify", AAAI 2019).
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from retrieval.errors import ModelUnavailable
from retrieval.models import GENERATOR, ModelCache
from retrieval.records import Passage, Reading, heading_line
from retrieval.weightfolder import SHIPPED, fingerprint, read_manifest, unpack

#: Of a heading, of heading and passage together, and of a question that loses its middle: tokens that are read.
HEADING_TOKENS = 40
PASSAGE_TOKENS = 256
QUESTION_TOKENS = 48
#: What stands before a question and behind it.
BEFORE, BEHIND = "\nQuestion: ", "\nAnswered:"

#: Tokens of passages of which what was read is kept: about 320 MB, some 500 clauses of a policy.
_MOST_TOKENS = 40_000

log = logging.getLogger(__name__)


class Verifier(Protocol):
    """Says whether passages answer a question."""

    @property
    def name(self) -> str: ...

    @property
    def rank_weight(self) -> float:
        """What one unit of its log-odds counts in a ranking, beside search's and the reader's."""

    def verify(self, question: str, passages: Sequence[Passage], readings: Sequence[Reading]) -> list[float]:
        """The log-odds that each passage answers, in the order of the passages.

        :param readings: the reader's, one a passage: where in a long one to look.
        """

    def keep(self, passages: Sequence[Passage]) -> None:
        """Read passages that will be asked about, before a question comes, as far as what is read can be kept."""


class Prompter:
    """Lays out passages and questions.

    :param tokenizer: the base model's own, of the library ``tokenizers``.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._before, self._behind = self.ids(BEFORE), self.ids(BEHIND)

    @classmethod
    def of(cls, folder: Path) -> Prompter:
        """The tokenizer of a folder of weights."""
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return cls(tokenizer)

    def encode(self, texts: Sequence[str]) -> list[Any]:
        """Encodings with ``ids`` and ``offsets``, without marks."""
        encodings: list[Any] = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return encodings

    def ids(self, text: str) -> tuple[int, ...]:
        return tuple(self.encode([text])[0].ids)

    def decode(self, ids: Sequence[int]) -> str:
        text: str = self._tokenizer.decode(list(ids))
        return text

    def heading(self, line: str) -> tuple[int, ...]:
        """A heading with its line break; nothing of an empty one."""
        return self.ids(line + "\n")[:HEADING_TOKENS] if line else ()

    def question(self, ids: Sequence[int]) -> tuple[int, ...]:
        """A question between what stands before it and behind it; a long one loses its middle."""
        if len(ids) > QUESTION_TOKENS:
            half = QUESTION_TOKENS // 2
            ids = [*ids[:half], *ids[-half:]]
        return (*self._before, *ids, *self._behind)

    def passage(self, passage: Passage, reading: Reading) -> tuple[int, ...]:
        """A passage under its heading; of a long one a window, with what the reader takes for the answer in its middle."""
        heading = self.heading(heading_line(passage.title, passage.section_path))
        text = self.encode([passage.text])[0]
        room = PASSAGE_TOKENS - len(heading)
        middle = sum(end <= (reading.start + reading.end) // 2 for _, end in text.offsets)
        begin = max(0, min(middle - room // 2, len(text.ids) - room))
        return (*heading, *text.ids[begin : begin + room])


class TrainedVerifier:
    """Our trained adapter in its base model. Safe to share between threads.

    A passage is read without the question, so what was read lately is kept, and only the question is read the next time.
    """

    def __init__(
        self, trunk: Any, head: Any, prompter: Prompter, name: str, *, scale: float = 1.0, offset: float = 0.0,
        rank_weight: float = 0.0,
    ) -> None:  # fmt: skip
        self.name = name
        self.rank_weight = rank_weight
        self._trunk = trunk
        self._head = head
        self._prompter = prompter
        self._scale, self._offset = scale, offset
        self._kept: OrderedDict[tuple[int, ...], Any] = OrderedDict()
        self._tokens = 0
        self._lock = Lock()

    @classmethod
    def load(cls, folder: Path, base: Path) -> TrainedVerifier:
        """Read a trained adapter and the base weights that it belongs to.

        :param base: folder of the unpacked base weights.
        :raises WeightsDamaged: if a file differs from the manifest.
        :raises ModelUnavailable: if either folder holds no weights, or the adapter was trained for others.
        """
        import torch
        from safetensors.numpy import load_file
        from torch import nn

        from retrieval.basemodel import open_weights
        from retrieval.llama import Trunk
        from retrieval.matrices import has_fast_int8

        manifest = read_manifest(folder, kind="verifier")
        tensors = {
            name: torch.from_numpy(values) for name, values in unpack(load_file(folder / "weights.safetensors")).items()
        }
        model, _ = open_weights(base)
        merge(model, tensors, layers=manifest["layers"], scale=manifest["adapter_scale"])
        head = nn.Linear(*tensors["answer.weight"].shape[::-1])
        head.load_state_dict({name: tensors[f"answer.{name}"] for name in ("weight", "bias")})
        calibration = manifest["calibration"]
        return cls(
            Trunk(model, int8=has_fast_int8(), exact=False), head, Prompter.of(base), manifest["name"],
            scale=calibration["scale"], offset=calibration["offset"], rank_weight=calibration["rank_weight"],
        )  # fmt: skip

    def verify(self, question: str, passages: Sequence[Passage], readings: Sequence[Reading]) -> list[float]:
        asked = self._prompter.question(self._prompter.ids(question))
        return [
            self._log_odds(self._prompter.passage(passage, reading), asked)
            for passage, reading in zip(passages, readings, strict=True)
        ]

    def keep(self, passages: Sequence[Passage]) -> None:
        # Long ones are left out: where they are read depends on what the reader points to.
        for passage in passages:
            ids = self._prompter.passage(passage, Reading(0.0, 0, 0))
            if len(ids) < PASSAGE_TOKENS and self._tokens + len(ids) <= _MOST_TOKENS:
                self._read(ids)

    def _log_odds(self, passage: tuple[int, ...], asked: tuple[int, ...]) -> float:
        import torch

        with torch.inference_mode():
            states = self._trunk.states(len(passage) + len(asked))
            if passage:
                states.begin_with_rounded(self._read(passage))
            weighted, scale = self._trunk.normed(self._trunk.follow(asked, states))
            return float(self._head(weighted * scale)) * self._scale + self._offset

    def _read(self, ids: tuple[int, ...]) -> Any:
        """What was read of a passage, rounded: kept, or read now."""
        with self._lock:
            if ids in self._kept:
                self._kept.move_to_end(ids)
                return self._kept[ids]
        states = self._trunk.states(len(ids))
        self._trunk.follow(ids, states)
        read = states.rounded()
        with self._lock:
            if ids not in self._kept:
                self._kept[ids] = read
                self._tokens += len(ids)
            while self._tokens > _MOST_TOKENS:
                self._tokens -= len(self._kept.popitem(last=False)[0])
        return read


def merge(model: Any, tensors: Any, *, layers: int, scale: float) -> None:
    """Keep the lower layers of a ``LlamaForCausalLM`` alone and add the adapter's products to their matrices."""
    import torch

    del model.model.layers[layers:]
    with torch.no_grad():
        for name in tensors:
            matrix, _, part = name.rpartition(".")
            if part == "up" and matrix.startswith("layers."):
                product = tensors[name] @ tensors[f"{matrix}.down"]
                model.model.get_submodule(matrix).weight.add_(scale * product)


def load_verifier(name: str | None = None, *, cache: ModelCache | None = None) -> Verifier | None:
    """Load a verifier: the one that ships with Policydesk, or the one in a folder.

    :param name: a folder written by ``policydesk tune verifier``; ``none`` for no verifier.
    :returns: None if none was named and none ships, or if its base weights are not cached here: then hits are read once only.
    :raises ModelUnavailable: if there is no such folder.
    :raises WeightsDamaged: if a file differs from the manifest.
    """
    from retrieval.basemodel import prepare_default

    folder = SHIPPED / "verifier" if name is None else Path(name)
    if name == "none" or (name is None and not (folder / "manifest.json").exists()):
        return None
    cache = cache or ModelCache.default()
    if name is None and not cache.is_cached(GENERATOR):
        log.warning(
            "whether passages answer is not verified: %s is not cached in %s; run: policydesk models pull",
            GENERATOR.name, cache.root,
        )  # fmt: skip
        return None
    base = str((read_manifest(folder, kind="verifier").get("base") or {}).get("sha256"))
    if base not in GENERATOR.files.values():
        raise ModelUnavailable(
            f"the verifier in {folder} was trained for weights {base[:12]}…, not for {GENERATOR.name} as it is here; train one with:"
            " policydesk tune verifier, or set POLICYDESK_VERIFIER=none"
        )
    return _load(folder, fingerprint(folder), prepare_default(cache))


@lru_cache(maxsize=1)
def _load(folder: Path, _weights: str, base: Path) -> TrainedVerifier:
    return TrainedVerifier.load(folder, base)
