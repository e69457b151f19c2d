"""From what somebody typed to a question that stands alone: follow-ups, dates, countries, greetings."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from assistant.followups import goes_on, is_clause, opening, people_named
from assistant.records import Turn
from ingest.countries import COUNTRIES
from ingest.dates import DATE, MONTH, read_day_first, read_month
from retrieval.terms import STOP_WORDS, terms

_HELLO = (
    r"(?:hi|hello|hey|good (?:day|morning|afternoon|evening)|how are you(?: doing)?(?: today)?|hallo|hi|guten (?:tag|morgen|abend)|moin|servus|gr[üu](?:ß|ss) (?:gott|dich)"
    r"|grüezi|wie geht(?:['’]s| es(?: dir| ihnen)?))"
)
#: Ends of a conversation, and what is said to an answer.
_CLOSING = (
    r"(?:(?:many )?thanks?(?: you)?|thank you|thx|cheers|no(?:pe)?,? thanks?(?: you)?|great|perfect|excellent|wonderful|brilliant|awesome|lovely|nice|cool|super|fine|good"
    r"|ok(?:ay)?|k|got it|i see|understood|noted|makes sense|that makes sense|good to know|all (?:clear|good|set)|will do|you too"
    r"|(?:that|this|it)(?:['’]?s| is| was)? (?:very |really |so |all |quite )?(?:helps?|helped|helpful|great|perfect|good|fine|all|it|clear|useful|what i needed)"
    r"|(?:very|so|really) (?:helpful|useful|good|nice|kind)|helpful|have a (?:nice|good|great|lovely) (?:day|evening|weekend|one)|bye(?:[ -]bye)?|goodbye|see you(?: (?:later|soon|tomorrow))?"
    r"|(?:vielen |herzlichen |besten |lieben |nein,? )?dank(?:e(?:schön)?)?|merci|perfekt|prima|toll|klasse|gut|sehr gut|passt|verstanden|verstehe|alles klar|alles gut|klar"
    r"|(?:das )?(?:hilft|reicht)(?: mir)?(?: sehr| weiter)?|(?:das war )?sehr (?:hilfreich|nett)|hilfreich|das war['’]?s(?: schon)?|das ist alles|schönen (?:tag|abend|feierabend)(?: noch)?"
    r"|schönes wochenende|tschüss?|ciao|auf wiedersehen|bis (?:später|bald|dann|morgen))"
)
_TO_WHOM = (
    r"(?:there|all|everyone|policydesk|you|very much|so much|a lot|again|zusammen|schön|sehr|dir|ihnen|nochmals?|(?:for|für) (?:that|das|all|alles)"
    r"|(?:for|für) (?:the|your|die|deine|ihre|eure) (?:quick |schnelle )?(?:help|info(?:rmation)?|answer|reply|hilfe|auskunft|antwort))"
)
_SMALL_TALK = re.compile(
    rf"^\W*(?:{_HELLO}|{_CLOSING})(?:[\s,.!;:–-]+(?:{_HELLO}|{_CLOSING}|{_TO_WHOM}))*\W*$", re.IGNORECASE
)
_OPENS = re.compile(rf"^\W*{_HELLO}\b", re.IGNORECASE)
#: A question that brings the one before it along: what :func:`standalone` makes.
_JOINED = re.compile(r"\? \(.+\)")
#: The same when its own words are gone, for another country or date takes their place.
_ONLY_BROUGHT_ALONG = re.compile(r"\W*\((?P<asked>.+)\)")


#: "And 2024?" names a year; 2000 may as well be an amount.
_A_YEAR = re.compile(r"(?P<year>20[1-9]\d)[?!.\s]*")


def is_small_talk(text: str) -> bool:
    """A greeting or thanks, which needs no documents."""
    return bool(_SMALL_TALK.match(text))


def is_thanks(text: str) -> bool:
    """Thanks, or another end of a conversation: small talk that opens nothing."""
    return is_small_talk(text) and not _OPENS.match(text)


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The question with its subject: a follow-up is joined to the question it follows.

    "What about part-timers?" after "How many days of leave do I get?" becomes "How many days of leave do I get, part-timers?";
    other people than the question before asks about take their place. A question that names its own subject is returned as it is. Greetings and thanks in between are passed over; a country takes
    the place of the country before, and a date or "now" that of the date before.
    """
    question = " ".join(question.split())
    history = [turn for turn in history if not is_small_talk(turn.question)]
    if not history or _JOINED.search(question) or not goes_on(_COUNTRY.sub("0", question)):
        return question
    if year := _A_YEAR.fullmatch(opening(question) or question):
        question = f"And in {year['year']}?"
    before = standalone(history[-1].question, history[:-1]).rstrip("?!. ")
    if countries_in(question):
        before = _IN_COUNTRY.sub("", before)
    if _NOW.search(question) or any(pattern.search(question) for pattern in _TIMES):
        before = _undated(before)
    if nothing_else := _ONLY_BROUGHT_ALONG.fullmatch(before):
        before = nothing_else["asked"]
    rest = opening(question)
    if rest is None:
        return f"{question.rstrip('?!. ')}? ({before})"
    if is_clause(rest):
        return f"{rest.rstrip('?!. ')}? ({before})"
    rest = rest.rstrip("?!. ")
    return f"{_instead(rest, before) or f'{before}, {rest}'}?"


