"""``eval generator``: what the small model makes of its evidence, without and with its adapter, beside quoting alone.

Each question is asked twice: over the sentences of the judged passages (can the model phrase?), and over those that search
brings (does it help in the end?). The evidence, the prompt, the claim check and the fall back to quotations are those that
serve.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

from assistant.confidence import Confidence, load_confidence
from assistant.conversation import standalone
from assistant.evidence import EvidenceSentence, distil
from assistant.finding import history_of
from assistant.model import Ending, LanguageModel, Message
from assistant.phrasing import PhrasingConfig, phrase, sentences, stands_on
from assistant.prompt import one_line
from assistant.quoting import choose
from assistant.records import Citation
from assistant.returning import Returning
from assistant.tuning.targets import target
from evals.data import BenchData, Question
from evals.significance import estimate
from evals.spans import share_held, share_in_order, stands_in
from retrieval.particulars import scope_of
from retrieval.records import Hit, heading_line
from retrieval.search import Searcher, with_readings

#: Called with (what is being done, questions done, questions in all).
Progress = Callable[[str, int, int], None]
_CONDITIONS = re.compile(r"\(if: (.+)\)$", re.DOTALL)
_CONDITION_HELD = 0.6  #: share of its words that stand in the answer in the same order
_HITS = 10  #: passages retrieved, as at answer time


@dataclass(frozen=True, slots=True)
class Shown:
    """What one system shows for one question, from one kind of evidence.

    ``measures``: ``right`` (every must-hold token, or else a gold answer as SQuAD compares), ``must_hold``, ``phrased``
    (otherwise quoted), ``within_twice`` (not longer than twice the cited sentences), ``words``; where passages are judged,
    ``citation_precision`` and ``citation_recall``; where a gold answer ends in "(if: …; …)", ``conditions`` (the share of that
    answer's conditions most of whose words stand in what is shown); and of models ``passed`` (share of the draft's sentences
    that pass the claim check), ``first_ms`` and ``total_ms``.
    """

    system: str
    evidence: str  #: "gold" or "found"
    question_id: str
    answered: bool  #: whether the confidence is above the threshold; always for gold evidence
    measures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Said:
    """What a system says: sentences, what they cite, and what is known of the draft."""

    sentences: tuple[str, ...]
    cited: tuple[Citation, ...]
    phrased: bool
    draft: Mapping[str, float] = field(default_factory=dict)


#: Makes an answer of a question and its evidence, best first.
System = Callable[[str, Sequence[EvidenceSentence]], Said]


def quoted(_question: str, evidence: Sequence[EvidenceSentence]) -> Said:
    """The quotations that are shown where nothing is phrased."""
    cited = tuple(choose(evidence))
    return Said(tuple(one_line(one.quote) for one in cited), cited, phrased=False)


def cut(question: str, evidence: Sequence[EvidenceSentence]) -> Said:
    """The best sentence, cut by rule as the replies that the adapter learns from; quotations where that is not possible."""
    best = evidence[0]
    heading = heading_line(best.passage.title, best.passage.section_path)
    text = target(question, best.quote, heading=heading, lead_in=best.lead_in)
    cited = (Citation(1, best.passage, best.start, best.end),)
    return Said((text,), cited, phrased=True) if text else quoted(question, evidence)


class Recorded:
    """A language model that remembers its drafts and how long each took to begin; a prompt is drafted once."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self._drafts: dict[str, tuple[str, float, Ending | None]] = {}
        self.name = model.name
        self.draft, self.first_ms = "", 0.0
        self.remembered = False  #: whether the last draft was written before, and so took no time

    def stream(self, prompt: Sequence[Message], *, max_tokens: int) -> Generator[str, None, Ending | None]:
        key = prompt[-1]["content"]
        self.remembered = key in self._drafts
        if self.remembered:
            self.draft, self.first_ms, ending = self._drafts[key]
            yield self.draft
            return ending
        began = perf_counter()
        self.draft, self.first_ms = "", 0.0
        reply = Returning[str, Ending | None](self._model.stream(prompt, max_tokens=max_tokens))
        try:
            for piece in reply:
                if piece and not self.draft:
                    self.first_ms = (perf_counter() - began) * 1000
                self.draft += piece
                yield piece
        finally:
            self._drafts[key] = (self.draft, self.first_ms, reply.returned)
        return reply.returned


