"""Whether a question goes on from the one before it, or names a subject of its own: English and German.

It goes on where it opens as going on ("and", "what about"), is a piece of a sentence ("for part-timers?"), points at something
that it does not name ("can I sell them?"), or names no subject at all ("how many days?").
"""

from __future__ import annotations

import re
from itertools import pairwise

from retrieval.terms import terms

#: What people say before they go on: thanks, agreement, a correction.
_POLITE = (
    r"(?:(?:ok(?:ay)?|thanks?(?: you)?|great|perfect|got it|i see|good|right|no|yes|sorry|actually|danke|gut|super|prima|perfekt|verstehe"
    r"|alles klar|nein|ja)\b[,.!;\s]+)*"
)
_POLITELY = re.compile(f"^{_POLITE}", re.IGNORECASE)
_WHAT_ABOUT = re.compile(
    rf"^{_POLITE}(?:and|or|but|so|und|aber|oder)?[,\s]*"
    r"(?:(?:(?:what|how)\s+about|i\s+meant?|ich\s+meinte?|was\s+ist\s+mit|wie\s+steht\s+es\s+(?:mit|um))\s+(?P<rest>.+)"
    r"|wie\s+(?:ist|sieht|schaut)(?:\s+es|\s+das|['’]s)\s+(?:denn\s+)?(?:mit\s+)?(?P<german>.+?)(?:\s+aus)?[?!.\s]*)$",
    re.IGNORECASE,
)
_AND = re.compile(
    rf"^{_POLITE}(?:(?:and|or|but|also|even|only|und|aber|oder|auch|sogar|nur)\b[,\s]+)+(?P<rest>.+)$", re.IGNORECASE
)
_QUESTION_WORD = re.compile(
    r"^(?:who|whom|whose|what|when|where|why|how|which|can|could|do|does|did|is|are|am|was|were|will|would|should|shall|may|might|must|have|has"
    r"|wer|wem|wen|wessen|was|wann|wo|woher|wohin|warum|wieso|weshalb|wie|welche[mnrs]?|ab wann|bis wann|darf|dürfen|kann|können|könnte|muss|müssen"
    r"|soll|sollte|sollen|will|wollen|habe|haben|hat|bin|ist|sind|wird|werden|gilt|gelten|gibt|bekomme|bekommen|bekommt|brauche|brauchen)\b",
    re.IGNORECASE,
)
#: A sentence that is not whole without the one before: a condition, or a case that is put.
_CONDITION = re.compile(r"^(?:what\s+if|if|unless|was\s+(?:ist|passiert),?\s+wenn|wenn|falls)\b(?!.*,)", re.IGNORECASE)
_PREPOSITION = re.compile(
    r"^(?:in|for|from|at|on|by|to|with|without|within|during|after|before|since|until|till|under|over|above|below|between|per|of|as|despite|outside"
    r"|für|im|am(?!\s+i\b)|bei|beim|mit|ohne|während|nach|vor|ab|seit|aus|zu|zum|zur|trotz|wegen|bis|von|vom|unter|über|auf|innerhalb|außerhalb)\s+",
    re.IGNORECASE,
)
_SOMEWHERE_A_CLAUSE = re.compile(
    r"\b(?:what|when|where|why|how|which|can|could|do|does|did|is|are|am|was|were|will|would|should|may|might|must|have|has"
    r"|was|wann|wo|warum|wie|welche[mnrs]?|darf|dürfen|kann|können|könnte|muss|müssen|soll|sollte|habe|haben|hat|bin|ist|sind|wird|werden"
    r"|gilt|gelten|gibt|bekomme|bekommen|bekommt|brauche|brauchen)\b",
    re.IGNORECASE,
)
#: Says where or as what somebody works, and asks nothing.
_OF_ONESELF = re.compile(
    r"^(?:(?:i|we)(?:\s+(?:am|are|only)|['’](?:m|re))*\s+(?:work|working|live|living|based|employed)|ich\s+(?:arbeite|wohne|lebe))\b(?P<more>(?:\s+[\w-]+){1,5})\W*$",
    re.IGNORECASE,
)
#: "people who are on probation": a clause that belongs to a noun.
_WHO_ARE = re.compile(r"(?:\bwho(?:se)?\b|,\s*d(?:ie|er|en|eren|essen)\b)[^,?]*", re.IGNORECASE)