#: What may stand before a noun without saying which of its kind is meant.
_SAYS_NOT_WHICH = re.compile(
    rf"{'|'.join(sorted(STOP_WORDS))}|many|much|few|more|most|several|every|each|no|get|take|need|viele|wie|pro|ich|du|wir|man|sie|mein\w*|d(?:er|ie|as|en|em)|eine?\w*",
    re.IGNORECASE,
)


#: What an English verb stands behind: "if I leave", "can I expense parking".
_SUBJECT_OF_A_VERB = re.compile(
    r"\b(?:i|you|we|they|he|she|who|(?<!entitled )(?<!right )(?<!access )to)\s+$", re.IGNORECASE
)
_COUNTS = re.compile(
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf",
    re.IGNORECASE,
)


def _instead(rest: str, before: str) -> str | None:
    """The question before with what a follow-up names in the place of its like: other people, or another kind of the same, as
    "sick leave" for "annual leave"; None where it names nothing of the kind."""
    others = people_named(before)
    if others and people_named(rest) == [rest]:
        return re.sub(rf"\b{re.escape(others[-1])}\b", rest, before)
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
    is_whole = _JOINED.search(placed) or not goes_on(_COUNTRY.sub("0", placed))
    return placed if is_whole else f"In {country_name(code)}? ({question.rstrip('?!. ')})"


# -- when and where ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the question says about when and where: None where it says nothing."""

    as_of: date | None = None
    jurisdiction: str | None = None


