"""Compare an answer with a gold answer the way SQuAD does, and a claim with its quotation without the product's checker."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation + "‘’“”–—…§")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_POINT = re.compile(r"(?<=\d)\.(?=\d)|(?<![\w.])\.(?=\d)")
_NEGATION = re.compile(r"\b(?:not|no|never|none|nobody|nothing|neither|nor|cannot|without)\b|n[’']t\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_CLAUSE_ENDS = tuple(",;:.!?–—")
#: Share of a claim's tokens that its quotations hold in the same order.
_LEAST_OVERLAP = 0.7


def normalise(text: str) -> list[str]:
    """Tokens as SQuAD's evaluation sees them: lower case, without punctuation and articles (Rajpurkar et al., 2016)."""
    return _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def token_f1(answer: str, golds: Iterable[str]) -> float:
    """The best F1 of shared tokens against any gold answer, 0 to 1; 1 where both are empty."""
    return max((_f1(normalise(answer), normalise(gold)) for gold in golds), default=0.0)


def exact(answer: str, golds: Iterable[str]) -> float:
    """1 if the answer equals a gold answer after normalisation, else 0."""
    return float(any(normalise(answer) == normalise(gold) for gold in golds))


def stands_in(answer: str, golds: Iterable[str]) -> float:
    """1 if the tokens of a gold answer stand in the answer one after the other, else 0."""
    tokens = normalise(answer)
    return float(any(_contains(tokens, normalise(gold)) for gold in golds))


def share_held(answer: str, tokens: Sequence[str]) -> float:
    """The share of the texts that stand in the answer; 1 for none.

    Compared as SQuAD does, but 1.5 is not 15; an article or a sign by itself, of which nothing would be left to compare,
    stands there as it is written, in capitals or not.
    """
    return sum(_holds(answer, token) for token in tokens) / len(tokens) if tokens else 1.0


def lexically_supported(claim: str, quotes: Sequence[str], headings: Sequence[str] = ()) -> bool:
    """Whether the quotations carry the claim by words alone.

    Independent of the product's own checker on purpose: no stemming, no units, no modals. Every number of the claim
    stands in a quotation, claim and quotations agree on whether something is negated, and 70 % of the claim's tokens
    stand in them in the same order (ROUGE-L's recall turned round; Lin, 2004).

    :param headings: above the quotations, one each; their numbers and words count, but they negate nothing.
    """
    above = [*headings, *[""] * len(quotes)]
    cited = " ".join(f"{heading} {quote}" for heading, quote in zip(above, quotes, strict=False))
    if not set(_numbers(claim)) <= set(_numbers(cited)):
        return False
    if bool(_NEGATION.search(claim)) is not bool(_NEGATION.search(_about(claim, quotes))):
        return False
    return share_in_order(claim, cited) >= _LEAST_OVERLAP


def _about(claim: str, quotes: Sequence[str]) -> str:
    """The words of the quotations that decide whether a claim is negated: in the sentence that holds it, from the beginning
    of the clause with its first word to its last word; all of them where no sentence holds it alone."""
    sentences = [sentence for quote in quotes for sentence in _SENTENCE.split(quote)]
    best = max(sentences, key=lambda sentence: share_in_order(claim, sentence), default="")
    if share_in_order(claim, best) < _LEAST_OVERLAP:
        return " ".join(quotes)
    pieces = best.split()
    at = [place for place, piece in enumerate(pieces) for _ in normalise(piece)]
    tokens = [token for piece in pieces for token in normalise(piece)]
    blocks = SequenceMatcher(None, normalise(claim), tokens, autojunk=False).get_matching_blocks()
    held = [block for block in blocks if block.size]
    first, last = at[held[0].b], at[held[-1].b + held[-1].size - 1]
    while first and not pieces[first - 1].endswith(_CLAUSE_ENDS):
        first -= 1
    return " ".join(pieces[first : last + 1])


def share_in_order(text: str, other: str) -> float:
    """The share of a text's tokens that stand in the other in the same order, 0 to 1; 0 for a text without tokens."""
    tokens = normalise(text)
    if not tokens:
        return 0.0
    blocks = SequenceMatcher(None, tokens, normalise(other), autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / len(tokens)


def _f1(answer: list[str], gold: list[str]) -> float:
    if not answer or not gold:
        return float(answer == gold)
    shared = sum((Counter(answer) & Counter(gold)).values())
    return 2 * shared / (len(answer) + len(gold))


def _holds(answer: str, text: str) -> bool:
    if wanted := _with_points(text):
        return _contains(_with_points(answer), wanted)
    text = text.strip().lower()
    start, end = r"(?<!\w)" if text[:1].isalnum() else "", r"(?!\w)" if text[-1:].isalnum() else ""
    return bool(re.search(f"{start}{re.escape(text)}{end}", answer.lower()))


def _with_points(text: str) -> list[str]:
    # A middle dot is no punctuation to SQuAD, and is how a decimal point was once written.
    return normalise(_POINT.sub("·", text))


def _contains(tokens: list[str], wanted: list[str]) -> bool:
    size = len(wanted)
    return size > 0 and any(tokens[at : at + size] == wanted for at in range(len(tokens) - size + 1))


def _numbers(text: str) -> list[str]:
    return [number.replace(",", "") for number in _NUMBER.findall(text)]
