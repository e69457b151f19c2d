"""Who does what, and when: a claim may say in the active what its span says in the passive, but may exchange neither the two
sides nor what was with what is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from retrieval.terms import STOP_WORDS, terms

_TOKEN = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*|\d[\d.,]*|[^\w\s]")
#: Verbs whose participle has another stem.
_IRREGULAR = dict(
    pair.split()
    for pair in (
        "paid pay|kept keep|given give|taken take|made make|held hold|sent send|told tell|worn wear|written write|chosen choose|borne bear|"
        "bought buy|met meet|driven drive|sold sell|led lead|found find|drawn draw|shown show|spent spend|seen see|done do|brought bring|"
        "left leave|lost lose|withdrawn withdraw|undertaken undertake|overseen oversee|understood understand|broken break"
    ).split("|")
)
_BE = frozenset("be is are was were been being am".split())
_HAVE = frozenset("has have had having".split())
_MODALS = frozenset(
    "must may can shall should will would could might need needs to has have had not never also".split()
)
#: What a subject begins behind, and whoever acts ends before.
_JOINS = frozenset(
    "if when where unless that which who whom before after until because and or but while as so than once provided except for with "
    "within without in on at by from of to under during per".split()
)
_LONGEST = 5  #: words of whoever acts


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int

    @property
    def base(self) -> str:
        """The stem, of a participle its verb's."""
        word = _IRREGULAR.get(self.text, self.text)
        return (terms(word) or [word])[0]

    @property
    def is_participle(self) -> bool:
        return self.text in _IRREGULAR or (self.text.endswith("ed") and len(self.text) > 4)


def _words(text: str) -> list[_Word]:
    return [_Word(found.group().lower(), found.start(), found.end()) for found in _TOKEN.finditer(text)]


def in_one_voice(text: str, other: str) -> str:
    """The text with whoever acts in front, "HR must keep records" for "records must be kept by HR", where the other text has the
    verb in the active; else as it is."""
    words, verbs = _words(text), _in_the_active(_words(other))
    for at in reversed(range(len(words))):
        if words[at].text != "by" or not at or words[at - 1].base not in verbs:
            continue
        if turned := _turned(text, words, at):
            text, words = turned, _words(turned)
    return text


def _in_the_active(words: list[_Word]) -> set[str]:
    return {word.base for at, word in enumerate(words) if not (word.is_participle and _helps(words, at, _BE))}


def _turned(text: str, words: list[_Word], by: int) -> str | None:
    """The text with what stands around a verb, a form of "be" before it and "by" behind it exchanged; None where there is no such."""
    verb = by - 1
    be = _helps(words, verb, _BE) if words[verb].is_participle else None
    if be is None:
        return None
    modal = be
    while modal > 0 and words[modal - 1].text in _MODALS:
        modal -= 1
    subject = modal
    while subject > 0 and words[subject - 1].text not in _JOINS and words[subject - 1].text[0].isalnum():
        subject -= 1
    end = by + 1
    while end < len(words) and end <= by + _LONGEST and words[end].text[0].isalpha() and not _ends(words, by, end):
        end += 1
    if subject == modal or end == by + 1:
        return None
    who = text[words[by + 1].start : words[end - 1].end]
    what = text[words[subject].start : words[modal - 1].end]
    how = [word.text for word in [*words[modal:be], *words[be + 1 : verb]]]
    # What has lost its place at the beginning is no name for its capital.
    what = what[0].lower() + what[1:] if what[1:2].islower() else what
    base = _IRREGULAR.get(words[verb].text, words[verb].text)
    return f"{text[: words[subject].start]}{' '.join([who, *how, base, what])}{text[words[end - 1].end :]}"


def _ends(words: list[_Word], by: int, at: int) -> bool:
    """Whether a word is none of those who act: their names and what is said right before them."""
    return words[at].text in _JOINS or words[at].text in _MODALS or (at > by + 1 and words[at].text in STOP_WORDS)


def _helps(words: list[_Word], at: int, helpers: frozenset[str]) -> int | None:
    """Where one of the helpers stands before a verb, with nothing but "not" or an adverb between; None where none does."""
    for before in range(at - 1, max(-1, at - 4), -1):
        if words[before].text in helpers:
            return before
        if words[before].text not in ("not", "also", "never", "only") and not words[before].text.endswith("ly"):
            return None
    return None


def is_in_another_tense(text: str, other: str) -> bool:
    """Whether of one verb the one text only says that it was done, and the other that it is: "staff received", "staff receive"."""
    mine, theirs = dict(_tenses(_words(text))), dict(_tenses(_words(other)))
    return any({mine[stem], theirs[stem]} == {True, False} for stem in mine.keys() & theirs.keys())


def _tenses(words: list[_Word]) -> Iterator[tuple[str, bool | None]]:
    """Stems, each with whether it only stands in the past; None for one that also stands as in "is received", or both ways."""
    found: dict[str, set[bool | None]] = {}
    for at, word in enumerate(words):
        past = word.text.endswith("ed") and len(word.text) > 4
        helped = past and (_helps(words, at, _BE) is not None or _helps(words, at, _HAVE) is not None)
        found.setdefault(word.base, set()).add(None if helped else past)
    return ((stem, next(iter(told)) if len(told) == 1 else None) for stem, told in found.items())
