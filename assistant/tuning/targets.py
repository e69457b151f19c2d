"""The answers that the small model learns to write: sentences of the evidence, cut to what the question asks.

A model this small copies well and invents badly, so a target is its evidence with the rest left out: brackets, openers,
side clauses that neither answer nor speak of what was asked. What remains is a whole sentence that can stand alone and keeps
its conditions, because the same claim check decides here that decides at answer time. There is no "Yes" or "No" in front: whether it would
be the right one of the two is nothing that code can check.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Sequence

from assistant.claims import check
from assistant.prompt import one_line
from retrieval.sentences import leans_back
from retrieval.terms import terms

_FEWEST_WORDS = 4
_LONGEST = 45  #: words; a longer sentence is no short answer
_CUTS = 3  #: rounds of leaving something out


def target(question: str, sentence: str, *, answers: Sequence[str] = (), heading: str = "", lead_in: str = "") -> str:
    """The shortest whole sentence that answers from one sentence of evidence; empty where none can be made.

    It holds every word of the question that the evidence sentence holds, one of the ``answers`` where some are given, and
    passes the claim check against the sentence.

    :param answers: gold strings; the sentence has to hold one of them as SQuAD compares.
    :param heading: title and section path of the passage.
    """
    quote = one_line(sentence)
    if quote.endswith(":"):
        return ""  # what it announces is not there
    asked = set(terms(question)) & set(terms(quote))
    span = f"{lead_in} {sentence}".strip()
    cuts = {finished for cut in _shorter(_bare(quote)) if (finished := _finished(cut)) and not leans_back(finished)}
    for text in sorted(cuts, key=lambda text: (len(text.split()), text)):
        answering = asked <= set(terms(text)) and (not answers or holds(text, answers))
        if answering and check(text, span, heading=heading).supported:
            return text
    return ""


def holds(text: str, answers: Sequence[str]) -> bool:
    """Whether the words of one of the answers stand in the text one after the other, but for case, punctuation, articles."""
    spaced = f" {_plain(text)} "
    return any(f" {plain} " in spaced for answer in answers if (plain := _plain(answer)))


def share_held(text: str, answer: str) -> float:
    """The share of an answer's distinct terms that the text holds, 0 to 1; 0 for an answer without terms."""
    wanted = set(terms(answer))
    return len(wanted & set(terms(text))) / len(wanted) if wanted else 0.0


_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation + "‘’“”–—…§")
_NUMBERING = re.compile(
    r"^(?:[-*•–▪◦]|\(?(?:\d+(?:\.\d+)*|[a-zA-Z]|[ivx]+)[.)]|(?:[A-Z]\.)?\d+(?:\.\d+)+|[A-Z]\.\d+)\s+"
)
_REFERENCE = re.compile(r"\s?\[\d+\]")
_BRACKETS = re.compile(r"\s*\([^()]*\)")
_OPENER = re.compile(
    r"^(?:however|in addition|moreover|furthermore|therefore|thus|for example|for instance|in fact|additionally|as a result|"
    r"similarly|finally|also|instead|in particular|in general|notably|in practice|by contrast|in contrast),?\s+",
    re.IGNORECASE,
)
_TAIL = re.compile(r"[,;:]\s(?:which|who|whose|where|while|although|whereas|and|but|so|or|because|including|such as)\s")
_SIDE = re.compile(r",\s(?:which|who|whose|where|such as|including)\s[^,;]{3,120},")
_HEAD = re.compile(
    r"^(?:in|on|at|during|after|before|by|from|since|with|while|although|as|among|under|over|through|despite|according)\b[^,]{2,90},\s+"
    r"(?=(?:the|a|an|it|he|she|they|there|this|these|[A-Z]))",
    re.IGNORECASE,
)
_SECOND = re.compile(
    r"(?:(?:[;:]|,\s(?:and|but|so|while|whereas))\s(?=(?:the|an?|it|they|there|you|[A-Z][\w-]+)\s)|"
    r"\sand\s(?=(?:the|it|they|there|you)\s))"
)


def _shorter(text: str) -> set[str]:
    """The text and what is left when parts of it are cut out, one after the other."""
    found, newest = {text}, {text}
    for _ in range(_CUTS):
        newest = {cut for longer in newest for cut in _cuts(longer)} - found
        found |= newest
    return found


def _cuts(text: str) -> Iterator[str]:
    for found in _BRACKETS.finditer(text):
        yield f"{text[: found.start()]}{text[found.end() :]}"
    for found in _SIDE.finditer(text):
        yield f"{text[: found.start()]} {text[found.end() :].lstrip()}"
    for pattern in (_OPENER, _HEAD):
        if opening := pattern.match(text):
            yield text[opening.end() :]
    for found in _TAIL.finditer(text):
        yield text[: found.start()]
    for found in _SECOND.finditer(text):
        yield text[found.end() :]


def _bare(quote: str) -> str:
    return _REFERENCE.sub("", _NUMBERING.sub("", quote)).strip().rstrip(";,:")


def _finished(text: str) -> str:
    """The text as a sentence; empty where it is too short or too long, or its brackets or quotation marks are broken."""
    text = one_line(text).rstrip(" ;,:")
    words = len(text.split())
    if not _FEWEST_WORDS <= words <= _LONGEST or text.count("(") != text.count(")") or text.count('"') % 2:
        return ""
    text = text[0].upper() + text[1:]
    return text if text[-1] in '.!?"”' else f"{text}."


def _plain(text: str) -> str:
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())
