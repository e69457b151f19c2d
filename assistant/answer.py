"""A question in, a cited answer out: the way of one question through the house."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant import conflicts, rows, telling
from assistant.asides import Asides
from assistant.choices import own_rules, rules_of_countries
from assistant.confidence import Confidence, load_confidence
from assistant.conversation import apart, otherwise, standalone
from assistant.evidence import EvidenceConfig, EvidenceSentence, distil
from assistant.finding import HITS, find, settled
from assistant.model import Ending, LanguageModel
from assistant.phrasing import PhrasingConfig, phrase
from assistant.places import placed_in
from assistant.quoting import EVERY_SIDE, choose, closest, joined
from assistant.records import (
    Answer,
    AnswerDone,
    AnswerEvent,
    Citation,
    Claim,
    EvidenceFound,
    Reason,
    Status,
    TokenDrafted,
    Turn,
)
from assistant.refusal import is_too_vague, near_in_its_language, refusal_text, wider_scopes
from assistant.returning import Returning
from assistant.router import AnswerCache
from assistant.smalltalk import is_small_talk, is_thanks
from assistant.times import undated
from retrieval.encoder import Encoder
from retrieval.errors import IndexEmpty
from retrieval.index import PassageIndex
from retrieval.reader import Reader
from retrieval.records import Hit
from retrieval.rerank import Reranker
from retrieval.scope import Scope
from retrieval.search import Mode, Searcher

#: Passages kept with a refusal, for whoever it is handed to.
_NEAREST = 3
_GREETING = "Hello. Ask me about a policy, a contract or a rule, and I will show you where it says so."
_WELCOME = "You are welcome. Ask again whenever you like."


@dataclass(frozen=True, slots=True)
class AnswerConfig:
    """How a question is answered."""

    hits: int = HITS  #: passages retrieved
    mode: Mode = Mode.HYBRID  #: which first stage finds them; what is read anew is what a hybrid search brings
    evidence: EvidenceConfig = field(default_factory=EvidenceConfig)
    phrasing: PhrasingConfig = field(default_factory=PhrasingConfig)


@dataclass(slots=True)
class _Clock:
    """Milliseconds since the question came, by the name of what was reached."""

    began: float = field(default_factory=perf_counter)
    reached_ms: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(("retrieve", "first_evidence", "first_token", "total"), 0.0)
    )

    def mark(self, name: str) -> None:
        self.reached_ms[name] = self.reached_ms[name] or (perf_counter() - self.began) * 1000


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as it is answered: standing alone, under a scope."""

    question: str
    standalone: str
    scope: Scope
    clock: _Clock
    generation: int


@dataclass(frozen=True, slots=True)
class _Told:
    """What is quoted, best first; no citations where the evidence is not enough."""

    hits: Sequence[Hit]  #: all that was found
    evidence: Sequence[EvidenceSentence]  #: what a draft may phrase; empty where nothing but the quotations will do
    citations: Sequence[Citation]
    confidence: float
    disputed: bool = False  #: the first two contradict each other
    sides: bool = False  #: they are sides of a contradiction, or rules of countries
    understood: bool = True  #: whether confidence was fitted to the language of the question and of the best evidence


_NOTHING = _Told([], [], [], 0.0)

#: Yields checked text; returns the claims and citations it made, and how the draft ended.
_Phrasing = Generator[AnswerEvent, None, tuple[tuple[list[Claim], list[Citation]] | None, Ending | None]]


class IndexInService(Protocol):
    """What gives the index that questions are answered from: :class:`retrieval.generations.CurrentIndex`, or one index."""

    def get(self) -> PassageIndex: ...


