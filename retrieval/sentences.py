"""Where sentences begin and end: prose sentences, list items and table rows, as character spans of a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

# A full stop after these does not end a sentence; after "No" only before a number, for "No. Ask first." is an answer. German nouns
# begin with a capital, so that what is short before one has to be known: "z. B. Taxi", "Abs. 2", "am 4. Tag".
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|cf|vs|Art|Arts|Sec|Sch|para|approx|Mr|Mrs|Ms|Dr|Prof|St|Inc|Ltd|Co|Corp|Jan|Feb|Mar|Apr"
    r"|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|p|pp|incl|max|min|U\.S|U\.K|Abs|Nrn?|Ziff|Kap|Abt|Anl|Tel|Hr|Fr|Std|Okt|Dez|bzw|ggf|ca|inkl|exkl|einschl|zzgl"
    r"|abzgl|usw|evtl|gem|vgl|lt|sog|bspw|insb)|(?<![\w.])(?:[diouz]|d\.\s?h|[iou]\.\s?[aäd])"
    r"|\b(?:(?<!I\s)am|ab|bis|im|vom|beim|zu[mr]|de[mnrs]|die|das|jede[mnrs]?)\s\d{1,2}|\b[A-Z]|^\W*\d+(?:\.\d+)*|^\W*[a-zA-Z]|[§(]\s?\d+)\.$"
)
_ORDINAL = re.compile(r"(?<![\w.,])\d{1,2}\.$")
_MONTH_FOLLOWS = re.compile(
    r"\s+(?:Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember|(?:Jan|Feb|Apr|Aug|Sept?|Okt|Nov|Dez)\.)(?!\w)"
)
_YES_OR_NO = re.compile(r"(?:\w{1,8}:\s*)?(?:yes|no|ja|nein)[.!]*$", re.IGNORECASE)
_NUMBER_FOLLOWS = re.compile(r"\bNos?\.$")
#: The second half: what ends a sentence in Chinese and Japanese, which put no white space behind it.
_BOUNDARY = re.compile(r"[.!?…][\"”“’')\]]*(?=\s+[\"“„‘'(\[]?(?P<next>[^\W_]|[§€£$•–-]))|[。！？｡]+[\"”’')\]」』）]*")
_BEGINS = "0123456789§€£$•–-"  #: what a sentence begins with where it is no capital
_NUMBER = re.compile(r"\s+[\d§]")
_ITEM = re.compile(r"^\s*(?:[-*•–▪◦]|\(?(?:\d+(?:\.\d+)*|[a-zA-Z]|[ivxIVX]+)[.)])\s+")
_BULLETS = "-*•–▪◦"
_ENDS = (".", "!", "?")
_CLAUSE = re.compile(r"(?:\d+(?:\.\d+)+|§+ ?\d+|\(\d+\))\s")  #: the next clause, not what the one before opened
#: Characters of a line that may go on below, and the part of the longest line that is a full one.
_LONG, _FULL = 40, 0.8
_WIDEST_LIST = 420  #: characters; a list this short is read and quoted as one with its lead-in
#: The "it" of these stands for nothing.
_FOR_NOTHING = (
    r"it (?:is|was) (?:not )?(?:allowed|permitted|forbidden|prohibited|required|necessary|mandatory|compulsory|possible|recommended|important"
    r"|advisable|expected) (?:to|that|for)\b"
)
#: Says when, where or for whom, and not yet what: "During probation it is two weeks."
_SOMEWHERE = (
    r"(?:at|by|during|for|from|in|on|under|with|within|without|after|before|until|outside)(?: [\w’'-]+){1,4},? "
)
_WHERE_IN_GERMAN = r"(?:in|im|am|an|bei|beim|während|nach|vor|ab|seit|für|mit|ohne)(?: \w+){2,5} "
#: A sentence like these says what the one before it says, for another case, or that it does not hold there: "In Austria it is 25
#: days.", "Children may not.", "In Portugal there is none.", "The exceptions are the canteen and the office."
_FOR_ANOTHER_CASE = re.compile(
    rf"^(?!(?:{_SOMEWHERE})?{_FOR_NOTHING})(?:{_SOMEWHERE}(?:it|they)|{_WHERE_IN_GERMAN}(?-i:er|sie)"
    r"|(?:[\w’'-]+ ){1,6}(?:(?:(?:may|must|can|do|does|did|is|are|will|shall|should) not|cannot)(?=[.;!]|$|, (?:except|unless|but|even))"
    r"|(?:is|are|get|gets|receive|receives|have|has) none(?! of))"
    r"|the (?:only )?exceptions? (?:is|are)|(?:above|below|over|under|beyond|besides) (?:this|that))\b",
    re.IGNORECASE,
)
#: A sentence that begins so cannot be understood without the one before it.
_LEANS_BACK = re.compile(
    rf"^(?!{_FOR_NOTHING})(?:this|these|those|that|it|they|such|however|otherwise"
    r"|in (?:this|that|these|such) cases?|if so|in addition|also|but|the same"
    r"|dies(?:e[mnrs]?)?|solche[mnrs]?|danach|davor|davon|dafür|dazu|dabei|hier(?:von|für|zu|bei)|jedoch|allerdings|andernfalls|ansonsten|sonst"
    r"|außerdem|zudem|(?:das|gleiches|entsprechendes) gilt|in (?:diese[mnrs]|solchen) f[aä]ll(?:e[ns]?)?"
    r"|(?:after|before|until|beyond) (?:this|that)|(?:if|when|where|unless|once)\b[^,.;:]{0,80}\b(?:after|before|until|by|under|in|of|for|to) (?:this|that|these|those)(?=,))\b",
    re.IGNORECASE,
)
#: A sentence that begins so, behind its number or mark, limits the one before it or says what that takes: it must not be left out.
_LIMITS = re.compile(
    r"^(?:[-*•–▪◦]\s+|\(?\d+(?:\.\d+)*[.)]?\s+)?(?:however|unless|except|otherwise|but|notwithstanding|exempt|exceptions?|excluded"
    r"|(?:ausgenommen|ausnahmen?|außer|jedoch|allerdings|andernfalls|ansonsten|sonst|es sei denn|(?:hier|da)von (?:ausgenommen|abweichend)"
    r"|(?:dies(?:e[rs]?)?|das)(?: \w+){0,2} (?:gilt|gelten|ist|sind) nicht)\b"
    r"|(?:this|these|that|it|they)\b(?: \w+){0,2} (?:(?:does|do|shall|will|is|are|may|can) (?:not|never)|cannot)\b"
    r"|(?:this|these|that|it|they)\b(?: \w+)? (?:requires?|needs?|must|is only|are only|may only|can only)\b"
    r"|(?:dies(?:e[rs]?)?|das)(?: \w+)? (?:bedarf|bedürfen|muss|müssen|setzt|setzen)\b"
    r"|(?:[\w’'-]+ ){1,6}(?:is|are) (?:excluded|exempt(?:ed)?|not eligible)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Span:
    """``text[start:end]``, and the lead-in it depends on (the line that opens a list), empty if there is none."""

    start: int
    end: int
    lead_in: str = ""


def sentence_spans(text: str) -> list[Span]:
    """The sentences of a passage, in order, without overlap.

    A short list stays one span with its lead-in; of a longer one each item is a span that carries the lead-in. A list is opened
    by a line with a colon at its end, or by half a sentence, "Employees must not". A line with a colon says nothing without the lines that it opens, and stays with those that fit. Every line of a table is
    a span. A question stays with the sentence that follows it, which answers it: "Can I carry days over? No." So does a mere
    yes or no with what its line says next. Lines that were broken to the width of a page are read as one. White space around a sentence is left out; a text without words gives none.
    """
    spans: list[Span] = []
    lines = _lines(text)
    at = 0
    while at < len(lines):
        start, end = lines[at]
        items = _items_below(text, lines, at) if _opens_list(text, lines, at) else []
        if items and items[-1][1] - start <= _WIDEST_LIST:
            spans.append(Span(start, items[-1][1]))
        elif items:
            lead_in = text[start:end].strip()
            spans.extend(Span(a, b, lead_in) for a, b in items)
        elif opened := _opened_by(text, lines, at):
            items = opened
            spans.append(Span(start, opened[-1][1]))
        else:
            spans.extend(_sentences(text, start, end))
        at += 1 + len(items)
    return _answered(text, spans)


def unwrapped(text: str) -> str:
    """The text with a line for each line that was meant to be one: those broken to the width of a page are joined."""
    return "\n".join(" ".join(text[start:end].split()) for start, end in _lines(text))


def is_item(line: str) -> bool:
    """Whether a line begins as an item of a list does: with a mark, a number or a letter."""
    return bool(_ITEM.match(line))


def leans_back(sentence: str) -> bool:
    """Whether a sentence cannot be understood without the one before it: "It may be extended once"."""
    return bool(_LEANS_BACK.match(sentence) or _FOR_ANOTHER_CASE.match(sentence))


def limits(sentence: str) -> bool:
    """Whether a sentence limits the one before it, says it for another case or what it takes: "However, managers may", "During probation
    it is two weeks", "It requires approval"."""
    return bool(_LIMITS.match(sentence) or _FOR_ANOTHER_CASE.match(sentence))


