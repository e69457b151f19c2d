"""Training groups: a question, a passage that answers it and look-alikes that our own searches bring."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder import Encoder
from retrieval.index import PassageIndex
from retrieval.records import Passage, heading_line
from retrieval.terms import terms
from retrieval.tuning.collection import Collection, Question
from retrieval.tuning.recipe import read_settings
from retrieval.tuning.weak import weak_questions


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage beside a question, with what the first stage thinks of it."""

    passage_id: str
    heading: str
    text: str
    dense: float  #: cosine
    bm25: float  #: share of the question's ideal BM25 score, 0 to 1
    positive: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A question and its candidates: one positive and its negatives, or only negatives where nothing answers.

    ``judged``: the labels hold in absolute terms; false for made questions whose passage lost the sentence they came from.
    ``held_out``: a dev question, which tells when to stop and is not learned from.
    """

    source: str
    question: str
    candidates: tuple[Candidate, ...]
    answers: tuple[str, ...] = ()
    judged: bool = True
    held_out: bool = False


@dataclass(frozen=True, slots=True)
class MiningConfig:
    """How groups are drawn."""

    negatives: int = 4
    pool: int = 30  #: negatives come from the best this many of each search
    per_collection: int = 1000  #: answerable questions a collection gives at most
    unanswerable: int = 600  #: and unanswerable ones
    made: int = 700  #: and made ones, where a collection has no questions; elsewhere a seventh of this
    held_out: int = 25  #: answerable dev questions a collection gives at most
    per_template: int = 15  #: questions with the same last words at most; contract sets repeat a few dozen
    across: bool = True  #: negatives come from all documents; if not, from those that hold the positive
    passages: int = 3500  #: of a larger collection, whole documents up to about this many passages are searched
    least_alike: float = 0.3  #: a made question is dropped if its passage is less like it than this (cosine)
    too_alike: float = 0.95  #: a passage this close (cosine) to the positive is no negative
    seed: int = 7


class Pool:
    """The passages of one collection, searchable as at serving time."""

    def __init__(self, collection: Collection, encoder: Encoder) -> None:
        self.index = PassageIndex.build(collection.passages, encoder, windows=True)
        self.encoder = encoder
        self._of_document: dict[str, list[int]] = {}
        for row, passage in enumerate(self.index.passages):
            self._of_document.setdefault(passage.document_id, []).append(row)

    def features(self, question: str, vector: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Cosine and share of the ideal BM25 score of each row, shape ``(n_rows, 2)``."""
        tokens = terms(question)
        ideal = self.index.lexical.ideal(tokens)
        bm25 = self.index.lexical.scores_of(tokens, rows) / (ideal or 1.0)
        return np.stack([self.index.dense.scores_of(vector, rows), bm25], axis=1).astype(np.float32)

    def near(self, question: str, vector: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """Rows among the k best of either search, in no promised order."""
        lexical, _ = self.index.lexical.search(terms(question), k=k)
        dense, _ = self.index.dense.search(vector, k=k)
        return np.union1d(lexical, dense)

    def beside(self, passage: Passage) -> Sequence[int]:
        """Rows of the same document."""
        return self._of_document[passage.document_id]


def misleading(
    collection: Collection, questions: Sequence[Question], encoder: Encoder, *, across: bool, k: int = 4,
    passages: int = 2400,
) -> dict[str, tuple[str, ...]]:  # fmt: skip
    """The ids of passages that our searches bring for each answerable question and that do not answer it.

    :param across: look in all documents; if not, only in those that hold an answer, and where the question names its document
        in those that it does not name.
    :param k: how far each search is followed, lexical and dense.
    :param passages: of a larger collection, whole documents up to about this many passages are searched.
    :returns: by question id; a question that search brings nothing else for is left out.
    """
    collection = reduced(collection, passages, Random(f"misleading {collection.name}"))
    pool = Pool(collection, encoder)
    answerable = [question for question in questions if question.positives & pool.index.rows.keys()]
    vectors = encoder.encode([question.text for question in answerable], truncate=True)
    found: dict[str, tuple[str, ...]] = {}
    for question, vector in zip(answerable, vectors, strict=True):
        near = [pool.index.passages[row] for row in pool.near(question.text, vector, k)]
        answering = [pool.index.passages[pool.index.rows[key]] for key in question.positives & pool.index.rows.keys()]
        own = {one.document_id for one in answering}
        named = any(names(question.text, one.title) for one in answering)
        others = tuple(
            one.passage_id
            for one in near
            if one.passage_id not in question.positives
            and (across or one.document_id in own or (named and not names(question.text, one.title)))
        )
        if others:
            found[question.question_id] = others
    return found


#: A mining configuration for each collection that needs another than the rest, by name.
Recipe = Mapping[str, MiningConfig]


def read_recipe(path: Path, usual: MiningConfig | None = None) -> Recipe:
    """Read ``{"<collection>": {"<field of MiningConfig>": value, ...}, ...}``.

    :param usual: what holds where the recipe says nothing, such as a seed; the defaults where None.
    :raises WrongUsage: if the file is something else.
    """
    return read_settings(path, usual or MiningConfig())


def mine(
    collections: Iterable[Collection], encoder: Encoder, config: MiningConfig, recipe: Recipe | None = None
) -> Iterator[Group]:
    """Groups of the collections' train questions, and made questions: many where a collection has no others, else few; and
    some of their dev questions, held out."""
    for collection in collections:
        config_here = (recipe or {}).get(collection.name, config)
        yield from _mine_one(collection, encoder, config_here)


def _mine_one(collection: Collection, encoder: Encoder, config: MiningConfig) -> Iterator[Group]:
    random = Random(f"{config.seed} {collection.name}")
    collection = reduced(collection, config.passages, random)
    pool = Pool(collection, encoder)
    if collection.questions:
        yield from _asked_groups(collection, pool, config, random)
        yield from _held_out_groups(collection, pool, config)
    made = config.made if not collection.questions else config.made // 7
    yield from _made_groups(collection, pool, config, made, random)


def names(question: str, title: str) -> bool:
    """Whether a question names the document it asks about: "In the lease X: may I sublet?"."""
    return len(title) > 3 and title in question


def reduced(collection: Collection, limit: int, random: Random) -> Collection:
    """The collection with whole documents left out until about ``limit`` passages remain; those that answer a train
    question stay first. Questions about what was left out go with it."""
    if len(collection.passages) <= limit:
        return collection
    asked = {
        key
        for question in collection.split("train", "located-train")
        for key in (*question.positives, *question.against)
    }
    documents: dict[str, list[Passage]] = {}
    for passage in collection.passages:
        documents.setdefault(passage.document_id, []).append(passage)
    order = sorted(documents)
    random.shuffle(order)
    order.sort(key=lambda document: not any(passage.passage_id in asked for passage in documents[document]))
    kept: list[Passage] = []
    for document in order:
        if len(kept) < limit:
            kept.extend(documents[document])
    ids = {passage.passage_id for passage in kept}
    questions = tuple(q for q in collection.questions if q.positives & ids or (ids.issuperset(q.against) and q.against))
    return Collection(collection.name, tuple(kept), questions)


def spread(questions: Sequence[Question], limit: int, per_template: int, random: Random) -> list[Question]:
    """At most ``limit`` questions, at most ``per_template`` of them ending in the same words."""
    shuffled = list(questions)
    random.shuffle(shuffled)
    seen: Counter[str] = Counter()
    kept: list[Question] = []
    for question in shuffled:
        template = " ".join(re.findall(r"\w+", question.text.lower())[-8:])
        seen[template] += 1
        if seen[template] <= per_template and len(kept) < limit:
            kept.append(question)
    return kept


def _asked_groups(collection: Collection, pool: Pool, config: MiningConfig, random: Random) -> Iterator[Group]:
    train = [question for question in collection.split("train") if question.answerable]
    located = [question for question in collection.split("located-train") if question.answerable]
    nothing = [question for question in collection.split("train") if not question.answerable and question.against]
    chosen = [
        *spread(train, config.per_collection, config.per_template, random),
        *spread(located, config.per_collection, config.per_template, random),
        *spread(nothing, config.unanswerable, config.per_template, random),
    ]
    vectors = pool.encoder.encode([question.text for question in chosen], truncate=True)
    for question, vector in zip(chosen, vectors, strict=True):
        if question.answerable:
            rows = sorted(pool.index.rows[key] for key in question.positives if key in pool.index.rows)
            if rows:
                yield _group(
                    collection.name, question, random.choice(rows), frozenset(rows), pool, vector, config, random
                )
        else:
            rows_against = np.array(
                sorted(pool.index.rows[key] for key in question.against if key in pool.index.rows), np.int64
            )
            if len(rows_against):
                features = pool.features(question.text, vector, rows_against)
                best = np.argsort(-features.sum(axis=1), kind="stable")[:2]
                candidates = tuple(_candidate(pool, int(rows_against[at]), features[at], positive=False) for at in best)
                yield Group(collection.name, question.text, candidates)


def _held_out_groups(collection: Collection, pool: Pool, config: MiningConfig) -> Iterator[Group]:
    random = Random(f"{config.seed} held out {collection.name}")
    dev = [question for question in collection.split("dev") if question.positives & pool.index.rows.keys()]
    chosen = spread(dev, config.held_out, config.per_template, random)
    vectors = pool.encoder.encode([question.text for question in chosen], truncate=True)
    for question, vector in zip(chosen, vectors, strict=True):
        rows = sorted(pool.index.rows[key] for key in question.positives if key in pool.index.rows)
        group = _group(collection.name, question, random.choice(rows), frozenset(rows), pool, vector, config, random)
        yield replace(group, held_out=True)


def _made_groups(
    collection: Collection, pool: Pool, config: MiningConfig, limit: int, random: Random
) -> Iterator[Group]:
    made = weak_questions(pool.index.passages, limit=limit, seed=config.seed)
    vectors = pool.encoder.encode([question.text for question in made], truncate=True)
    own = pool.encoder.encode([question.searchable for question in made], truncate=True)
    for question, vector, passage_vector in zip(made, vectors, own, strict=True):
        row = pool.index.rows[question.passage_id]
        asked = Question(question.passage_id, question.text, "made", frozenset({question.passage_id}))
        group = _group(collection.name, asked, row, frozenset({row}), pool, vector, config, random)
        asked_terms = set(terms(question.text))
        held = [
            len(asked_terms & set(terms(text))) for text in (question.searchable, pool.index.passages[row].searchable)
        ]
        lexical = group.candidates[0].bm25 * held[0] / max(held[1], 1)
        cosine = float(passage_vector @ vector)
        first = Candidate(question.passage_id, question.heading, question.body, cosine, lexical, positive=True)
        if cosine < config.least_alike or len(group.candidates) < 2:
            continue  # without the sentence, nothing is left that tells this passage from others, or there are none
        yield Group(f"made-{collection.name}", question.text, (first, *group.candidates[1:]), judged=False)


def _group(
    source: str, question: Question, positive: int, positives: frozenset[int], pool: Pool, vector: NDArray[np.float32],
    config: MiningConfig, random: Random,
) -> Group:  # fmt: skip
    beside = pool.beside(pool.index.passages[positive])
    near = pool.near(question.text, vector, config.pool) if config.across else np.array(beside, np.int64)
    alike = pool.index.dense.vectors[near] @ pool.index.dense.vectors[positive]
    rows = [
        int(row) for row, close in zip(near, alike, strict=True) if row not in positives and close < config.too_alike
    ]
    features = pool.features(question.text, vector, np.array(rows, np.int64))
    strength = features @ np.array([1.0, 0.5], np.float32)
    # Harder ones are likelier, easier ones not excluded: only the hardest would teach that whatever is near is wrong.
    keys = np.array([random.random() for _ in rows]) ** np.exp(-6.0 * (strength - strength.max(initial=0.0)))
    chosen = [rows[at] for at in np.argsort(-keys, kind="stable")[: config.negatives]]
    others = [row for row in beside if row not in positives and row not in chosen]
    if others and len(chosen) == config.negatives and random.random() < 0.5:
        chosen[-1] = random.choice(others)
    wanted = np.array([positive, *chosen], np.int64)
    candidates = [
        _candidate(pool, int(row), values, positive=int(row) == positive)
        for row, values in zip(wanted, pool.features(question.text, vector, wanted), strict=True)
    ]
    return Group(source, question.text, tuple(candidates), question.answers)


def _candidate(pool: Pool, row: int, features: NDArray[np.float32], *, positive: bool) -> Candidate:
    passage = pool.index.passages[row]
    heading = heading_line(passage.title, passage.section_path)
    return Candidate(passage.passage_id, heading, passage.text, float(features[0]), float(features[1]), positive)
