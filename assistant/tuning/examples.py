"""Training examples: the prompt that a question gets at answer time, and the answer it should have led to.

The evidence is found as it is when people ask: the passages that hybrid search brings, distilled to a few sentences, the
passage with the answer put in where the search missed it. What the model is asked to write stands in that evidence and
passes the claim check; a question for which no such answer can be made gives no example.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from assistant.evidence import EvidenceConfig, EvidenceSentence, distil
from assistant.model import Message
from assistant.prompt import answer_prompt, one_line
from assistant.tuning.targets import holds, share_held, target
from retrieval.encoder import Encoder
from retrieval.index import PassageIndex
from retrieval.records import Hit, heading_line
from retrieval.search import Searcher
from retrieval.terms import terms
from retrieval.tuning.collection import Collection, Question
from retrieval.tuning.mining import reduced
from retrieval.tuning.recipe import read_settings
from retrieval.tuning.weak import weak_questions

#: What the model learns to write where the evidence does not answer. It passes no claim check, so nobody is shown it.
REFUSAL = "The evidence does not say."

#: An answer of more words is no span that stands in a sentence word for word.
_SPAN_WORDS = 8
_ROUNDS = 4
#: A made question of fewer terms could be about anything.
_FEWEST_TERMS = 4


@dataclass(frozen=True, slots=True)
class Example:
    """One prompt and the reply that completes it."""

    source: str
    kind: str  #: "asked", "joined" (two sentences of evidence), "made" or "refusal"
    prompt: tuple[Message, ...]
    reply: str


@dataclass(frozen=True, slots=True)
class DrawConfig:
    """How many questions of a collection are drawn, at most; fewer become examples."""

    asked: int = 1000
    made: int = 0  #: made from its documents; of a collection without train questions ten times as many
    refusals: int = 60  #: unanswerable questions
    joined: bool = False  #: whether an answer takes a sentence from each of two passages
    passages: int = 1000  #: of a larger collection, whole documents up to about this many passages are searched
    least_held: float = 0.6  #: of a longer gold answer's terms, for a sentence of the evidence to count as its source
    seed: int = 7


#: The draw for each collection that needs another than the rest, by name.
Recipe = Mapping[str, DrawConfig]


def read_recipe(path: Path, usual: DrawConfig | None = None) -> Recipe:
    """Read ``{"<collection>": {"<field of DrawConfig>": value, ...}, ...}``.

    :param usual: what holds where the recipe says nothing, such as a seed; the defaults where None.
    :raises WrongUsage: if the file is something else.
    """
    return read_settings(path, usual or DrawConfig())


def draw(
    collection: Collection, encoder: Encoder, config: DrawConfig, *,
    dev: int = 0, report: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[list[Example], list[Example]]:  # fmt: skip
    """The examples of one collection's train questions, made questions and unanswerable ones, in an order drawn by the
    seed; and those of at most ``dev`` answerable dev questions.

    :param report: called with the questions looked at, and how many there are.
    """
    random = Random(f"{config.seed} {collection.name}")
    collection = reduced(collection, config.passages, random)
    desk = _Desk(collection, encoder, config)
    questions = list(collection.split("train", "located-train"))
    random.shuffle(questions)
    once = list({question.text: question for question in questions if question.answerable}.values())
    answerable = once[: config.asked]
    unanswerable = [question for question in questions if not question.answerable][: config.refusals]
    made = _made(collection, config.made if answerable else 10 * config.made, config.seed)
    later = [question for question in collection.split("dev", "located-dev") if question.answerable]
    random.shuffle(later)
    steps = [
        *((desk.asked, question) for question in answerable),
        *((desk.made, question) for question in made),
        *((desk.refused, question) for question in unanswerable),
        *((desk.asked, question) for question in later[:dev]),
    ]
    found = []
    for done, (make, question) in enumerate(steps):
        report(done, len(steps))
        found.append(make(question, random))
    first_dev = len(steps) - len(later[:dev])
    examples = [example for example in found[:first_dev] if example is not None]
    random.shuffle(examples)
    return examples, [example for example in found[first_dev:] if example is not None]


class _Desk:
    """Turns questions over one collection into examples."""

    def __init__(self, collection: Collection, encoder: Encoder, config: DrawConfig) -> None:
        self._source = collection.name
        self._config = config
        self._encoder = _Remembering(encoder)
        index = PassageIndex.build(collection.passages, encoder, windows=True)
        self._searcher = Searcher(index, self._encoder)
        self._passages = {passage.passage_id: passage for passage in collection.passages}

    def asked(self, question: Question, random: Random) -> Example | None:
        """An example of a question with judged passages; None where its evidence holds no answer that can be written."""
        evidence = self._evidence(question, random)
        if self._config.joined:
            return self._joined(question, evidence)
        answers = [_unconditional(answer) for answer in question.answers]
        judged = [sentence for sentence in evidence if sentence.passage.passage_id in question.positives]
        for sentence in judged:
            spans = [
                answer for answer in answers if len(answer.split()) <= _SPAN_WORDS and holds(sentence.quote, [answer])
            ]
            if not spans and not self._is_source(sentence, answers):
                continue
            if reply := _reply(question.text, sentence, spans):
                return self._example("asked", question.text, evidence, reply)
        return None

    def made(self, question: Question, random: Random) -> Example | None:
        """An example of a question made from one sentence, which it repeats in part."""
        evidence = self._evidence(question, random)
        asked = set(terms(question.text))
        shares = [len(asked & set(terms(sentence.quote))) / len(asked) for sentence in evidence]
        best = int(np.argmax(shares)) if shares else -1
        if best < 0 or shares[best] < self._config.least_held or not evidence[best].quote.rstrip().endswith("."):
            return None
        if evidence[best].passage.passage_id not in question.positives or len(asked) < _FEWEST_TERMS:
            return None
        reply = _reply(question.text, evidence[best], ())
        return self._example("made", question.text, evidence, reply) if reply else None

    def refused(self, question: Question, random: Random) -> Example | None:
        """An example of an unanswerable question, over the passages it was asked against."""
        against = frozenset(question.against[:1])
        evidence = self._evidence(replace(question, positives=against), random)
        return self._example("refusal", question.text, evidence, REFUSAL) if evidence else None

    def _joined(self, question: Question, evidence: Sequence[EvidenceSentence]) -> Example | None:
        """The two sentences of two gold passages that hold most of a long answer, in the order of the evidence."""
        best: dict[str, tuple[float, int]] = {}
        for at, sentence in enumerate(evidence):
            share = max((share_held(sentence.quote, answer) for answer in question.answers), default=0.0)
            held = (share, -at)
            if sentence.passage.passage_id in question.positives and share > 0.15:
                best[sentence.passage.passage_id] = max(held, best.get(sentence.passage.passage_id, held))
        replies = [_reply(question.text, evidence[at], ()) for at in sorted(-at for _, at in best.values())]
        replies = [reply for reply in replies if reply][:2]
        return (
            self._example("joined" if len(replies) == 2 else "asked", question.text, evidence, " ".join(replies))
            if replies
            else None
        )

    def _is_source(self, sentence: EvidenceSentence, answers: Sequence[str]) -> bool:
        """Whether a longer answer was written from a sentence, or the passage that was judged is this whole sentence."""
        if any(answer.split()[:1] in (["yes"], ["no"]) for answer in answers):
            return one_line(sentence.quote) == one_line(sentence.passage.text) and sentence.quote.rstrip().endswith(".")
        longer = [answer for answer in answers if len(answer.split()) > _SPAN_WORDS]
        return any(share_held(sentence.quote, answer) >= self._config.least_held for answer in longer)

    def _evidence(self, question: Question, random: Random) -> list[EvidenceSentence]:
        found = self._searcher.search(question.text, k=EvidenceConfig().hits, rerank=False).hits
        hits = list(found)
        missing = [self._passages[key] for key in sorted(question.positives) if key in self._passages]
        missing = [passage for passage in missing if all(hit.passage != passage for hit in hits)][:2]
        for passage in missing:  # as if search had just about found it
            hits.insert(random.randrange(len(hits) + 1), Hit(1, found[-1].score if found else 0.0, passage))
        kept = [hit for hit in hits if hit.passage.passage_id in question.positives]
        room = EvidenceConfig().hits - len(kept)
        others = [hit for hit in hits if hit.passage.passage_id not in question.positives][: max(0, room)]
        chosen = [hit for hit in hits if hit in kept or hit in others]
        return distil(question.text, chosen, encoder=self._encoder)

    def _example(self, kind: str, question: str, evidence: Sequence[EvidenceSentence], reply: str) -> Example:
        return Example(self._source, kind, tuple(answer_prompt(question, evidence)), reply)


def _reply(question: str, sentence: EvidenceSentence, answers: Sequence[str]) -> str:
    heading = heading_line(sentence.passage.title, sentence.passage.section_path)
    return target(question, sentence.quote, answers=answers, heading=heading, lead_in=sentence.lead_in)


def _unconditional(answer: str) -> str:
    """ "yes (if: ...)" without the condition: that stands in the evidence, in other words."""
    return answer.split(" (if:")[0].strip().lower()


def _made(collection: Collection, limit: int, seed: int) -> list[Question]:
    """At most ``limit`` made questions, each asked once; a few rounds, because one gives at most two a passage."""
    found: dict[str, Question] = {}
    for round_ in range(_ROUNDS if limit else 0):
        for made in weak_questions(collection.passages, limit=limit, seed=seed + round_):
            found.setdefault(made.text, Question(made.text, made.text, "train", frozenset({made.passage_id})))
    return list(found.values())[:limit]


class _Remembering:
    """An encoder that reads each text once: the same sentences come up for one question after the other."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[str, NDArray[np.float32]] = {}
        self.name, self.dimension, self.max_tokens = encoder.name, encoder.dimension, encoder.max_tokens

    def encode(
        self, texts: Sequence[str], *, truncate: bool = False, progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._encoder.encode(new, truncate=truncate), strict=True))
        if progress:
            progress(len(texts))
        return np.stack([self._known[text] for text in texts])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._encoder.count_tokens(texts)