def _answered(text: str, spans: Sequence[Span]) -> list[Span]:
    """The spans, each question joined to the first that is none, and a yes or no to what its line says next; questions that
    nothing follows stay as they are."""
    joined: list[Span] = []
    asked: Span | None = None
    for at, span in enumerate(spans):
        begin = asked or span
        following = [after for after in spans[at + 1 : at + 2] if not (span.lead_in or after.lead_in)]
        if following and (_is_question(text, span) or _is_bare(text, span, following[0])):
            asked = begin
            continue
        joined.append(Span(begin.start, span.end, span.lead_in))
        asked = None
    return joined


def _is_question(text: str, span: Span) -> bool:
    return text[span.start : span.end].rstrip("*_ ").endswith(("?", "？"))


def _is_bare(text: str, span: Span, after: Span) -> bool:
    """Whether it says yes or no, and the sentence after it, on the same line, says the rest."""
    is_yes_or_no = _YES_OR_NO.match(text[span.start : span.end])
    return bool(is_yes_or_no) and "\n" not in text[span.end : after.start] and not _is_question(text, after)


def _lines(text: str) -> list[tuple[int, int]]:
    """Where the lines begin and end that hold words; those that were broken only because a page is narrow are one."""
    lines = []
    for match in re.finditer(r"[^\n]+", text):
        stripped = match.group().strip()
        if re.search(r"\w", stripped):
            start = match.start() + match.group().index(stripped)
            lines.append((start, start + len(stripped)))
    return _joined(text, lines)