#: Points at a whole matter; it is only in the question itself where another clause of it comes before.
_THAT = re.compile(
    r"\b(?:this|these)\b(?!\s+(?:year|month|week|quarter|spring|summer|autumn|fall|winter|company|firm|organi[sz]ation|job|role|building|chat|tool|time))"
    r"|\bthose\b(?!\s+(?:who|of|that|which))"
    # No conjunction ("report that a …") and no relative ("days that are left").
    r"|(?:^|\b(?:is|are|was|were|do|does|did|can|could|will|would|may|must|should|has|have|if|when|how|why|who|for|about|of|with|without|on|like|after"
    r"|before|during|under|from|by|at|to|in|than|change|changes|get|use|approves?|decides?|pays?|mean|means|say|says|explain|apply|applies))\s+that\b"
    r"(?!\s+(?:i|you|we|they|he|she|it|a|an|my|our|your|their|somebody|someone|nobody|there)\b)"
    r"|\bthat\s*(?:[?.!,]|$)"
    r"|\bsuch(?:\s+an?)\b|\b(?:afterwards|likewise|the latter|the former|that case)\b|\b(?:instead|on top)\b(?!\s+of)|\b(?:if|why|how|do|does|think)\s+so\b"
    r"|\bthen\s*(?:[?.!,]|$)|^then\b|\bsame\s*(?:[?.!,]|$)|^(?:the\s+)?same\b"
    r"|(?<!if )(?<!is )(?<!are )(?<!was )(?<!were )(?<!be )\bthere\s*(?:[?.!,]|$)"
    r"|\bdiese[mnrs]?\b(?!\s+(?:jahr|monat|woche|quartal|firma|unternehmen|chat))|\bsolche[mnrs]?\b|\b(?:danach|stattdessen|dort)\b"
    r"|(?<!,)(?:^|\s)(?:dafür|davon|dabei|darüber|dazu|damit|daran|darauf|hierfür|hierzu)\b(?!,)"
    r"|(?<!,)(?:^|\s)(?:die|der|den|dem|denen)\s*(?:[?.!]|$)"
    r"|(?<!,)(?:^|\s)das(?=\s*(?:[?!.,]|$)|\s+(?:auch|für|in|im|bei|mit|nicht|dann|noch|denn|eigentlich|schon|wirklich|genau|immer|nur|so|ohne|ab|nach|vor|von"
    r"|zu|am|oder|und|ist|gilt|geregelt|bezahlt|erlaubt|verboten|möglich|genehmigen|beantragen|mein|meine|ich|man|wir|jemand|alles|als|wie|anders)\b)",
    re.IGNORECASE,
)
#: Points at a thing or at people, which the question may have named before. "IT" is a department and "Sie" is whoever answers.
_IT = re.compile(
    r"\b(?:it|It|its|Its|one(?=\s*(?:[?.!,]|$))|ones|(?i:they|them|their|theirs|he|she|him|her|his|both)|sie|ihn|ihm|ihnen|ihr|ihre|es|Es)\b"
)
#: "is it allowed to", "how long does it take until", "gibt es": the word stands for nothing.
_FOR_NOTHING = re.compile(
    r"\bit\s+(?:(?:ok(?:ay)?|fine|allowed|permitted|possible|necessary|required|compulsory|mandatory|forbidden|legal|illegal|safe|worth|better|best|enough|normal"
    r"|true|correct|acceptable|needed|right|wrong|take|takes|took|mean|means|matter|matters)\b)[^.?!]*?\b(?:to|that|if|whether|until|till|before|for|when)\b"
    r"|\bgibt'?s?\s+es\b|\bes\s+gibt\b|\bgeht\s+es\s+um\b"
    r"|\bes\s+(?:erlaubt|möglich|nötig|notwendig|verboten|pflicht|in ordnung|okay|ok|besser|richtig|üblich|gestattet)\b[^.?!]*?\b(?:zu|dass|wenn|ob)\b"
    r"|\bdauert\s+es\b[^.?!]*?\bbis\b",
    re.IGNORECASE,
)
#: A verb by its place: "can I sell", "who buys", "to return".
_VERB = re.compile(
    r"\b(i|you|we|they|to|who|not|never|ich|du|wir|man|wer|wann|wie|wo|warum|nicht)\s+[^\W\d_]+", re.IGNORECASE
)
_END_OF_A_CLAUSE = re.compile(r"[.;:!?,–—]")

