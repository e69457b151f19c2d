"""The sentences of a passage that another document could contradict: rules, and plain statements that can be denied."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from ingest.disagreement import Saying, saying
from ingest.numbering import label
from ingest.statements import is_about_document
from retrieval.records import Passage, PassageKind
from retrieval.sentences import Span, leans_back, sentence_spans


@dataclass(frozen=True, slots=True)
class Rule:
    """One sentence, list item or table row, ``passage.text[start:end]``, as it is compared."""

    passage: Passage
    start: int
    end: int
    text: str  #: without its number
    saying: Saying  #: read with its lead-in
    row: str | None = None  #: a table row's first cell

    @property
    def quote(self) -> str:
        return self.passage.text[self.start : self.end]


_FEWEST_WORDS, _MOST_WORDS = 4, 80
#: A story about somebody's case is no rule.
_EXAMPLE = re.compile(r"^\W*(?:for (?:example|instance)|e\.g\.|example|imagine|suppose|let[’']?s say)\b", re.IGNORECASE)


@lru_cache(maxsize=20_000)
def rules_of(passage: Passage) -> tuple[Rule, ...]:
    """The sentences that are compared, in order: none that leans on another one, is told as an example, asks, or says
    something about the document itself."""
    found = []
    for span in _told(passage.text):
        quote = passage.text[span.start : span.end]
        if not _FEWEST_WORDS <= len(quote.split()) <= _MOST_WORDS or is_about_document(quote) or quote.endswith("?"):
            continue
        text = _without_number(quote)
        read = _read(text, span.lead_in)
        is_row = passage.kind is PassageKind.TABLE and ("; " in quote or " | " in quote)
        row = quote.replace("|", ";").split(";")[0].strip().casefold() if is_row else None
        if read.words and not leans_back(text):
            found.append(Rule(passage, span.start, span.end, text, read, row))
    return tuple(found)


def _told(text: str) -> Iterator[Span]:
    """The sentences of a text without its examples: a story goes from "For example" to the end of its paragraph."""
    story_ends = 0
    for span in sentence_spans(text):
        if _EXAMPLE.match(span.lead_in or _without_number(text[span.start : span.end])):
            story_ends = span.end + len(text[span.end :].partition("\n")[0])
        if span.start >= story_ends:
            yield span


def _read(sentence: str, lead_in: str) -> Saying:
    """A sentence with the lead-in it depends on; what is quoted has to state the numbers itself."""
    alone = saying(sentence)
    if not lead_in:
        return alone
    own = {(quantity.measure, quantity.value) for quantity in alone.quantities}
    whole = saying(f"{lead_in} {sentence}")
    return replace(whole, quantities=tuple(each for each in whole.quantities if (each.measure, each.value) in own))


def _without_number(sentence: str) -> str:
    mark = label(sentence)
    return mark.rest if mark is not None and mark.rest else sentence
