"""From what somebody typed to a question that stands alone, and when and where it is asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from assistant.comparing import what_is_compared
from assistant.followups import goes_on, is_clause, opening, people_named
from assistant.places import countries_in, country_name, placed_elsewhere, unplaced, without_names
from assistant.records import Turn
from assistant.smalltalk import is_small_talk, without_greeting
from assistant.times import COUNTS, as_of, names_a_time, undated
from retrieval.terms import STOP_WORDS, terms

#: A question that brings the one before it along: what :func:`standalone` makes.
_JOINED = re.compile(r"\? \(.+\)")
#: The same when its own words are gone, for another country or date takes their place.
_ONLY_BROUGHT_ALONG = re.compile(r"\W*\((?P<asked>.+)\)")


#: What asks for a yes behind a statement, and asks nothing of its own: "Leave is 30 days, right?"
_TAG = re.compile(
    r",\s*(?:right|correct|true|yes|no|ok(?:ay)?|is that (?:right|correct|true)|am i right|(?:is|are|was|were|do|does|did|ca|could|wo|would|should|must|have|has|had|need)n['’]?t (?:it|they|we|i|you|he|she|there)"
    r"|oder(?: nicht)?|richtig|korrekt|stimmt(?:['’]s| das)?|nicht wahr|nicht|ja)[?!.\s]*$",
    re.IGNORECASE,
)
#: "And 2024?" names a year; 2000 may as well be an amount.
_A_YEAR = re.compile(r"(?P<year>20[1-9]\d)[?!.\s]*")


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The question with its subject: a follow-up is joined to the question it follows.

    "What about part-timers?" after "How many days of leave do I get?" becomes "How many days of leave do I get, part-timers?";
    other people than the question before asks about take their place. A question that names its own subject is returned as it is, but for
    a "right?" at its end. Greetings and thanks in between are passed over; a country takes the place of the country before, and a date
    or "now" that of the date before.
    """
    question = _TAG.sub("?", " ".join(question.split()))
    history = [turn for turn in history if not is_small_talk(turn.question)]
    if not history or _JOINED.search(question) or not goes_on(without_names(question)):
        return question
    if year := _A_YEAR.fullmatch(opening(question) or question):
        question = f"And in {year['year']}?"
    before = standalone(history[-1].question, history[:-1]).rstrip("?!. ")
    if named := countries_in(question):
        before = unplaced(before)
        if len(named) == 1 and countries_in(before):
            # "Notice in Germany" has lost its country by now, "German notice" has not: the other one takes its place.
            before = placed_elsewhere(before, *named)
            if countries_in(before) == named and not set(terms(without_names(opening(question) or question))) - {"0"}:
                return f"{before}?"
    if names_a_time(question):
        before = undated(before)
    if nothing_else := _ONLY_BROUGHT_ALONG.fullmatch(before):
        before = nothing_else["asked"]
    rest = opening(question)
    if (swapped := _in_its_place((rest or question).rstrip("?!. "), before)) is not None:
        return f"{swapped}?"
    if rest is None:
        return f"{question.rstrip('?!. ')}? ({before})"
    if is_clause(rest):
        return f"{rest.rstrip('?!. ')}? ({before})"
    rest = rest.rstrip("?!. ")
    return f"{_instead(rest, before) or f'{before}, {rest}'}?"


def otherwise(question: str, history: Sequence[Turn]) -> str | None:
    """A question as the other one that it may be: "what about CCTV?" may go on or name a subject of its own, and a comparison asks for
    what is compared. None where there is no other."""
    rest, whole = opening(question), standalone(question, history)
    if rest is None or is_clause(rest) or goes_on(without_names(rest)) or whole == question:
        return None if _JOINED.search(whole) else what_is_compared(whole)
    return rest


#: Between two questions; "do" and "have" also go on with a sentence ("and have a second job").
_BETWEEN_QUESTIONS = re.compile(
    r"(?:\?(?:\s+(?:and|also|und|auch)\b,?)*|[,;]?\s+(?:and|und|&|\+))\s+(?!(?:do|have|had|may|will|habe|haben|kann)\s+(?!(?:i|you|we|they|he|she|it|ich|du|wir|man|sie|es)\b))",
    re.IGNORECASE,
)


def apart(question: str) -> list[str]:
    """The two questions that one may hold, each standing alone: "how long is leave and can I sell it?"; else the question."""
    asked = without_greeting(question)
    for found in () if _JOINED.search(asked) else _BETWEEN_QUESTIONS.finditer(asked):
        first, second = f"{asked[: found.start()]}?", asked[found.end() :]
        if is_clause(first) and is_clause(second) and " " in second and not goes_on(without_names(first)):
            return [first, standalone(second, [Turn(first, "")])]
    return [question]