def _joined(text: str, lines: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The lines, each with those that go on with it: a long one without an end goes on in small letters, and where one does so,
    the text was broken to a width, and a full line goes on with what follows it, too."""
    goes_on = [_goes_on(text, line, below) for line, below in pairwise(lines)]
    broken = any(on and text[below[0]].islower() for on, below in zip(goes_on, lines[1:], strict=True))
    full = max((end - start for start, end in lines), default=0) * _FULL
    joined: list[tuple[int, int]] = []
    for at, (start, end) in enumerate(lines):
        above = lines[at - 1]
        if at and goes_on[at - 1] and (text[start].islower() or (broken and above[1] - above[0] >= full)):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _goes_on(text: str, line: tuple[int, int], below: tuple[int, int]) -> bool:
    """Whether the line below may go on with a line: no blank line, item, row or clause stands between them, and no end."""
    said, following = text[slice(*line)], text[slice(*below)]
    key, colon, _ = said.partition(": ")
    return (
        len(said) >= _LONG
        and not said.endswith((*_ENDS, ":", ";"))
        and text.count("\n", line[1], below[0]) == 1
        and not ("|" in said or "|" in following or _ITEM.match(following) or _CLAUSE.match(following))
        and not (colon and following.startswith(key + colon))  # rows: "grade: 1; pay: EUR 9"
    )


def _opens_list(text: str, lines: list[tuple[int, int]], at: int) -> bool:
    """Whether the items below a line belong to it: it ends with a colon, or is half a sentence that they complete."""
    line = text[slice(*lines[at])]
    if line.endswith(":"):
        return True
    # A line between two items goes on with the first, and numbered sentences can stand alone.
    is_within = at > 0 and not text[: lines[at - 1][1]].endswith(_ENDS)
    below = text[slice(*lines[at + 1])] if at + 1 < len(lines) else ""
    if is_within or _ITEM.match(line) or line.endswith((*_ENDS, ",", ";")) or not _ITEM.match(below):
        return False
    return below[0] in _BULLETS or not below.endswith(_ENDS)


def _items_below(text: str, lines: list[tuple[int, int]], at: int) -> list[tuple[int, int]]:
    items = []
    for start, end in lines[at + 1 :]:
        if not _ITEM.match(text[start:end]):
            break
        items.append((start, end))
    return items


def _opened_by(text: str, lines: list[tuple[int, int]], at: int) -> list[tuple[int, int]]:
    """The lines without list marks that a line with a colon at its end opens: up to the first that is a whole sentence."""
    opened: list[tuple[int, int]] = []
    start, end = lines[at]
    if not text[start:end].endswith(":"):
        return opened
    for following in lines[at + 1 :]:
        if following[1] - start > _WIDEST_LIST or _CLAUSE.match(text[following[0] : following[1]]):
            break
        opened.append(following)
        if text[following[0] : following[1]].endswith((".", "!", "?")):
            break
    return opened


def _sentences(text: str, start: int, end: int) -> list[Span]:
    spans = []
    begin = start
    for match in _BOUNDARY.finditer(text, start, end):
        following = match["next"]
        if following and not (following.isupper() or following in _BEGINS):
            continue
        piece = text[begin : match.end()]
        bare = piece.rstrip("\"”“’')]")
        if _ABBREVIATION.search(bare) or (_NUMBER_FOLLOWS.search(bare) and _NUMBER.match(text, match.end())):
            continue
        if _ORDINAL.search(bare) and _MONTH_FOLLOWS.match(text, match.end()):
            continue
        spans.append(Span(begin, match.end()))
        begin = match.end() + len(text[match.end() : end]) - len(text[match.end() : end].lstrip())
    if begin < end:
        spans.append(Span(begin, end))
    return spans
