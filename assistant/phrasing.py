"""The model's draft, sentence by sentence: what stands on the evidence is shown, the rest is not."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from assistant.claims import check
from assistant.evidence import EvidenceSentence
from assistant.model import Ending, LanguageModel
from assistant.prompt import answer_prompt, one_line
from assistant.quoting import choose
from assistant.records import Check, Citation, Claim
from assistant.returning import Returning
from retrieval.records import heading_line
from retrieval.sentences import leans_back, sentence_spans, unwrapped

#: A full stop behind a figure may be a decimal point.
_MAY_GO_ON = re.compile(r"\d\.$")


@dataclass(frozen=True, slots=True)
class PhrasingConfig:
    """What of a draft is taken."""

    longest_tokens: int = 96
    longest_question: int = 2_000  #: characters; the model would read a pasted document for minutes
    alone: bool = True  #: only where the best sentence would be quoted without the ones beside it, and is no list
    first_within: int = 1  #: a draft that does not start with one of the best so many sentences has missed the question


def phrase(
    question: str, evidence: Sequence[EvidenceSentence], model: LanguageModel, config: PhrasingConfig | None = None
) -> Generator[tuple[Claim, Citation], None, Ending | None]:
    """Let a model phrase the answer; each sentence comes with its citation once it has passed the claim check. Then comes,
    word for word, what would have been quoted and the draft has not said: a condition often stands in a sentence of its own.

    A sentence that is said again is left out. Closing the generator ends the draft.

    :param evidence: best first, not empty.
    :returns: nothing at all where the first sentence of the draft does not pass, or cannot stand alone; nor where the best
        sentence of the evidence is quoted together with its neighbours, or is a list or several rows of a table, because a
        phrased answer would lose what they add; nor for a question that is too long for the model. At the end of the
        generator, how the draft ended; None where nobody waited for that.
    """
    config = config or PhrasingConfig()
    quotations = choose(evidence)
    if len(question) > config.longest_question or (config.alone and not _stands_alone(evidence[0], quotations)):
        return None
    citations: list[Citation] = []
    said: set[str] = set()
    with closing(model.stream(answer_prompt(question, evidence), max_tokens=config.longest_tokens)) as draft:
        drafted = Returning[str, Ending | None](sentences(draft))
        for sentence in drafted:
            holder = stands_on(sentence, evidence)
            if not said and (holder is None or holder >= config.first_within or leans_back(sentence)):
                return None
            if holder is None or sentence in said or leans_back(sentence):
                continue
            if not any(_overlap(_span(evidence[holder]), quotation) for quotation in quotations):
                continue  # it would not have been quoted, so it does not answer
            said.add(sentence)
            citation = _cite(_span(evidence[holder]), citations)
            yield Claim(sentence, (citation.number,), Check.SUPPORTED), citation
    for quotation in quotations if said else ():
        for rest in _unsaid(quotation, citations):
            citation = _cite(rest, citations)
            yield Claim(unwrapped(citation.quote), (citation.number,), Check.QUOTED), citation
    return drafted.returned


def sentences(pieces: Generator[str, None, Ending | None] | Iterable[str]) -> Generator[str, None, Ending | None]:
    """Whole sentences of a stream of text, as soon as each is complete; a last one that was cut is left out.

    :param pieces: a draft, or any text in pieces, of which nobody knows how it ended.
    :returns: at the end of the generator, how the draft ended.
    """
    text = ""
    drafted = Returning[str, Ending | None](pieces)
    for piece in drafted:
        text += piece
        spans = sentence_spans(text)
        for span in spans[:-1]:
            yield one_line(text[span.start : span.end])
        if len(spans) > 1:
            text = text[spans[-1].start :]
    if text.strip() and (drafted.returned is Ending.WHOLE or _is_whole(text.strip())):
        yield one_line(text)
    return drafted.returned


def _is_whole(text: str) -> bool:
    """Whether a text ends as a sentence does, not in the middle of one, of "e.g." or of a decimal number."""
    return sentence_spans(f"{text} And")[-1].start > len(text) and not _MAY_GO_ON.search(text)


def stands_on(claim: str, evidence: Sequence[EvidenceSentence]) -> int | None:
    """The position of the best evidence sentence that a claim stands on, from 0; None where there is none."""
    for at, sentence in enumerate(evidence):
        heading = heading_line(sentence.passage.title, sentence.passage.section_path)
        if check(claim, f"{sentence.lead_in} {sentence.quote}".strip(), heading=heading).supported:
            return at
    return None


def _stands_alone(best: EvidenceSentence, quotations: Sequence[Citation]) -> bool:
    """Whether the best sentence is no list and would be quoted without its neighbours."""
    return len(best.quote.splitlines()) == 1 and quotations[0] == replace(_span(best), number=1)


def _span(sentence: EvidenceSentence) -> Citation:
    return Citation(0, sentence.passage, sentence.start, sentence.end)


def _unsaid(quotation: Citation, citations: Sequence[Citation]) -> Iterator[Citation]:
    """What of a quotation is not cited yet: all of it, or the sentences around those that are."""
    text, rest = quotation.passage.text, quotation
    for cited in sorted((one for one in citations if _overlap(one, quotation)), key=lambda one: one.start):
        before = replace(rest, end=rest.start + len(text[rest.start : cited.start].rstrip()))
        if before.end > before.start:
            yield before
        after = text[cited.end : rest.end]
        rest = replace(rest, start=max(rest.start, cited.end + len(after) - len(after.lstrip())))
    if rest.end > rest.start:
        yield rest


def _cite(wanted: Citation, citations: list[Citation]) -> Citation:
    """The citation of the same span among those made, or a new one."""
    for citation in citations:
        if (citation.passage, citation.start, citation.end) == (wanted.passage, wanted.start, wanted.end):
            return citation
    citations.append(replace(wanted, number=len(citations) + 1))
    return citations[-1]


def _overlap(one: Citation, other: Citation) -> bool:
    return one.passage == other.passage and one.start < other.end and other.start < one.end
