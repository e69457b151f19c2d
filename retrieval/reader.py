"""The reader: whether a passage answers a question at all, and where. Asked about the few best hits, before anybody answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.models import ENCODER, ModelCache
from retrieval.records import Passage, Reading, heading_line
from retrieval.rerank import batches
from retrieval.verifier import Verifier, load_verifier
from retrieval.weightfolder import SHIPPED, fill

#: As in training: what is read of a question, which loses its middle, and of a heading, and how long a window of a passage
#: is. Reading longer questions than it was trained on made it rank ConditionalQA worse.
QUESTION_TOKENS = 40
HEADING_TOKENS = 32
WINDOW_TOKENS = 160
#: Tokens by which the windows of a long passage overlap, and those of the longest answer.
_OVERLAP, _LONGEST_ANSWER = 40, 40
#: Passages whose windows are kept.
_MOST_CUT = 1_000


class Reader(Protocol):
    """Reads passages for a question."""

    @property
    def name(self) -> str: ...

    @property
    def rank_weight(self) -> float:
        """What one unit of its log-odds counts in a ranking, beside fusion's score."""

    @property
    def verifier(self) -> Verifier | None:
        """What reads the best passages once more; None for nothing."""

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        """One reading a passage, in the order of the passages; an empty list is allowed."""


@dataclass(frozen=True, slots=True)
class _Window:
    """A part of a passage as it is read: its token ids with the heading's, and where its own tokens stand in the text."""

    ids: tuple[int, ...]
    heading: int  #: tokens of the heading, in front
    offsets: tuple[tuple[int, int], ...]  #: of the tokens behind the heading, in ``passage.text``


class TrainedReader:
    """Our trained network. Safe to share between threads.

    A passage is read without the question, so what was read lately is kept, and only the question is read the next time.
    """

    def __init__(
        self, network: Any, tokenizer: Any, name: str, *, scale: float = 1.0, offset: float = 0.0, rank_weight: float = 0.0
    ) -> None:  # fmt: skip
        from retrieval.keptreadings import KeptReadings

        self.name = name
        self.rank_weight = rank_weight
        self._network = network
        self._tokenizer = tokenizer
        self._scale, self._offset = scale, offset
        self._kept = KeptReadings()
        self._windows_of = lru_cache(maxsize=_MOST_CUT)(self._cut)
        self._lock = Lock()
        self.verifier: Verifier | None = None

    @classmethod
    def load(cls, folder: Path, encoder_folder: Path) -> TrainedReader:
        """Read trained weights, and the word embeddings and tokenizer that they share with the encoder.

        :raises WeightsDamaged: if a file differs from the manifest.
        :raises ModelUnavailable: if the folder holds no manifest.
        """
        from retrieval.interaction import TextTokenizer
        from retrieval.matrices import has_fast_int8, round_linears
        from retrieval.reading import ReadingNetwork

        network = ReadingNetwork.from_encoder(encoder_folder)
        manifest = fill(network, folder, kind="reader")
        if has_fast_int8():
            round_linears(network.bert.encoder)
        calibration = manifest["calibration"]
        return cls(
            network.eval(), TextTokenizer(encoder_folder), manifest["name"],
            scale=calibration["scale"], offset=calibration["offset"],
            rank_weight=calibration.get("rank_weight", 0.0),
        )  # fmt: skip

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        import torch

        from retrieval.interaction import cut_question

        if not passages:
            return []
        asked = cut_question(self._tokenizer.encode([question])[0].ids, QUESTION_TOKENS)
        windows = [(number, window) for number, one in enumerate(passages) for window in self._windows(one)]
        with torch.inference_mode():
            with self._lock:
                self._keep([window for _, window in windows])
                seen = self._kept.of([window.ids for _, window in windows])
                self._kept.shrink()
            ids, attention = self._tokenizer.batch([asked])
            outcome = self._network.read(ids.expand(len(windows), -1), attention.expand(len(windows), -1), seen)
        return self._best(
            len(passages), windows, *(part.numpy() for part in (outcome.log_odds, outcome.start, outcome.end))
        )

    def keep(self, passages: Sequence[Passage]) -> None:
        """Read passages that will be asked about, before a question comes."""
        import torch

        with self._lock, torch.inference_mode():
            self._keep([window for one in passages for window in self._windows(one)])
            self._kept.shrink()
        if self.verifier:
            self.verifier.keep(passages)

    def _windows(self, passage: Passage) -> tuple[_Window, ...]:
        return self._windows_of(heading_line(passage.title, passage.section_path), passage.text)

    def _cut(self, heading: str, text: str) -> tuple[_Window, ...]:
        """The windows of a text under its heading, at least one."""
        title, body = self._tokenizer.encode([heading, text])
        above = tuple(title.ids[:HEADING_TOKENS])
        room = WINDOW_TOKENS - len(above)
        starts = range(0, max(1, len(body.ids) - _OVERLAP), room - _OVERLAP)
        shown = [slice(begin, begin + room) for begin in starts]
        return tuple(_Window((*above, *body.ids[one]), len(above), tuple(body.offsets[one])) for one in shown)

    def _keep(self, windows: Sequence[_Window]) -> None:
        """Read the windows that are not kept yet."""
        rows = dict.fromkeys(window.ids for window in windows)
        unread = [row for row in rows if row not in self._kept]
        for chosen in batches([len(row) + 2 for row in unread]):
            batch = [unread[at] for at in chosen]
            self._kept.add(batch, self._network.passages(*self._tokenizer.batch(batch)))

    def _best(
        self, passages: int, windows: Sequence[tuple[int, _Window]], log_odds: NDArray[np.float32], starts: NDArray[np.float32],
        ends: NDArray[np.float32],
    ) -> list[Reading]:  # fmt: skip
        """The reading of each passage's best window, with what the others say of where the answer begins."""
        best: dict[int, Reading] = {}
        begins: list[dict[int, float]] = [{} for _ in range(passages)]
        for (number, window), chance, start, end in zip(windows, log_odds, starts, ends, strict=True):
            calibrated = float(chance) * self._scale + self._offset
            if number not in best or calibrated > best[number].log_odds:
                best[number] = Reading(calibrated, *_span(window, start, end))
            for at, probability in _begins(window, start):
                begins[number][at] = max(probability, begins[number].get(at, 0.0))
        return [replace(best[number], begins=tuple(begins[number].items())) for number in range(passages)]


