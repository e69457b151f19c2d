"""Passages in force that cannot both be right: the same matter, another number, date or duty."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from ingest.disagreement import Difference, Saying, difference, disputed, saying, told_apart
from ingest.matters import Weights, may_be_one
from ingest.rules import Rule, rules_of
from retrieval.encoder import Encoder
from retrieval.index import PassageIndex
from retrieval.records import Passage


@dataclass(frozen=True, slots=True)
class ConflictConfig:
    """When two sentences are on one matter. Higher finds less and is right more often."""

    neighbours: int = 12  #: nearest passages of other documents that each passage is compared with
    passage_similarity: float = 0.45  #: cosine of two passages, below which their sentences are not compared
    shared_words: float = 0.3  #: share of the shorter sentence's words in both, rare words counting more
    number_similarity: float = 0.66  #: cosine of two sentences with different numbers
    crowded_similarity: float = 0.85  #: the same where one of them has several numbers of that measure
    stance_similarity: float = 0.55  #: cosine of two sentences of which one bans or demands what the other does not
    negation_similarity: float = 0.75  #: cosine of two sentences that only "not" tells apart


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two sentences of different documents that state different things about one matter."""

    one: Rule  #: of the document that was asked about
    other: Rule
    kind: Difference
    about: str  #: the words both have, as they stand in ``one``
    differs: tuple[str, str]  #: what each says: ("5 days", "10 days")
    similarity: float  #: cosine of the two sentences


def find_conflicts(
    passages: Sequence[Passage],
    encoder: Encoder,
    *,
    library: PassageIndex | None = None,
    today: date | None = None,
    config: ConflictConfig | None = None,
) -> list[Contradiction]:
    """Where passages contradict those of other documents, surest first; ties by passage ids.

    Two passages can contradict each other only if somebody could be shown both on one day from today on: their dates in
    force overlap, so do their audiences, they are for the same country, and they are of different documents. A rule for one
    country beside the rule for everywhere is precedence, not conflict.

    Two contracts bind other parties, or are templates to choose from: they are not compared with each other.

    :param passages: of any number of documents, drafts too.
    :param library: what they are compared with; vectors of passages that are in it are taken from it. None compares
        ``passages`` with each other.
    """
    config = config or ConflictConfig()
    index = library if library is not None else PassageIndex.build(passages, encoder, windows=True)
    weights = Weights(index)
    pairs = [
        pair
        for one, other in _neighbours(passages, index, encoder, today or date.today(), config)
        for pair in _pairs(one, other, weights, config)
    ]
    return _judged(pairs, encoder, config)


# -- passages that could clash ---------------------------------------------------------------------------------------


def may_clash(one: Passage, other: Passage, today: date) -> bool:
    """Whether somebody could be shown both passages on one day, and neither takes precedence."""
    return (
        one.document_id != other.document_id
        and one.jurisdiction == other.jurisdiction
        and (not one.audience or not other.audience or bool(one.audience & other.audience))
        and _meet(one, other, today)
    )


def _meet(one: Passage, other: Passage, today: date) -> bool:
    """Whether both are in force on some day from today on."""
    begins = max(one.effective_from or date.min, other.effective_from or date.min, today)
    return begins <= min(one.effective_to or date.max, other.effective_to or date.max)


#: Passages compared with the library at once: bounds the memory of the similarities.
_BLOCK = 256


def _neighbours(
    passages: Sequence[Passage], index: PassageIndex, encoder: Encoder, today: date, config: ConflictConfig
) -> Iterator[tuple[Passage, Passage]]:
    """Each passage with the most similar ones of other documents, each two passages once."""
    telling = [passage for passage in passages if rules_of(passage)]
    if not telling or not len(index):
        return
    contracts = _contracts([*index.passages, *passages])
    vectors = _vectors(telling, index, encoder)
    documents = np.array([passage.document_id for passage in index.passages])
    usable = np.array([_meet(passage, passage, today) for passage in index.passages])
    met: set[tuple[str, str]] = set()
    for begin in range(0, len(telling), _BLOCK):
        block = vectors[begin : begin + _BLOCK] @ index.dense.vectors.T
        for one, similarities in zip(telling[begin : begin + _BLOCK], block, strict=True):
            similarities[~usable | (documents == one.document_id)] = -1.0
            near = np.argsort(-similarities, kind="stable")[: 4 * config.neighbours]
            others = [index.passages[row] for row in near if similarities[row] >= config.passage_similarity]
            if one.document_id in contracts:
                others = [other for other in others if other.document_id not in contracts]
            clashing = [other for other in others if may_clash(one, other, today)]
            for other in clashing[: config.neighbours]:
                key = (min(one.passage_id, other.passage_id), max(one.passage_id, other.passage_id))
                if key not in met:
                    met.add(key)
                    yield one, other


_OF_PARTIES = re.compile(
    r"\b(?:this|the) (?:agreement|contract)\b|\b(?:either|neither|each|the other|both) part(?:y|ies)\b", re.IGNORECASE
)
_CONTRACT_SHARE = 0.15


def _contracts(passages: Iterable[Passage]) -> frozenset[str]:
    """The documents that bind parties. Two of them bind other parties, or are templates to choose from: what the one says
    does not contradict the other."""
    spoken: dict[str, list[bool]] = defaultdict(list)
    for passage in passages:
        spoken[passage.document_id].append(_OF_PARTIES.search(passage.text) is not None)
    return frozenset(document for document, said in spoken.items() if sum(said) >= _CONTRACT_SHARE * len(said))


