"""Questions made from sentences by taking one thing out, and questions that look like them and are not answered.

"Unused days lapse on 31 March." gives "when unused days lapse?", answered by "31 March". With another name, number,
opposite or thing swapped in ("when bought days lapse?") the sentence looks as if it answered and does not (Lewis et al.,
"Unsupervised Question Answering by Cloze Translation", ACL 2019; Rajpurkar et al., 2018, for the look-alikes).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from retrieval.tuning.weak import reworded

_WORD = re.compile(r"\w[\w'’-]*")
_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE = re.compile(rf"\b(?:\d{{1,2}} )?(?:{_MONTH})(?: \d{{1,2}})?,? ?(?:\d{{4}})?|\b(?:1[0-9]|20)\d\d\b")
_NUMBER = re.compile(
    r"[$€£]\s?\d[\d,.]*\d|\b\d[\d,.]*\s?(?:%|percent)|\b\d[\d,.]*\s(?:business days?|days?|weeks?|months?|years?|hours?|minutes?|people|times?)\b|\b\d+\b"
)
_NAME = re.compile(r"(?<![.!?] )(?<!^)\b[A-Z][\w’'-]+(?: (?:of |the |and )?[A-Z][\w’'-]+){0,3}")
_UNIT = re.compile(r"[\d,.]+\s(?P<unit>[a-z ]+)$")
_FIGURE = re.compile(r"\b\d[\d,.]*\b")
_EMPTY = frozenset(
    """a an the of in on at to for by with from and or but is are was were be been being has have had do does did not no it
    its this that these those as which who whom whose what when where how than then there their they he she his her him you
    your we our i if may must shall should can will would could any all each such other into under over between within upon
    many much long kind date number amount percentage year""".split()
)
#: Words that say the opposite of each other, or name the other side.
_OPPOSITES = """before after|first last|minimum maximum|least most|more less|increase decrease|paid unpaid|include exclude|includes
    excludes|internal external|start end|north south|east west|largest smallest|higher lower|buyer seller|employee
    employer|employees contractors|landlord tenant|licensor licensee|recipient discloser|full-time part-time|annual monthly|daily
    weekly|public private|new old|early late|inside outside|accept reject|approve refuse|grant deny|temporary permanent|directly
    indirectly|exclusive non-exclusive|written oral|maternity paternity|win lose|won lost|above below|allowed forbidden|required
    optional|customer supplier|son daughter|father mother|attack defend|buy sell|domestic international|senior junior"""
_OPPOSITE = {
    word: other
    for pair in _OPPOSITES.split("|")
    for one, two in [pair.split()]
    for word, other in ((one, two), (two, one))
}


@dataclass(frozen=True, slots=True)
class Cloze:
    """A made question and where its answer stands in the sentence: ``sentence[start:end]``."""

    text: str
    start: int
    end: int


def cloze(sentence: str, random: Random) -> Cloze | None:
    """A question that the sentence answers, None if too little of it is left to ask with."""
    found = _things(sentence)
    if not found:
        return None
    kind = random.choice(sorted({kind for *_, kind in found}))
    start, end, _ = random.choice([one for one in found if one[2] == kind])
    asked = _question_word(kind, sentence[start:end], random)
    left = sentence[:start].strip(" ,;:").split()
    right = sentence[end:].strip(" ,;:.").split()
    if len(left) > 14 or random.random() < 0.4:
        left = left[-random.randint(3, 14) :]
    if len(right) > 14 or random.random() < 0.4:
        right = right[: random.randint(2, 14)]
    words = _ordered(left, asked, right, random)
    keep = random.uniform(0.65, 1.0)
    words = [word for word in words if word == asked or word[:1].isupper() or random.random() < keep]
    if random.random() < 0.3:
        words = [word for word in words if word == asked or word.lower() not in _EMPTY or random.random() < 0.5]
    text = " ".join(words)
    if len(telling_words(text)) < 3:
        return None
    return Cloze(_as_typed(text, random), start, end)


def look_alike(question: str, names: Sequence[str], things: Sequence[str], random: Random) -> str | None:
    """The question with one thing in it swapped for another of its kind; None where there is nothing to swap.

    :param names: names that stand nearby; ``things``: other words that do, lower case.
    """
    words = [(found.start(), found.end(), found.group().lower()) for found in _WORD.finditer(question)]
    opposites = [(start, end, _OPPOSITE[word]) for start, end, word in words if word in _OPPOSITE]
    figures = [found.span() for found in _FIGURE.finditer(question)]
    named = [found for found in _NAME.finditer(question) if _others(found.group(), names)]
    plain = [one for one in words if one[2] not in _EMPTY and len(one[2]) > 3 and not question[one[0]].isupper()]
    ways = ["opposite"] * 3 * bool(opposites) + ["figure"] * 2 * bool(figures) + ["name"] * 4 * bool(named)
    ways += ["thing"] * 2 * (bool(plain) and len(things) > 5)
    match random.choice(ways) if ways else None:
        case "opposite":
            start, end, new = random.choice(opposites)
        case "figure":
            start, end = random.choice(figures)
            value = int(re.sub(r"\D", "", question[start:end])[:6] or 1)
            new = str(value + random.choice([1, 2, 5, 7, 10]))
        case "name":
            found = random.choice(named)
            (start, end), new = found.span(), random.choice(_others(found.group(), names))
        case "thing":
            start, end, old = random.choice(plain)
            new = random.choice(things)
            if new[:4] == old[:4]:
                return None
        case _:
            return None
    return question[:start] + new + question[end:]


def telling_words(text: str) -> set[str]:
    """The words of a text that say what it is about, lower case."""
    return {word.lower() for word in _WORD.findall(text) if word.lower() not in _EMPTY and len(word) > 2}


def names_in(text: str) -> list[str]:
    """Names and other capitalised words within sentences, in order."""
    return [found.group() for found in _NAME.finditer(text)]


def _things(sentence: str) -> list[tuple[int, int, str]]:
    """What can be asked for: start, end and kind."""
    found = [(m.start(), m.end(), "date") for m in _DATE.finditer(sentence) if m.group().strip()]
    found += [(m.start(), m.end(), "number") for m in _NUMBER.finditer(sentence)]
    found += [(m.start(), m.end(), "name") for m in _NAME.finditer(sentence)]
    run: list[re.Match[str]] = []
    for word in _WORD.finditer(sentence):
        apart = bool(run) and sentence[run[-1].end() : word.start()] != " "
        if run and (apart or word.group().lower() in _EMPTY):
            found.append((run[max(0, len(run) - 4)].start(), run[-1].end(), "phrase"))
            run = []
        if word.group().lower() not in _EMPTY:
            run.append(word)
    if run:
        found.append((run[max(0, len(run) - 4)].start(), run[-1].end(), "phrase"))
    return [one for one in found if one[1] - one[0] >= 2]


def _question_word(kind: str, answer: str, random: Random) -> str:
    if kind == "date":
        return random.choice(["when", "what date", "when", "in what year"])
    if kind == "number":
        if answer[0] in "$€£":
            return random.choice(["how much", "what amount"])
        if "%" in answer or "percent" in answer:
            return "what percentage"
        counted = _UNIT.match(answer)
        if counted:
            return random.choice([f"how many {counted['unit']}", "how long", f"how many {counted['unit']}"])
        return random.choice(["how many", "what number", "which"])
    if kind == "name":
        return random.choice(["who", "what", "which", "where", "whose", "what"])
    return random.choice(["what", "what", "which", "who", "how", "why", "where", "what kind of"])


def _ordered(left: list[str], asked: str, right: list[str], random: Random) -> list[str]:
    style = random.random()
    if style < 0.35:
        return [*left, asked, *right]
    if style < 0.7:
        return [asked, *right, *left]
    rest = [*left, *right]
    if style > 0.85:
        random.shuffle(rest)
    return [asked, *rest]


def _as_typed(text: str, random: Random) -> str:
    if random.random() < 0.7:
        text = reworded(text, random)
    if random.random() < 0.7:
        text = text.rstrip(".") + "?"
    if random.random() < 0.5:
        text = text[0].upper() + text[1:]
    return text.lower() if random.random() < 0.15 else text


def _others(name: str, names: Sequence[str]) -> list[str]:
    """The names that neither hold this one nor are held by it."""
    return [one for one in names if one.lower() not in name.lower() and name.lower() not in one.lower()]