def _span(window: _Window, start: NDArray[np.float32], end: NDArray[np.float32]) -> tuple[int, int]:
    """The most likely answer among the window's own tokens, as offsets in the text; nothing of an empty text."""
    first = 1 + window.heading  # a mark stands in front
    length = len(window.offsets)
    if not length:
        return 0, 0
    together = start[first : first + length, None] + end[None, first : first + length]
    allowed = np.triu(np.ones_like(together, dtype=bool)) & ~np.triu(
        np.ones_like(together, dtype=bool), _LONGEST_ANSWER
    )
    begin, last = np.unravel_index(int(np.where(allowed, together, -np.inf).argmax()), together.shape)
    return window.offsets[int(begin)][0], window.offsets[int(last)][1]


def _begins(window: _Window, start: NDArray[np.float32]) -> Iterator[tuple[int, float]]:
    """Where the window's own tokens stand, and the probability that the answer begins at each."""
    first = 1 + window.heading
    odds = np.exp(start - start.max())
    for (at, _), probability in zip(
        window.offsets, odds[first : first + len(window.offsets)] / odds.sum(), strict=True
    ):
        yield at, float(probability)


def load_reader(
    name: str | None = None, *, verifier: str | None = None, cache: ModelCache | None = None
) -> Reader | None:
    """Load a reader: the one that ships with Policydesk, or the one in a folder.

    :param name: a folder written by ``policydesk tune reader``.
    :param verifier: see :func:`retrieval.verifier.load_verifier`.
    :returns: None if none was named and none ships.
    :raises ModelUnavailable: if there is no such folder, or the encoder that it shares its words with is not cached.
    :raises WeightsDamaged: if a file differs from the manifest.
    """
    folder = SHIPPED / "reader" if name is None else Path(name)
    if name is None and not (folder / "manifest.json").exists():
        return None
    cache = cache or ModelCache.default()
    reader = TrainedReader.load(folder, cache.require(ENCODER))
    reader.verifier = load_verifier(verifier, cache=cache)
    return reader