#: Words that leave open what a question is about: grammar, measures, what can be asked of any rule, what can be done with
#: anything, the document itself.
_NO_SUBJECT = frozenset(
    terms(
        """
        may might must shall should cannot don doesn didn isn aren wasn weren won wouldn couldn shouldn haven hasn hadn m re ve ll d ok okay please
        thanks thank yes no not never ever else any some each every both either neither other another more less most least few fewer many much lot
        several enough again still already yet just only even really sure exactly normally usually always often sometimes soon early earlier late later
        long longer short shorter high higher low lower big bigger large small extra upper lower total full half whole old new own different same
        usual general maybe perhaps too well back off ago next last first second third once twice two three four five six seven eight nine ten now today tomorrow yesterday currently before after
        within without during since until till under over above below between per despite instead let us me myself yourself anything something nothing
        everything thing stuff way case kind sort type part point fact per top good better best bad worse possible necessary allowed permitted required mandatory
        true right wrong correct okay fine abroad here elsewhere anywhere everywhere somewhere monday tuesday wednesday thursday friday saturday sunday
        weekend january february march april june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec
        ich du wir ihr es sie ihn man mich mir dich dir uns euch ihnen mein meine meinem meinen meiner sein ist sind bin war waren wird werden würde wurde worden
        habe hat haben hatte hatten gehabt kann können könnte könnten darf dürfen dürfte muss müssen müsste soll sollen sollte will wollen möchte mag der die das
        den dem des ein eine einen einem einer eines kein keine keinen keiner und oder aber auch nur sogar noch schon immer nie nicht nichts etwas alles alle jede
        jeder jedes jeden wer wem wen wessen was wann wo woher wohin warum wieso weshalb wie welche welcher welches welchen welchem viel viele vielen wenig
        weniger mehr oft lange lang länger früh früher spät später bald hoch höher höchstens mindestens maximal minimal genau denn dann doch mal bitte danke ja nein
        in im an am auf aus bei beim bis für gegen mit nach ohne seit über unter um von vom vor während wegen zu zum zur zwischen trotz ab pro je sonst ob wenn
        falls weil dass als so sehr ganz gleich gleiche gleichen selbst selber eigentlich wirklich hier heute jetzt morgen gestern derzeit aktuell
        zwei drei vier fünf sechs sieben acht neun zehn montag dienstag mittwoch donnerstag freitag samstag sonntag wochenende januar februar märz mai juni juli oktober dezember

        number amount sum figure value level size share rate percent percentage quota limit cap ceiling maximum minimum max min range threshold age hour hourly
        day daily week weekly month monthly quarter year yearly annual annually minute time date deadline duration euro euros pound pounds dollar dollars eur gbp
        usd km kilometre mile cost costs price money sum zahl anzahl höhe betrag summe grenze obergrenze höchstbetrag anteil satz prozent tag tage tagen täglich
        woche wochen wöchentlich monat monate monaten monatlich jahr jahre jahren jährlich stunde stunden minute uhr zeit frist dauer alter geld kosten preis

        rule rules policy policies regulation document documents section clause page paragraph chapter source sentence text wording version detail details example
        information info answer question condition conditions requirement requirements exception exceptions restriction restrictions reason reasons difference
        consequence consequences proof evidence form forms approval permission consent procedure process step steps
        regel regeln regelung regelungen richtlinie dokument dokumente abschnitt klausel seite kapitel quelle text beispiel information antwort frage bedingung
        bedingungen voraussetzung voraussetzungen ausnahme ausnahmen grund gründe unterschied folgen nachweis formular genehmigung zustimmung ablauf schritt schritte

        get gets got give gives given take takes taken taking need needs use used using go goes going come comes make makes made happen happens apply applies
        applied ask asks asked tell tells told say says said know find look see show explain hear contact speak think mean means want like try put keep kept
        pay pays paid cost costs cover covered count counts qualify entitled eligible receive receives earn approve approves approved decide decides
        decided sign signs signed confirm check request requested sell change cancel extend postpone refuse refused reject decline return submit send
        book booked claim register notify inform enrol responsible file hand repay reimburse reimbursed transfer miss forget start starts begin begins end ends last lasts
        bekomme bekommen bekommt kriege kriegen kriegt erhalte erhalten erhält gebe geben gibt gegeben nehme nehmen nimmt genommen brauche brauchen braucht nutzen
        gehe gehen geht komme kommen kommt mache machen macht tun tue passiert gilt gelten gültig heißt bedeutet frage fragen sage sagen sagt steht finde finden
        finde zeige zeigen erkläre erklären wissen weiß zahle zahlen zahlt bezahlt bezahlen übernimmt genehmigt genehmigen genehmigt entscheidet entscheiden
        unterschreiben unterschreibt beantrage beantragen beantragt verkaufen ändern ändert ändere verlängern verschieben stornieren ablehnen abgelehnt einreichen
        reiche schicken melden buche buchen informiere informieren zuständig schriftlich dauert beginnt endet möglich nötig notwendig erlaubt verboten anders mehr

        company employer firm organisation organization hr department team firma unternehmen arbeitgeber betrieb abteilung personalabteilung
        """
    )
)
#: Whom a rule is for.
_PEOPLE = frozenset(
    terms(
        """
        people person everybody everyone anybody anyone somebody someone nobody employee employees staff worker workers colleague colleagues manager managers
        supervisor boss executive executives director directors lead leads partner partners intern interns trainee trainees apprentice apprentices student
        students contractor contractors freelancer freelancers consultant consultants temp temps temporary agency volunteer volunteers starter starters joiner
        joiners hire hires senior junior man men woman women father fathers mother mothers parent parents part timer timers time full band grade
        mitarbeiter mitarbeitern mitarbeiterin mitarbeiterinnen mitarbeitende mitarbeitenden angestellte angestellten beschäftigte beschäftigten
        teilzeit vollzeit teilzeitkraft teilzeitkräfte teilzeitkräften teilzeitbeschäftigte teilzeitbeschäftigten praktikant praktikanten praktikantin
        praktikantinnen auszubildende auszubildenden azubi azubis werkstudent werkstudenten werkstudentin führungskraft führungskräfte führungskräften
        vorgesetzte vorgesetzten vorgesetzter chef chefin kollege kollegen kollegin leiharbeiter leiharbeitnehmer freiberufler freelancer leute personen väter
        vätern mütter müttern vater mutter eltern
        """
    )
)
_OF_SOMEBODY = re.compile(
    r"my|your|our|his|her|their|the|an?|mein\w*|ihr\w*|unser\w*|der|die|das|dem|den|eine?\w*", re.IGNORECASE
)
#: Of these, what says something only beside another: "part", "time".
_OF_SOME_PEOPLE = frozenset(
    terms("part full time band grade agency lead leads partner partners hire hires teilzeit vollzeit")
)
#: So many words make a case a question of its own: "what if I lose my laptop?", but not "what if I resign?".
_ENOUGH = 2