class Assistant:
    """Answers questions from the generation in service. Safe to share between threads.

    :param reader: tells whether and where the passages found answer; without one, similarity has to do.
    :param model: phrases the answers; None quotes the documents and phrases nothing.
    """

    def __init__(
        self,
        current: IndexInService,
        encoder: Encoder,
        *,
        reranker: Reranker | None = None,
        reader: Reader | None = None,
        model: LanguageModel | None = None,
        confidence: Confidence | None = None,
        config: AnswerConfig | None = None,
    ) -> None:
        self.encoder = encoder
        self.reranker = reranker
        self.reader = reader
        self.model = model
        self.confidence = confidence or load_confidence()
        self.config = config or AnswerConfig()
        self._current = current
        self._cache = AnswerCache()
        self._asides: tuple[PassageIndex, Asides] | None = None

    def quoting_from(self, current: IndexInService) -> Assistant:
        """An assistant that finds and decides as this one does, over another index, and only quotes."""
        return Assistant(
            current, self.encoder, reranker=self.reranker, reader=self.reader, confidence=self.confidence, config=self.config
        )  # fmt: skip

    def searcher(self) -> Searcher:
        """A searcher over the generation in service.

        :raises IndexEmpty, IndexDamaged, IndexMismatch: see :func:`retrieval.generations.open_index`.
        """
        return Searcher(self._current.get(), self.encoder, reranker=self.reranker, reader=self.reader)

    def answer(self, question: str, *, scope: Scope | None = None, history: Sequence[Turn] = ()) -> Answer:
        """Answer a question; see :meth:`stream`."""
        for event in self.stream(question, scope=scope, history=history):
            if isinstance(event, AnswerDone):
                return event.answer
        raise AssertionError("a stream ends with AnswerDone")

    def stream(
        self, question: str, *, scope: Scope | None = None, history: Sequence[Turn] = ()
    ) -> Iterator[AnswerEvent]:
        """Answer a question step by step: the evidence, then checked text, then the whole answer.

        Nothing is yielded as text that is not checked against the evidence.

        :param scope: who asks, as of when, where; a date or country that the question itself names is used where the scope
            leaves it open.
        :param history: the conversation so far, oldest first.
        :raises IndexDamaged, IndexMismatch: if the index cannot be used.
        """
        clock = _Clock()
        scope = scope or Scope()
        if is_small_talk(question):
            asked = _Asked(question, question, scope, clock, 0)
            text = _WELCOME if is_thanks(question) else _GREETING
            yield AnswerDone(self._without_answer(asked, Status.CLARIFY, None, text))
            return
        whole = standalone(question, history)
        try:
            searcher = self.searcher()
        except IndexEmpty:
            asked = _Asked(question, whole, scope, clock, 0)
            yield AnswerDone(self._refuse(asked, Reason.EMPTY_INDEX, _NOTHING))
            return
        asked = _Asked(question, whole, settled(scope, whole, searcher), clock, searcher.index.generation)
        readings = [asked, *self._otherwise(asked, history, scope, searcher)]
        key = tuple((one.standalone, one.scope.groups, one.scope.day, one.scope.jurisdiction) for one in readings)
        if cached := self._cache.get((asked.generation, key)):
            yield from _once_more(cached, asked)
            return
        for event in self._answer(readings, searcher):
            if isinstance(event, AnswerDone) and not event.passing:
                self._cache.put((asked.generation, key), event.answer)
            yield event

    @staticmethod
    def _otherwise(asked: _Asked, history: Sequence[Turn], scope: Scope, searcher: Searcher) -> Iterator[_Asked]:
        """How else a question may be read, where nothing answers it: what follows the question before may as well be a new one, and
        documents that held at a time need not name it."""
        if own := otherwise(asked.question, history):
            yield replace(asked, standalone=own, scope=settled(scope, own, searcher))
        if asked.scope.as_of and (timeless := undated(asked.standalone)) != asked.standalone:
            yield replace(asked, standalone=timeless)

    def _answer(self, readings: Sequence[_Asked], searcher: Searcher) -> Iterator[AnswerEvent]:
        """Answer a question as the first of its readings that anything answers; a refusal is of the first of all."""
        decided = ((one, self._decide(one, searcher)) for one in readings)
        first = next(decided)
        asked, told = first if first[1].citations else next((one for one in decided if one[1].citations), first)
        if told.citations:
            yield from self._tell(asked, told, searcher)
            return
        if is_too_vague(asked.standalone):
            reason = Reason.TOO_VAGUE
        elif not told.understood:
            reason = Reason.OTHER_LANGUAGE if told.hits else Reason.NOT_COVERED
        else:
            reason = self._why_not(asked, searcher)
        yield AnswerDone(self._refuse(asked, reason, told))

    def _decide(self, asked: _Asked, searcher: Searcher) -> _Told:
        """What to quote; no citations where that is not enough, or the question names no subject."""
        hits = self._find(asked, searcher)
        asked.clock.mark("retrieve")
        if is_too_vague(asked.standalone):
            return _Told(hits, [], [], 0.0)
        return self._of_both(asked, searcher) or self._told(asked, hits)

    def _tell(self, asked: _Asked, told: _Told, searcher: Searcher) -> Iterator[AnswerEvent]:
        citations, disputed, sides = told.citations, told.disputed, told.sides
        asked.clock.mark("first_evidence")
        yield EvidenceFound(tuple(citations))
        quotations = telling.quoted(citations, asked.scope, searcher.index)
        is_drafted = told.evidence and not sides and not any(claim.country or claim.heading for claim in quotations)
        phrased, ending = (yield from self._phrase(asked, told.evidence)) if is_drafted else (None, None)
        claims, cited = phrased or (quotations, citations)
        countries = dict.fromkeys(citation.passage.jurisdiction for citation in cited)
        choices = tuple(code for code in countries if code) if sides and not disputed else ()
        above = telling.DISPUTED if disputed else telling.DEPENDS if choices else telling.who_says(cited)
        text = telling.as_text(claims, "" if phrased else above)
        if not phrased:
            asked.clock.mark("first_token")
            yield TokenDrafted(text, is_whole=True)
        beside = self._beside(searcher.index).beside(asked.standalone, cited, asked.scope)
        asked.clock.mark("total")
        yield AnswerDone(
            Answer(
                question=asked.question,
                standalone_question=asked.standalone,
                status=Status.PARTIAL if choices else Status.ANSWERED,
                reason=None,
                text=text,
                claims=tuple(claims),
                citations=tuple(cited),
                conflicts=(conflicts.as_conflict(cited[0], cited[1]),) if disputed and len(cited) > 1 else (),
                confidence=told.confidence,
                as_of=asked.scope.day,
                model=self.model.name if self.model and phrased else "quote",
                index_generation=asked.generation,
                timings_ms=asked.clock.reached_ms,
                asides=beside,
                doubtful=told.confidence < self.confidence.sure,
                choices=choices,
            ),
            passing=ending is Ending.FAILED,
        )

    def _told(self, asked: _Asked, hits: Sequence[Hit]) -> _Told:
        """What the hits tell; no citations where that is not enough."""
        knows = self.confidence.knows
        evidence = self._evidence(asked, hits) if knows(asked.standalone) else []
        if not knows(asked.standalone, *(one.passage.searchable for one in evidence[:1])):
            return _Told(hits, [], [], 0.0, understood=False)
        confidence = self.confidence.probability(hits, evidence)
        if not evidence or confidence < self.confidence.threshold:
            return _Told(hits, evidence, [], confidence)
        found, evidence = evidence, rows.named(asked.standalone, evidence)
        # Of the country in the scope nothing follows: its people ask for rates of the countries that they travel to, too.
        if country := placed_in(asked.standalone):
            evidence = rows.for_country(evidence, country)
        if not evidence:
            return _Told(hits, found, [], confidence)
        if asked.scope.jurisdiction:
            evidence = own_rules(evidence, asked.scope.jurisdiction, encoder=self.encoder)
        disputed = conflicts.find(evidence, encoder=self.encoder)
        # Both sides of a contradiction, and each country's rule, are quoted word for word, whatever else would have been chosen.
        sides = disputed[0] if disputed else rules_of_countries(asked.scope, evidence, hits, encoder=self.encoder)
        citations = choose(sides, EVERY_SIDE) if sides else choose(evidence)
        return _Told(hits, evidence, citations, confidence, bool(disputed), bool(sides))

    def _of_both(self, asked: _Asked, searcher: Searcher) -> _Told | None:
        """What is told of each of two questions in one; None where there is one, or one of them has no answer or several."""
        parts = apart(asked.standalone)
        if len(parts) == 1:
            return None
        told = []
        for part in parts:
            one = replace(asked, standalone=part)
            told.append(self._told(one, self._find(one, searcher)))
            if not told[-1].citations or told[-1].sides:
                return None
        citations = joined([citation for one in told for citation in one.citations])
        return _Told([], [], citations, min(one.confidence for one in told))

    def _beside(self, index: PassageIndex) -> Asides:
        held = self._asides
        if held is None or held[0] is not index:
            held = (index, Asides(index.passages))
            self._asides = held
        return held[1]

    def _phrase(self, asked: _Asked, evidence: Sequence[EvidenceSentence]) -> _Phrasing:
        """Let the model phrase the answer; each sentence is yielded once it has passed the checks.

        :returns: what was shown, or None where the draft does not stand on the best evidence: then nothing was yielded; and how
            the draft ended, where that was seen.
        """
        if self.model is None:
            return None, None
        claims: list[Claim] = []
        citations: dict[int, Citation] = {}
        with closing(phrase(asked.standalone, evidence, self.model, self.config.phrasing)) as phrased:
            shown = Returning[tuple[Claim, Citation], Ending | None](phrased)
            for claim, citation in shown:
                claims.append(claim)
                citations[citation.number] = citation
                asked.clock.mark("first_token")
                yield TokenDrafted(("" if len(claims) == 1 else " ") + f"{claim.text} [{citation.number}]")
        return ((claims, list(citations.values())) if claims else None), shown.returned

    def _find(self, asked: _Asked, searcher: Searcher) -> Sequence[Hit]:
        return find(
            asked.standalone, searcher, asked.scope, k=self.config.hits, mode=self.config.mode,
            rerank=self.confidence.knows(asked.standalone),
        )  # fmt: skip

    def _evidence(self, asked: _Asked, hits: Sequence[Hit]) -> list[EvidenceSentence]:
        return distil(asked.standalone, hits, encoder=self.encoder, config=self.config.evidence)

    def _why_not(self, asked: _Asked, searcher: Searcher) -> Reason:
        for reason, scope in wider_scopes(asked.scope, searcher.index):
            if _same_reach(searcher.index.mask(scope), searcher.index.mask(asked.scope)):
                continue
            # It is a hint, and up to three of them are looked for: reading once is enough.
            result = searcher.search(
                asked.standalone, k=self.config.hits, mode=self.config.mode, verify=False, scope=scope
            )
            beyond = [hit for hit in result.hits if not asked.scope.allows(hit.passage)]
            evidence = self._evidence(asked, beyond)
            if evidence and self.confidence.probability(beyond, evidence) >= self.confidence.threshold:
                return reason
        return Reason.NOT_COVERED

    def _refuse(self, asked: _Asked, reason: Reason, told: _Told) -> Answer:
        status = Status.CLARIFY if reason is Reason.TOO_VAGUE else Status.ABSTAINED
        nearest = tuple(closest(told.hits, told.evidence)[:_NEAREST])
        if reason is Reason.OTHER_LANGUAGE:
            nearest = tuple(near_in_its_language(asked.standalone, nearest))
        text = refusal_text(reason, nearest, question=asked.question, confidence=told.confidence)
        refusal = self._without_answer(asked, status, reason, text, told.confidence)
        return replace(refusal, nearest=nearest)

    def _without_answer(
        self, asked: _Asked, status: Status, reason: Reason | None, text: str, confidence: float = 0.0
    ) -> Answer:
        asked.clock.mark("total")
        return Answer(
            question=asked.question,
            standalone_question=asked.standalone,
            status=status,
            reason=reason,
            text=text,
            claims=(),
            citations=(),
            conflicts=(),
            confidence=confidence,
            as_of=asked.scope.day,
            model="none",
            index_generation=asked.generation,
            timings_ms=asked.clock.reached_ms,
        )


def _same_reach(one: NDArray[np.bool_] | None, other: NDArray[np.bool_] | None) -> bool:
    return one is other if one is None or other is None else bool((one == other).all())


def _once_more(answer: Answer, asked: _Asked) -> Iterator[AnswerEvent]:
    """An answer that was given before, to somebody who asks now."""
    asked.clock.mark("total")
    if answer.citations:
        yield EvidenceFound(answer.citations)
        yield TokenDrafted(answer.text, is_whole=True)
    yield AnswerDone(replace(answer, question=asked.question, timings_ms=asked.clock.reached_ms))