def _vectors(passages: Sequence[Passage], index: PassageIndex, encoder: Encoder) -> NDArray[np.float32]:
    """Shape ``(n_passages, dimension)``: from the index where it holds the passage as it is, else encoded."""
    rows = [index.rows.get(passage.passage_id) for passage in passages]
    known = [
        row is not None and index.passages[row].searchable == passage.searchable
        for passage, row in zip(passages, rows, strict=True)
    ]
    vectors = np.empty((len(passages), index.dense.dimension), np.float32)
    for at, row in enumerate(rows):
        if known[at] and row is not None:
            vectors[at] = index.dense.vectors[row]
    missing = [at for at, is_known in enumerate(known) if not is_known]
    if missing:
        vectors[missing] = encoder.encode([passages[at].searchable for at in missing], truncate=True)
    return vectors


# -- sentences that differ -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Pair:
    one: Rule
    other: Rule
    kind: Difference | None  #: None where they agree: then a less similar sentence that differs is on another matter

    @property
    def keys(self) -> frozenset[tuple[str, str, str]]:
        """Each sentence with its document and the other document."""
        mine, theirs = self.one.passage.document_id, self.other.passage.document_id
        return frozenset({(self.one.saying.text, mine, theirs), (self.other.saying.text, theirs, mine)})


def _pairs(one: Passage, other: Passage, weights: Weights, config: ConflictConfig) -> Iterator[_Pair]:
    """Sentences of two passages that could be on one matter, with what tells them apart."""
    paired = [
        (mine, theirs)
        for mine in rules_of(one)
        for theirs in rules_of(other)
        if may_be_one(mine, theirs, weights, shared_words=config.shared_words)
    ]
    for mine, theirs in paired:
        kind = difference(mine.saying, theirs.saying, on_one_matter=True)
        if kind is Difference.NUMBER and _says_it_too(mine, theirs, paired):
            continue
        # "No" in a cell denies what its column says, not the row.
        yield _Pair(mine, theirs, None if mine.row is not None and kind is Difference.NEGATION else kind)


def _says_it_too(one: Rule, other: Rule, paired: Sequence[tuple[Rule, Rule]]) -> bool:
    """Whether a passage also states, on the same matter, a number that it seems to contradict: then it tells cases apart."""
    beside_other = [theirs for mine, theirs in paired if mine is one and theirs is not other]
    beside_one = [mine for mine, theirs in paired if theirs is other and mine is not one]
    for mine, theirs, besides in ((one, other, beside_other), (other, one, beside_one)):
        numbers = disputed(mine.saying, theirs.saying, on_one_matter=True)
        if numbers and any(numbers <= _numbers(beside) for beside in besides):
            return True
    return False


def _numbers(rule: Rule) -> frozenset[tuple[str, str]]:
    return frozenset((quantity.measure, quantity.value) for quantity in rule.saying.quantities)


# -- the verdict -----------------------------------------------------------------------------------------------------


def _judged(pairs: Sequence[_Pair], encoder: Encoder, config: ConflictConfig) -> list[Contradiction]:
    """The pairs on one matter that differ; of each sentence only the most similar partner in another document."""
    doubted = {key for pair in pairs if pair.kind is not None for key in pair.keys}
    pairs = [pair for pair in pairs if pair.keys & doubted]
    if not pairs:
        return []
    texts = sorted({said.saying.text for pair in pairs for said in (pair.one, pair.other)})
    vectors = encoder.encode(texts, truncate=True)
    place = {text: at for at, text in enumerate(texts)}
    scored = [
        (float(vectors[place[pair.one.saying.text]] @ vectors[place[pair.other.saying.text]]), pair) for pair in pairs
    ]
    near = sorted(
        ((score, pair) for score, pair in scored if score >= _similarity_asked(pair, config)),
        key=lambda each: (-each[0], each[1].one.passage.passage_id, each[1].other.passage.passage_id),
    )
    found: list[Contradiction] = []
    settled: set[tuple[str, str, str]] = set()
    for score, pair in near:
        if pair.keys & settled:
            continue
        settled |= pair.keys
        if pair.kind is not None:
            found.append(_contradiction(pair, pair.kind, score))
    return found


def _similarity_asked(pair: _Pair, config: ConflictConfig) -> float:
    """How similar two sentences have to be to be on one matter, by what tells them apart."""
    match pair.kind:
        case Difference.BAN | Difference.DUTY:
            return config.stance_similarity
        case Difference.NEGATION:
            return config.negation_similarity
        case _:
            crowded = any(_is_crowded(said.saying) for said in (pair.one, pair.other))
            return config.crowded_similarity if crowded else config.number_similarity


def _is_crowded(one: Saying) -> bool:
    """Whether a sentence states several different numbers of one measure, so that any may be the other's."""
    values = {(quantity.measure, quantity.value) for quantity in one.quantities}
    return any(count > 1 for count in Counter(measure for measure, _ in values).values())


def _contradiction(pair: _Pair, kind: Difference, similarity: float) -> Contradiction:
    one, other = pair.one, pair.other
    shared = one.saying.words & other.saying.words
    about = _wording(one.quote, shared) or one.passage.title
    return Contradiction(one, other, kind, about, told_apart(one.text, other.text), similarity)


def _wording(quote: str, stems: frozenset[str]) -> str:
    """The words of these stems as they stand in a quotation, each once."""
    words = [word.strip(".,;:()“”\"'").casefold() for word in quote.split()]
    kept = [word for word in words if saying(word).words & stems]
    return " ".join(dict.fromkeys(kept))
