"""What in a document speaks to a language model instead of to its readers: hidden text, and sentences that give orders."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrieval.records import Passage
from retrieval.sentences import sentence_spans

LONGEST_QUOTE = 300


@dataclass(frozen=True, slots=True)
class Suspect:
    """A piece of text that people should look at before anybody is answered from it."""

    quote: str  #: as it stands in the file, at most 300 characters
    where: str  #: for people: "page 3", "4.2 Carry-over"; empty where the format does not say
    why: str  #: for people: "white text", "tells the model to ignore its instructions"


_MODEL = r"(?:assistants?|(?:language|ai) models?|ai|llms?|chat ?bots?|gpt|bots?|systems?)"
_ORDERS = r"(?:instructions?|prompts?|rules?|directions?|directives?|guidelines?|constraints?|context|messages?|text|(?:safety )?settings)"
_WHY = {
    "tells the model to ignore its instructions": (
        rf"\b(?:ignore|disregard|forget|override|bypass|do not follow|stop following|pay no attention to)\b[^.!?\n]{{0,40}}"
        rf"\b(?:previous|prior|above|earlier|preceding|former|all|any|your|other|existing|system)\b[^.!?\n]{{0,30}}\b{_ORDERS}\b"
        rf"|\b(?:ignoriere|vergiss|missachte)\b[^.!?\n]{{0,40}}\b(?:anweisung(?:en)?|regeln?|vorgaben?)\b"
    ),
    "gives the model a role": (
        rf"\byou are (?:now )?(?:an? )?(?:helpful |unrestricted |new |different |friendly )*(?:{_MODEL}|DAN)\b|\b(?:act|behave|respond|answer) as (?:if you (?:are|were)|an? "
        rf"(?:unrestricted|different|new|{_MODEL}))\b|\bpretend (?:to be|you are|that you)\b|\bfrom now on,? you\b|\bnew (?:system )?instructions?\s*:"
    ),
    "speaks to a model": (
        r"\b(?:attention|note|instructions?|message|dear|hey|hello) (?:to|for) (?:the |any |all )?(?:ai|llm|language model|assistant|chat ?bot|model)s?\b"
        r"|^\s*(?:dear |hey |hello )?(?:ai|llm|language model|chat ?bot)(?: assistants?| models?)?\s*[,:]|\bif you are an? (?:ai|llm|language model|assistant|chat ?bot)\b"
        r"|\b(?:system|developer) (?:prompt|message)\b|<\|?(?:im_start|im_end|system|endoftext)\|?>|\[/?INST\]|^\s*#*\s*(?:system|assistant)\s*:\s"
    ),
    "tells the model what to say": (
        r"\b(?:always|only|simply|just|must|should)\b[^.!?\n]{0,20}\b(?:answer|reply|respond|say|output|print|state)\b[^.!?\n]{0,40}\b(?:with|that|only|exactly|:)\b[^.!?\n]{0,80}"
        r"\b(?:whatever|regardless|no matter|any question|every question|all questions|asked)\b"
        r"|\b(?:regardless of|no matter) what (?:the )?(?:user|employee|anyone|question)s?\b[^.!?\n]{0,20}\bask"
        r"|\bwhen(?:ever)? (?:you are |the model is |an? (?:ai|assistant|model) is )?asked\b[^.!?\n]{0,60}\b(?:answer|reply|respond|say) (?:with|that)\b"
    ),
    "asks the model to give something away": (
        rf"\b(?:reveal|print|repeat|output|leak|disclose|show)\b[^.!?\n]{{0,30}}\b(?:system prompt|your (?:{_ORDERS})|hidden (?:prompt|text|instructions?))\b"
    ),
}  # fmt: skip
_SUSPECT = {why: re.compile(pattern, re.IGNORECASE | re.MULTILINE) for why, pattern in _WHY.items()}


def suspects(passages: Sequence[Passage]) -> list[Suspect]:
    """Sentences that give orders to a model, in document order, each once.

    A policy about language models may speak of such orders; people decide.
    """
    found: dict[str, Suspect] = {}
    for passage in passages:
        where = passage.section_path[-1] if passage.section_path else ""
        place = ", ".join(part for part in (where, f"page {passage.page}" if passage.page else "") if part)
        for quote, why in _ordering(passage.text):
            found.setdefault(quote, Suspect(quote[:LONGEST_QUOTE], place, why))
    return list(found.values())


def _ordering(text: str) -> Iterator[tuple[str, str]]:
    for span in sentence_spans(text):
        sentence = text[span.start : span.end]
        if why := why_suspect(sentence):
            yield sentence, why


def why_suspect(text: str) -> str | None:
    """Why a sentence seems to give orders to a model, None where it does not. Look-alike letters and characters without
    width do not hide it."""
    plain = re.sub(r"[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]", "", unicodedata.normalize("NFKC", text))
    if why := next((why for why, pattern in _SUSPECT.items() if pattern.search(plain)), None):
        return why
    return "characters that cannot be seen" if _unseen(text) else None


def _unseen(text: str) -> bool:
    """Whether a text carries another one in characters without a shape (Unicode's tags and variation selectors)."""
    return sum(0xE0000 <= ord(letter) <= 0xE01EF for letter in text) >= 4