_YEAR = r"(?P<when>(?P<year>(?:19|20)\d\d))\b(?!\s*(?:€|euro|eur|pound|gbp|usd|dollar|km|kilomet|mile|hour|day|stunde|tage|%))"
_RULES = r"(?:rules?|polic(?:y|ies)|rates?|limits?|allowances?|version|handbook|guidelines?|regeln?|regelung|richtlinien?|fassung|handbuch|stand)"
_DAY = re.compile(rf"(?<![\w./-])(?P<when>{DATE})(?![\w/-]|\.\d)", re.I)
#: Behind these, figures with points are a place's number.
_A_PLACE = re.compile(
    r"(?:\b(?:sections?|clauses?|articles?|paragraphs?|chapters?|points?|version|ziffern?|abschnitte?|absatz|kapitel|punkt|artikel)|§)\s*$",
    re.I,
)
_MONTH_YEAR = re.compile(rf"(?<![\w.])(?P<when>{MONTH},?\s+(?:of\s+)?(?:19|20)\d\d)\b", re.I)
_YEARS = (
    re.compile(rf"\b(?:in|during|back in|throughout|year|before|prior to|im jahr|vor|jahre?)\s+{_YEAR}", re.I),
    re.compile(rf"\b\w*{_RULES}\s+(?:(?:of|for|von|aus|für)\s+)?{_YEAR}", re.I),
    re.compile(rf"\b(?:the|our|your|de[rnm]|die|das)\s+{_YEAR}(?=(?:\s+[\w-]+){{0,3}}?\s+\w*{_RULES}\b)", re.I),
    # German says "2023" without "in".
    re.compile(
        rf"\b(?:galt(?:en)?|war(?:en)?|hatten?|konnten?|durften?|mussten?|gab)\b[^.?!;]{{0,60}}?(?<!\baus )(?<!\bvon )(?<!\bfür )(?<![\d.,-])\b{_YEAR}",
        re.I,
    ),
)
_LAST_YEAR = re.compile(
    r"(?<!from )(?<!of )(?<!since )(?<!vom )(?<!aus )(?<!aus dem )(?<!seit )(?P<when>\b(?:last year|(?:im )?(?:letzte[ns]|vorige[ns]|vergangene[ns]) jahr|im vorjahr))\b(?!['’]s)",
    re.I,
)
_NOW = re.compile(
    r"\b(?:now|today|currently|at present|nowadays|this year|jetzt|heute|derzeit|aktuell|zurzeit|momentan|dieses jahr)\b",
    re.I,
)
#: A date that follows so, or is followed so, is one of somebody's life: the rules of today are asked for.
_OF_A_LIFE = re.compile(
    r"\b(?:joined|started|start|hired|employed|born|moved|promoted|transferred|signed|began|begun|been (?:here|with us)|since|seit|begann|geboren)\b(?:[^.?!;]|(?<=\d)\.){0,24}$",
    re.I,
)
_IN_A_LIFE = re.compile(
    r"^[^.?!;,]{0,24}\b(?:angefangen|begonnen|gestartet|eingestellt|eingetreten|geboren|befördert|versetzt|gewechselt|umgezogen|unterschrieben)\b",
    re.I,
)
_TIMES = (_DAY, _MONTH_YEAR, *_YEARS, _LAST_YEAR)
_EARLIER = r"(?:before|prior to|vor(?: de[mr])?)(?: the)?"
#: What held before a day is asked for, not what holds from that day on.
_EARLIER_THAN = re.compile(rf"\b{_EARLIER}\s+$", re.I)
_BEFORE_A_TIME = re.compile(
    rf",?\s*(?:\b(?:as of|back in|on|in|during|of|from|for|throughout|until|am|im|vom|(?:bis )?zum|ab|bis|von|in der fassung vom|stand|(?:im )?jahre?|{_EARLIER})\s+)?$",
    re.I,
)


def _undated(text: str) -> str:
    """A question without its dates."""
    for pattern in _TIMES:
        while match := pattern.search(text):
            text = _BEFORE_A_TIME.sub("", text[: match.start("when")]) + text[match.end("when") :]
    return " ".join(text.split())


#: Country names and adjectives as people write them, to ISO 3166 codes; "US" and "Polish" are words of their own without capitals.
_NAMES = {name.lower(): code for code, each in COUNTRIES.items() for name in (each.name, *each.others)} | {"us": "US"}
_ADJECTIVES = {adjective.lower(): code for code, each in COUNTRIES.items() for adjective in each.adjectives}
_IN_CAPITALS = {"us": "(?-i:US)", "polish": "(?-i:Polish)"}


def _unnamed(pattern: re.Pattern[str]) -> str:
    """A pattern without its names, to stand in a larger one."""
    return re.sub(r"\?P<\w+>", "?:", pattern.pattern)


def _any_of(names: Iterable[str]) -> str:
    return "|".join(_IN_CAPITALS.get(name) or re.escape(name) for name in sorted(names, key=len, reverse=True))