#: What may stand before a noun without saying which of its kind is meant.
_SAYS_NOT_WHICH = re.compile(
    rf"{'|'.join(sorted(STOP_WORDS))}|many|much|few|more|most|several|every|each|no|get|take|need|viele|wie|pro|ich|du|wir|man|sie|mein\w*|d(?:er|ie|as|en|em)|eine?\w*",
    re.IGNORECASE,
)


#: What an English verb stands behind: "if I leave", "can I expense parking".
_SUBJECT_OF_A_VERB = re.compile(
    r"\b(?:i|you|we|they|he|she|who|(?<!entitled )(?<!right )(?<!access )to)\s+$", re.IGNORECASE
)
_COUNTS = re.compile("|".join(COUNTS), re.IGNORECASE)


#: "after 6", "6 years", "£50".
_A_NUMBER = re.compile(
    r"(?:(?P<before>[^\W\d_]+)\s+)?[£€$]?(?P<number>\d+(?:[.,]\d+)*)(?:\s*(?P<unit>%|€|[^\W\d_]+(?!\S)))?",
    re.IGNORECASE,
)
#: "in Paris", "on Sunday".
_A_PLACE_OR_DAY = re.compile(r"\b(?P<before>(?i:in|on|at|am|im))\s+(?P<name>[A-ZÄÖÜ]\w+(?:[ -][A-ZÄÖÜ]\w+)*)")


def _in_its_place(rest: str, before: str) -> str | None:
    """The question before with what a follow-up names, and nothing else, in the place of its like: other people, another number of the
    same, another place or day; None where there is not one of them to take the place of."""
    others = people_named(before)
    if others and people_named(rest) == [rest]:
        return re.sub(rf"\b{re.escape(others[-1])}\b", rest, before)
    for kind, what in ((_A_NUMBER, "number"), (_A_PLACE_OR_DAY, "name")):
        found, like = kind.fullmatch(rest), list(kind.finditer(before))
        if found and len(like) == 1 and _is_alike(found, like[0]):
            return before[: like[0].start(what)] + found[what] + before[like[0].end(what) :]
    return None


def _is_alike(one: re.Match[str], other: re.Match[str]) -> bool:
    """Whether two numbers, places or days stand behind the same word and count the same, as far as the first says so."""
    mine, theirs = one.groupdict(), other.groupdict()
    said = [(mine[part], theirs[part] or "") for part in ("before", "unit") if mine.get(part)]
    return all(a.casefold() == b.casefold() or (b and terms(a) == terms(b) != []) for a, b in said)


def _instead(rest: str, before: str) -> str | None:
    """The question before with another kind of the same in its place, as "sick leave" for "annual leave"; None where a follow-up
    names nothing of the kind."""
    if not re.fullmatch(r"[^\W\d_]+(?:[ -][^\W\d_]+){1,2}", rest) or terms(rest.split()[0]) == []:
        return None
    kind = rest.split()[-1]
    its_kind = re.compile(rf"(?:\b(?P<which>[^\W\d_]+)\s+)?\b{re.escape(kind)}\b", re.IGNORECASE)
    for found in its_kind.finditer(before):
        which = found["which"] or ""
        begin = found.end() - len(kind) if _SAYS_NOT_WHICH.fullmatch(which) else found.start()
        # A verb stays, and "two weeks" are no other kind of "how many weeks".
        is_verb = _SUBJECT_OF_A_VERB.search(before[:begin])
        if not is_verb and (_COUNTS.fullmatch(which) or not _COUNTS.fullmatch(rest.split()[0])):
            return before[:begin] + rest + before[found.end() :]
    return None


def in_country(question: str, code: str) -> str:
    """A question as it is asked about one country: whole, whatever is asked before it."""
    placed = standalone(f"And in {country_name(code)}?", [Turn(question, "")])
    is_whole = _JOINED.search(placed) or not goes_on(without_names(placed))
    return placed if is_whole else f"In {country_name(code)}? ({question.rstrip('?!. ')})"


# -- when and where ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the question says about when and where: None where it says nothing."""

    as_of: date | None = None
    jurisdiction: str | None = None


def circumstances(question: str, *, today: date) -> Circumstances:
    """The date and country a question names in plain words: "in May 2023", "31.05.2023", "last year", "in Germany"; two different
    countries mean none."""
    codes = countries_in(question)
    return Circumstances(as_of(question, today=today), next(iter(codes)) if len(codes) == 1 else None)