def opening(question: str) -> str | None:
    """What stands behind "and", "what about" and their like at the beginning; None where it does not begin so."""
    match = _WHAT_ABOUT.match(question)
    if match:
        return match["rest"] or match["german"]
    match = _AND.match(question)
    return match["rest"] if match else None


def is_clause(text: str) -> bool:
    """Whether it begins as a whole question does."""
    return bool(_QUESTION_WORD.match(text))


def people_named(text: str) -> list[str]:
    """The words for those that a rule is for, as they stand: "part-timers", "managers", but not the manager of somebody."""
    words = re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", text)
    return [word for before, word in pairwise(["", *words]) if _are_people(word) and not _OF_SOMEBODY.fullmatch(before)]


def _are_people(word: str) -> bool:
    stems = terms(word)
    return bool(stems) and _PEOPLE.issuperset(stems) and not _OF_SOME_PEOPLE.issuperset(stems)


def goes_on(question: str) -> bool:
    """Whether a question cannot be understood without the one before it.

    :param question: with a number in place of each country: where is no subject.
    """
    rest = opening(question)
    if rest is not None:
        # "And when is probation over?" is whole; "and dinner?" and "what about dinner?" are not.
        return _WHAT_ABOUT.match(question) is not None or not is_clause(rest) or goes_on(rest)
    question = _POLITELY.sub("", question)
    if _CONDITION.match(question):
        return len(_subject(question)) < _ENOUGH or _points_back(question)
    about_oneself = _OF_ONESELF.match(question)
    if about_oneself and not _SOMEWHERE_A_CLAUSE.search(about_oneself["more"]):
        return True
    return not _subject(question) or _is_fragment(question) or _points_back(question)


def _subject(text: str) -> list[str]:
    """The terms that say what a text is about: neither for whom nor how much of it."""
    return [term for term in _nouns(text) if term not in _PEOPLE]


def _nouns(text: str) -> list[str]:
    return [term for term in terms(text) if term not in _NO_SUBJECT and not term[0].isdigit()]


def _is_fragment(question: str) -> bool:
    """Whether it is a prepositional phrase and nothing else: "for hotels?", "während der Probezeit?"."""
    opened = _PREPOSITION.match(question)
    return opened is not None and not _SOMEWHERE_A_CLAUSE.search(_WHO_ARE.sub("", question[opened.end() :]))


def _points_back(question: str) -> bool:
    for match in _THAT.finditer(question):
        clauses = list(_END_OF_A_CLAUSE.finditer(question, 0, match.start() + 1))
        if not clauses or not _subject(question[: clauses[-1].start()]):
            return True
    bare = _FOR_NOTHING.sub(lambda match: " " * len(match.group()), question)
    for match in _IT.finditer(bare):
        named = _VERB.sub(r"\1", bare[: match.start()])
        if not (_subject(named) if match.group().lower() in ("it", "its", "es", "one", "ones") else _nouns(named)):
            return True
    return False