#: A name behind these is a person's: "Frau Schweizer".
_NO_PERSON = "".join(
    rf"(?<!\b{re.escape(title)}\s)"
    for title in ("Frau", "Herr", "Herrn", "Mr", "Mr.", "Mrs", "Mrs.", "Ms", "Ms.", "Miss", "Dr", "Dr.")
)
_COUNTRY = re.compile(
    rf"(?<!\w){_NO_PERSON}(?:(?P<name>{_any_of(_NAMES)})"
    # "in German" and "auf Deutsch" name a language.
    rf"|(?!(?<=\bin )(?:{_any_of(_ADJECTIVES)})\s*(?:[?.!,;]|$))(?<!\bauf )(?<!\binto )"
    rf"(?P<adjective>{_any_of(_ADJECTIVES)})(?:e[mnrs]?)?(?! express\b))(?!\w)",
    re.IGNORECASE,
)
_IN_COUNTRY = re.compile(
    rf"(?:^|,?\s+)(?:in|im|for|für|from|within|aus)\s+(?:(?:the|der|die|den|dem|das)\s+)?(?:{_unnamed(_COUNTRY)})",
    re.IGNORECASE,
)
#: The code of a country that has no name here, as a choice names it.
_CODE = re.compile(r"\bin ([A-Z]{2})(?!\w)")


def country_name(code: str) -> str:
    """How a country is called in questions; its code where no name of it is known."""
    return COUNTRIES[code].name if code in COUNTRIES else code


def countries_in(text: str) -> frozenset[str]:
    """The codes of the countries that a text names."""
    named = {
        _NAMES[found["name"].lower()] if found["name"] else _ADJECTIVES[found["adjective"].lower()]
        for found in _COUNTRY.finditer(text)
    }
    return frozenset(named | {code for code in _CODE.findall(text) if not {code, code.lower()} & {*COUNTRIES, *_NAMES}})


def placed_in(question: str) -> str | None:
    """The code of the country that a question places itself in: "in France", "for the UK"; None where it names none so, or several."""
    codes = countries_in(" ".join(found.group() for found in _IN_COUNTRY.finditer(question)))
    return next(iter(codes)) if len(codes) == 1 else None


def circumstances(question: str, *, today: date) -> Circumstances:
    """The date and country a question names in plain words: "in May 2023", "on 3 June 2024", "31.05.2023", "last year", "in Germany".

    A year or month alone means its last day, or today where that has not come, or its first where none of it has; two different
    countries mean none. "3/4/2024" is 3 April: an answer says as of when it is. "Before" such a time is the day before it.
    """
    codes = countries_in(question)
    return Circumstances(_as_of(question, today), next(iter(codes)) if len(codes) == 1 else None)


def _as_of(question: str, today: date) -> date | None:
    for pattern, read in ((_DAY, _day), (_MONTH_YEAR, _month), *((years, _year) for years in _YEARS)):
        for match in _named(pattern, question):
            # A day that no month has, such as 31 June, is none: its month may stand for it.
            if span := read(match["when"]):
                first, last = span
                if _EARLIER_THAN.search(question[: match.start("when")]):
                    return first - timedelta(days=1)
                return last if last < today or first == last else max(first, today)
    return date(today.year - 1, 12, 31) if any(_named(_LAST_YEAR, question)) else None


def _day(text: str) -> tuple[date, date] | None:
    day = read_day_first(text)
    return (day, day) if day else None


def _month(text: str) -> tuple[date, date] | None:
    if (found := read_month(text)) is None:
        return None
    year, month = found
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _year(text: str) -> tuple[date, date]:
    return date(int(text), 1, 1), date(int(text), 12, 31)


def _named(pattern: re.Pattern[str], question: str) -> Iterator[re.Match[str]]:
    """Where a question names a date, other than one of somebody's life or the number of a section."""
    return (
        match
        for match in pattern.finditer(question)
        if not _A_PLACE.search(question[: match.start("when")])
        and not _OF_A_LIFE.search(question[: match.start("when")])
        and not _IN_A_LIFE.match(question[match.end("when") :])
    )