class Drafting:
    """What a language model phrases of the evidence; quotations where its draft is not taken.

    Several of them may share one recorded model; the most generous has to go first, because a draft that is not taken ends
    early and is remembered so.
    """

    def __init__(self, model: Recorded, phrasing: PhrasingConfig | None = None) -> None:
        self._model = model
        self._phrasing = phrasing

    def __call__(self, question: str, evidence: Sequence[EvidenceSentence]) -> Said:
        self._model.draft, self._model.remembered = "", False
        began = perf_counter()
        taken = list(phrase(question, evidence, self._model, self._phrasing))
        total_ms = (perf_counter() - began) * 1000
        passed = [stands_on(sentence, evidence) is not None for sentence in sentences([self._model.draft])]
        draft = {"passed": sum(passed) / len(passed)} if passed else {}
        if passed and not self._model.remembered:
            draft |= {"first_ms": self._model.first_ms, "total_ms": total_ms}
        if not taken:
            return replace(quoted(question, evidence), draft=draft)
        cited = {citation.number: citation for _, citation in taken}
        return Said(tuple(claim.text for claim, _ in taken), tuple(cited.values()), phrased=True, draft=draft)


def evaluate_drafts(
    data: BenchData, searcher: Searcher, systems: Mapping[str, System], *,
    confidence: Confidence | None = None, progress: Progress | None = None,
) -> list[Shown]:  # fmt: skip
    """Ask every answerable question of the data over gold and found evidence.

    :param systems: by name.
    """
    confidence = confidence or load_confidence()
    asked = [question for question in data.questions if question.must_hold or question.answers]
    shown: list[Shown] = []
    for done, question in enumerate(asked, start=1):
        text = standalone(question.text, history_of(question.metadata))
        hits = searcher.search(text, k=_HITS, scope=scope_of(question.metadata)).hits
        found = distil(text, hits, encoder=searcher.encoder)
        kinds = {"found": (found, confidence.probability(hits, found) >= confidence.threshold)}
        if gold := _gold(question, text, searcher):
            kinds["gold"] = (distil(text, gold, encoder=searcher.encoder), True)
        for kind, (evidence, answered) in kinds.items():
            for name, system in systems.items() if evidence else ():
                measures = _measures(question, system(text, evidence))
                shown.append(Shown(name, kind, question.question_id, answered, measures))
        if progress:
            progress("drafting", done, len(asked))
    return shown


def to_json(shown: Sequence[Shown]) -> dict[str, Any]:
    """Each measure by evidence and system: gold evidence as it is, found evidence without and with refusals.

    A refused question shows nothing: it is not right, and it cites nothing that could be wrong.
    """
    found: dict[str, Any] = {}
    for one in dict.fromkeys((row.evidence, row.system) for row in shown):
        rows = [row for row in shown if (row.evidence, row.system) == one]
        names = dict.fromkeys(name for row in rows for name in row.measures)
        values = {name: [row.measures[name] for row in rows if name in row.measures] for name in names}
        if one[0] == "found":
            values["right_and_not_refused"] = [row.measures["right"] * row.answered for row in rows]
            for name in ("citation_precision", "citation_recall"):
                cited = [row.measures[name] for row in rows if row.answered and name in row.measures]
                if cited:
                    values[f"{name}_of_answered"] = cited
        measures = {name: estimate(each).to_json() for name, each in values.items()}
        found.setdefault(one[0], {})[one[1]] = measures
    return found


def _gold(question: Question, text: str, searcher: Searcher) -> list[Hit]:
    """The passages that are judged to answer, read as if they had been found."""
    rows = [searcher.index.rows[key] for key in question.wanted if key in searcher.index.rows]
    hits = [Hit(rank, 1.0, searcher.index.passages[row]) for rank, row in enumerate(sorted(rows), start=1)]
    return with_readings(text, hits, searcher.reader) if searcher.reader else hits


def _measures(question: Question, said: Said) -> dict[str, float]:
    answer = " ".join(said.sentences)
    words = len(answer.split())
    golds = [_CONDITIONS.sub("", gold) for gold in question.answers]
    right = share_held(answer, question.must_hold) == 1 if question.must_hold else stands_in(answer, golds)
    measures = {
        "right": float(right),
        "phrased": float(said.phrased),
        "within_twice": float(words <= 2 * sum(len(one.quote.split()) for one in said.cited)),
        "words": float(words),
        **said.draft,
    }
    if question.must_hold:
        measures["must_hold"] = share_held(answer, question.must_hold)
    if question.wanted:
        cited = {one.passage.passage_id for one in said.cited}
        right_ones = len(cited & set(question.wanted))
        measures["citation_precision"] = right_ones / len(cited)
        measures["citation_recall"] = right_ones / len(question.wanted)
    if conditional := [found for gold in question.answers if (found := conditions(gold))]:
        measures["conditions"] = max(
            sum(share_in_order(one, answer) >= _CONDITION_HELD for one in several) / len(several)
            for several in conditional
        )
    return measures


def conditions(gold: str) -> list[str]:
    """What a gold answer such as "yes (if: you are over 18; you live in Wales)" depends on; empty for one without."""
    found = _CONDITIONS.search(gold)
    return [one for one in found.group(1).split("; ") if one] if found else []
