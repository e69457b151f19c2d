from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from assistant.console.wording import COUNTRIES as SHOWN
from assistant.conversation import apart, circumstances, in_country, otherwise, standalone
from assistant.places import countries_in, placed_in
from assistant.records import Turn
from assistant.smalltalk import is_small_talk, is_thanks
from ingest.countries import COUNTRIES

#: Follow-ups over ``corpora/sister``: the questions before, the whole question written by hand, words that answer it.
FOLLOW_UPS = [
    json.loads(line) for line in (Path(__file__).parent / "followups.jsonl").read_text(encoding="utf-8").splitlines()
]
TODAY = date(2026, 6, 15)
LEAVE = [Turn("How many days of annual leave do I get?", "28 days. [1]")]


@pytest.mark.parametrize(
    "text",
    [
        "Hi", "hello there!", "Thanks a lot.", "thank you", "Good morning", "ok", "Guten Tag", "Vielen Dank!", "Perfect, thank you!", "No thanks",
        "ok, got it", "Thanks, that helps!", "Great, thanks a lot for your help!", "That's all", "Understood.", "Good day", "Alles klar, danke!",
        "Vielen Dank für die Auskunft", "Super, das hilft mir weiter", "Nein danke", "Danke, das war's", "Sehr hilfreich, danke",
    ],
)  # fmt: skip
def test_greetings_and_thanks_are_small_talk(text: str) -> None:
    assert is_small_talk(text)
    assert not is_small_talk(f"{text} How much leave do I get?")


@pytest.mark.parametrize(
    ("text", "thanks"),
    [
        ("Thanks!", True),
        ("danke schön", True),
        ("Bye", True),
        ("Hello", False),
        ("Guten Morgen", False),
        ("Good day", False),
        ("Perfect, thank you!", True),
        ("Alles klar, danke!", True),
        ("thanks, and sick pay?", False),
    ],
)
def test_thanks_are_told_from_a_greeting(text: str, thanks: bool) -> None:
    assert is_thanks(text) is thanks


@pytest.mark.parametrize(
    "text", ["hi, how much leave do I get?", "leave", "thanks, and sick pay?", "good leave?", "no", "Is that all?"]
)
def test_questions_are_not_small_talk(text: str) -> None:
    assert not is_small_talk(text)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What about part-timers?", "How many days of annual leave do I get, part-timers?"),
        ("and in Germany?", "How many days of annual leave do I get, in Germany?"),
        ("And when do they lapse?", "when do they lapse? (How many days of annual leave do I get)"),
        ("ok, and for managers?", "How many days of annual leave do I get, for managers?"),
        ("No, I meant unpaid leave", "How many days of unpaid leave do I get?"),
        ("Thanks! And can I sell them?", "can I sell them? (How many days of annual leave do I get)"),
        ("Can I sell them?", "Can I sell them? (How many days of annual leave do I get)"),
    ],
)
def test_follow_up_keeps_its_subject(question: str, expected: str) -> None:
    assert standalone(question, LEAVE) == expected


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        ("How long is notice after 3 years?", "and after 6?", "How long is notice after 6 years?"),
        ("How long is notice after 3 years?", "6 years?", "How long is notice after 6 years?"),
        ("What does clause 4.2 say?", "And 4.3?", "What does clause 4.3 say?"),
        ("Is a gift over £50 allowed?", "£100?", "Is a gift over £100 allowed?"),
        ("What is the rate on Saturday?", "On Sunday?", "What is the rate on Sunday?"),
        ("What is the hotel limit in Berlin?", "and in New York?", "What is the hotel limit in New York?"),
        ("Wie viele Tage bekomme ich nach 3 Jahren?", "Und nach 5?", "Wie viele Tage bekomme ich nach 5 Jahren?"),
        ("Do managers get a car?", "Interns?", "Do Interns get a car?"),
        # What is not the same kind of thing, or one of two, takes no place.
        ("How long is notice after 3 years?", "6 months?", "6 months? (How long is notice after 3 years)"),
        ("Is a gift over £50 allowed?", "and under £20?", "Is a gift over £50 allowed, under £20?"),
        ("May I sell 5 days after 2 years?", "after 3?", "after 3? (May I sell 5 days after 2 years)"),
        ("Who works on Sunday?", "In Berlin?", "In Berlin? (Who works on Sunday)"),
        ("How long is notice after 3 years?", "In probation?", "In probation? (How long is notice after 3 years)"),
    ],
)
def test_another_number_place_or_day_takes_the_place_of_the_one_before(
    before: str, question: str, expected: str
) -> None:
    assert standalone(question, [Turn(before, "")]) == expected


@pytest.mark.parametrize(
    "question", ["Who approves hotel costs above the travel budget?", "How long is the notice period during probation?"]
)
def test_question_with_its_own_subject_stays(question: str) -> None:
    assert standalone(question, LEAVE) == question


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Recordings are kept for 90 days, right?", "Recordings are kept for 90 days?"),
        ("The allowance is £10 a month, isn’t it?", "The allowance is £10 a month?"),
        ("You pay for taxis, don't you", "You pay for taxis?"),
        ("Das sind 30 Tage Urlaub, oder?", "Das sind 30 Tage Urlaub?"),
        ("Is my seat on the left or on the right?", "Is my seat on the left or on the right?"),
        ("Right?", "Right?"),
    ],
)
def test_what_asks_for_a_yes_behind_a_statement_is_left_out(question: str, expected: str) -> None:
    assert standalone(question, []) == expected


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "How many days can I carry over and can I sell leave?",
            ["How many days can I carry over?", "can I sell leave?"],
        ),
        ("How long is probation? Who signs it?", ["How long is probation?", "Who signs it? (How long is probation)"]),
        (
            "Wie lange ist die Probezeit und wann endet die Kündigungsfrist?",
            ["Wie lange ist die Probezeit?", "wann endet die Kündigungsfrist?"],
        ),
        ("Is parking free? And is there a canteen?", ["Is parking free?", "is there a canteen?"]),
        ("Is parking free? Also, when is lunch?", ["Is parking free?", "when is lunch?"]),
        ("Who approves travel & who signs contracts?", ["Who approves travel?", "who signs contracts?"]),
        ("Hi, is parking free and when is lunch?", ["is parking free?", "when is lunch?"]),
        ("Who pays for R & D travel?", None),
        ("Can I work from home and have a second job?", None),
        ("Who must wear a helmet and safety shoes?", None),
        ("Is leave possible in April and May?", None),
        ("What is allowed and what is not allowed?", None),
        ("how many? (How long is leave and can I sell it)", None),
    ],
)
def test_two_questions_in_one_are_taken_apart(question: str, parts: list[str] | None) -> None:
    assert apart(question) == (parts or [question])


@pytest.mark.parametrize(
    ("question", "own"),
    [
        ("What about CCTV?", "CCTV?"),
        ("and sick pay?", "sick pay?"),
        ("What about part-timers?", None),
        ("and in Germany?", None),
        ("And when do they lapse?", None),
        ("Can I sell them?", None),
    ],
)
def test_a_follow_up_may_be_a_question_of_its_own(question: str, own: str | None) -> None:
    assert otherwise(question, LEAVE) == own
    assert otherwise(question, []) is None


def test_follow_up_of_a_follow_up_keeps_the_first_subject() -> None:
    history = [*LEAVE, Turn("What about part-timers?", "In proportion. [1]")]
    assert standalone("and in Germany?", history) == "How many days of annual leave do I get, part-timers, in Germany?"


def test_thanks_in_between_are_no_subject() -> None:
    assert standalone("and in Germany?", [*LEAVE, Turn("Thanks!", "You are welcome.")]) == (
        "How many days of annual leave do I get, in Germany?"
    )


def test_a_country_takes_the_place_of_the_one_before() -> None:
    history = [Turn("How long is maternity leave in Ireland?", "26 weeks. [1]")]
    assert standalone("and in the Netherlands?", history) == "How long is maternity leave, in the Netherlands?"
    history.append(Turn("and in the Netherlands?", "16 weeks. [1]"))
    assert standalone("and in Germany?", history) == "How long is maternity leave, in Germany?"
    assert standalone("and for twins?", history) == "How long is maternity leave, in the Netherlands, for twins?"


@pytest.mark.parametrize("piece", ["in Austria?", "In Germany?", "in den Niederlanden?"])
def test_a_country_takes_the_place_of_one_that_was_a_question_of_its_own(piece: str) -> None:
    history = [Turn("How is overtime paid?", "It depends. [1]"), Turn(piece, "50%. [1]")]
    assert standalone("and in France?", history) == "How is overtime paid, in France?"


def test_even_and_on_top_point_back() -> None:
    assert standalone("Even for part-timers in band 6?", LEAVE) == (
        "How many days of annual leave do I get, for part-timers in band 6?"
    )
    assert "annual leave" in standalone("What does the company grant on top?", LEAVE)


def test_a_date_and_a_country_do_not_stay_with_another_subject() -> None:
    history = [Turn("What was the expense limit for meals in Germany in May 2023?", "€28. [1]")]
    assert standalone("What is my notice period?", history) == "What is my notice period?"


def test_first_question_stays_as_it_is() -> None:
    assert standalone("What about part-timers?", []) == "What about part-timers?"


@pytest.mark.parametrize(
    ("question", "as_of"),
    [
        ("What was the rule in May 2023?", date(2023, 5, 31)),
        ("what applied on 3 June 2024", date(2024, 6, 3)),
        ("as of 2024-02-29?", date(2024, 2, 29)),
        ("on June 3rd, 2024", date(2024, 6, 3)),
        ("How much leave did we get in 2022?", date(2022, 12, 31)),
        ("How much was it last year?", date(2025, 12, 31)),
        ("in June 2026", TODAY),
        ("from January 2027 on?", date(2027, 1, 1)),
        ("How many days do I get in 2026?", TODAY),
        ("What will the limit be in 2027?", date(2027, 1, 1)),
        ("What was the limit before 1 March 2025?", date(2025, 2, 28)),
        ("What applied before March 2025?", date(2025, 2, 28)),
        ("What was the rate prior to 2025?", date(2024, 12, 31)),
        ("Was galt vor dem 1.7.2025?", date(2025, 6, 30)),
        ("Was galt bis zum 30.6.2025?", date(2025, 6, 30)),
        ("What applies to people hired before 2020?", None),
        ("What does Section 3.1.2023 say?", None),
        ("Was regelt Ziffer 3.1.2023?", None),
        ("What did section 4 say on 3.1.2023?", date(2023, 1, 3)),
        ("on 31 June 2024?", date(2024, 6, 30)),
        ("Can I carry over 5 days until 31 March?", None),
        ("Can I carry over unused days from last year?", None),
        ("I started on 1 May 2019. How long is my notice period?", None),
        ("I joined in 2023. How many days do I get?", None),
        ("How do I file my expenses for 2025?", None),
        ("What was the allowance for 2024?", date(2024, 12, 31)),
        ("How long was notice on 1 May 2019 for whoever joined in 2010?", date(2019, 5, 1)),
        ("How much is a hotel for 2000 euros?", None),
        ("What was the rule in Sept 2024?", date(2024, 9, 30)),
        ("What was the rule in Sept. 2024?", date(2024, 9, 30)),
        ("What applied on 31.05.2023?", date(2023, 5, 31)),
        ("What applied on 31/05/2023?", date(2023, 5, 31)),
        ("What applied on 03/04/2023?", date(2023, 4, 3)),
        ("What applied on 3-Mar-2023", date(2023, 3, 3)),
        ("Wie viel Urlaub galt am 3. Juni 2024?", date(2024, 6, 3)),
        ("Was galt im Mai 2023 beim Resturlaub?", date(2023, 5, 31)),
        ("Was galt 2023 für Hotels?", date(2023, 12, 31)),
        ("Wie viele Tage konnte man 2024 übertragen?", date(2024, 12, 31)),
        ("Wie viel gab es im letzten Jahr?", date(2025, 12, 31)),
        ("What did the 2023 travel policy say?", date(2023, 12, 31)),
        ("Was steht in der Reiserichtlinie 2023?", date(2023, 12, 31)),
        ("Was stand in der 2023 gültigen Richtlinie?", date(2023, 12, 31)),
        ("Konnte ich Resturlaub aus 2023 übertragen?", None),
        ("Konnte ich Resturlaub vom letzten Jahr übertragen?", None),
        ("Ich bin seit 1. Mai 2019 hier. Wie lange ist meine Kündigungsfrist?", None),
        ("Ich habe am 01.05.2019 angefangen. Wie viel Urlaub habe ich?", None),
        ("War das Limit 2000 Euro?", None),
        ("When is the 2025 bonus paid?", None),
        ("What was the mileage rate in Q3 2024?", date(2024, 9, 30)),
        ("Which limit held in the 2nd quarter of 2026?", TODAY),
        ("Was galt im 1. Quartal 2024?", date(2024, 3, 31)),
        ("What was the limit before Q3 2024?", date(2024, 6, 30)),
        ("What was the hotel limit last month?", date(2026, 5, 31)),
        ("What was the hotel limit last quarter?", date(2026, 3, 31)),
        ("Wie hoch war das Limit im letzten Monat?", date(2026, 5, 31)),
        ("I worked overtime last month. When is it paid?", None),
        ("What was the notice period two years ago?", date(2024, 6, 15)),
        ("How many days did we get 18 months ago?", date(2024, 12, 15)),
        ("Was galt vor drei Monaten?", date(2026, 3, 15)),
        ("I moved to Berlin two years ago. What is my notice period?", None),
        ("Can I claim a laptop that I bought three months ago?", None),
        ("What was the rule before last year?", date(2024, 12, 31)),
        ("What was the hotel rate in May last year?", date(2025, 5, 31)),
        ("hotel limit last year in May", date(2025, 5, 31)),
        ("How long may last year's days be used?", None),
        ("Was galt im Mai letzten Jahres?", date(2025, 5, 31)),
        ("What was the hotel rate last August?", date(2025, 8, 31)),
        ("I worked overtime last May. When is it paid?", None),
        ("What was the rate in 06/2024?", date(2024, 6, 30)),
        ("What was the mileage rate at the start of 2025?", date(2025, 1, 31)),
        ("Wie hoch war das Kilometergeld Anfang 2025?", date(2025, 1, 31)),
        ("What did a hotel cost in the summer of 2024?", date(2024, 8, 31)),
        ("What held in the first half of 2026?", TODAY),
        ("Must leave be taken by the end of 2026?", None),
        ("I joined in early 2023. How many days do I get?", None),
        ("Two years ago, what was the notice period?", date(2024, 6, 15)),
        ("I bought a laptop three months ago. What do I get?", None),
        ("I got my boots in May 2025. When do I get new ones?", None),
        ("I’ve passed first aid on 3 March 2024, is it still valid?", None),
        ("What was the bonus at Christmas 2024?", date(2024, 12, 31)),
        ("hotel limit for FY2024", date(2024, 12, 31)),
        ("What did we get in the winter of 2024?", date(2024, 12, 31)),
    ],
)
def test_date_in_plain_words(question: str, as_of: date | None) -> None:
    assert circumstances(question, today=TODAY).as_of == as_of


@pytest.mark.parametrize(
    ("question", "country"),
    [
        ("parental leave in Germany", "DE"),
        ("for UK employees", "GB"),
        ("is the German rule different?", "DE"),
        ("Germany or the UK?", None),
        ("How much leave in the U.S.?", "US"),
        ("How much leave do we get in the US?", "US"),
        ("Wie viel Urlaub gibt es in Österreich?", "AT"),
        ("Gilt das österreichische Recht?", "AT"),
        ("Wie lange ist die Elternzeit in den Niederlanden?", "NL"),
        ("Is the handbook available in German?", None),
        ("Gibt es das auf Deutsch?", None),
        ("May I polish my CV at work?", None),
        ("May I pay by American Express?", None),
        ("can you tell us more", None),
        ("Ist Frau Schweizer für die Lohnabrechnung zuständig?", None),
        ("Does Mr. French approve my trip?", None),
        ("Gilt das für Herrn Deutsch in der Schweiz?", "CH"),
        ("How much leave do we get in Northern Ireland?", "GB"),
    ],
)
def test_country_in_plain_words(question: str, country: str | None) -> None:
    assert circumstances(question, today=TODAY).jurisdiction == country


@pytest.mark.parametrize("code", SHOWN)
def test_every_country_of_the_console_is_understood(code: str) -> None:
    for name in (SHOWN[code], *COUNTRIES[code].others):
        question = f"How much parental leave is there in {name}?"
        assert placed_in(question) == code
        assert circumstances(question, today=TODAY).jurisdiction == code
    assert all(countries_in(f"the {adjective} rules") == {code} for adjective in COUNTRIES[code].adjectives)


@pytest.mark.parametrize(
    "question",
    [
        "What is the notice period during probation?",
        "How long is notice during probation in France?",
        "Can I sell them? (How many days of leave do I get)",
        "How many days do I get?",
        "Wie lange ist die Elternzeit?",
    ],
)
@pytest.mark.parametrize("code", ["DE", "LU", "CZ", "US", "KE"])
def test_a_chosen_country_brings_its_own_question_along(question: str, code: str) -> None:
    chosen = in_country(question, code)
    since = [Turn("By when do I have to hand in my expense claim?", "Within 60 days. [1]")]
    assert standalone(chosen, since) == chosen
    assert question.rstrip("?").removesuffix(" in France") in chosen
    assert circumstances(chosen, today=TODAY).jurisdiction == code


def test_a_country_without_a_name_is_understood_by_its_code() -> None:
    assert circumstances("And in GG?", today=TODAY).jurisdiction == "GG"
    assert circumstances("Whom do I call in HR?", today=TODAY).jurisdiction is None


@pytest.mark.model
def test_follow_ups_find_nearly_what_whole_questions_find() -> None:
    from assistant.evidence import distil
    from assistant.quoting import choose
    from corpora.catalog import SISTER
    from evals.library import load_any
    from evals.systems import passages_of
    from retrieval.encoder import load_encoder
    from retrieval.index import PassageIndex
    from retrieval.rerank import load_reranker
    from retrieval.search import Searcher

    encoder = load_encoder()
    corpus = load_any(SISTER, "dev", encoder=encoder).corpus
    searcher = Searcher(
        PassageIndex.build(passages_of(corpus), encoder, windows=True), encoder, reranker=load_reranker()
    )

    def found(question: str, quote: str) -> bool:
        hits = searcher.search(question, k=10).hits
        return any(quote in citation.quote for citation in choose(distil(question, hits, encoder=encoder)))

    joined = [
        found(standalone(row["text"], [Turn(question, "") for question in row["before"]]), row["quote"])
        for row in FOLLOW_UPS
    ]
    assert sum(joined) >= 17


@pytest.mark.parametrize(
    ("follow_up", "as_of"),
    [
        ("And now?", None),
        ("And before 2024?", date(2023, 12, 31)),
        ("And in 2024?", date(2024, 12, 31)),
        ("And in May 2025?", date(2025, 5, 31)),
        ("And since 1 January 2026?", None),
        ("And 2024?", date(2024, 12, 31)),
        ("What about 2024?", date(2024, 12, 31)),
        ("Und 2024?", date(2024, 12, 31)),
        ("2024?", date(2024, 12, 31)),
        ("Und heute?", None),
        ("Und im Mai 2025?", date(2025, 5, 31)),
        ("And on 31/05/2025?", date(2025, 5, 31)),
        ("And in Germany?", date(2023, 6, 3)),
        ("What about part-timers?", date(2023, 6, 3)),
    ],
)
@pytest.mark.parametrize(
    "when", ["on 3 June 2023", "as of 2023-06-03", "on 03.06.2023", "am 3. Juni 2023", "until 3 June 2023"]
)
def test_a_date_takes_the_place_of_the_date_before(follow_up: str, as_of: date | None, when: str) -> None:
    history = [Turn(f"How many days a week could I work from home {when}?", "")]
    assert circumstances(standalone(follow_up, history), today=TODAY).as_of == as_of


def test_a_date_in_front_takes_its_comma_along() -> None:
    history = [Turn("Two years ago, what was the hotel limit?", "110. [1]")]
    assert standalone("And now?", history) == "what was the hotel limit, now?"


def test_a_date_that_is_replaced_takes_its_preposition_along() -> None:
    for when in ("before 1 March 2025", "until 1 March 2025", "vor dem 1.3.2025", "bis zum 1. März 2025"):
        history = [Turn(f"What was the hotel limit {when}?", "110. [1]")]
        assert standalone("And now?", history) == "What was the hotel limit, now?"


@pytest.mark.parametrize(
    ("before", "follow_up", "whole"),
    [
        ("annual leave portugal?", "and in Spain?", "annual leave Spain?"),
        ("pension Germany", "and france?", "pension France?"),
        ("What is Germany's notice period?", "And Portugal?", "What is Portugal's notice period?"),
        ("Spanish notice period", "what about Italy?", "Italy notice period?"),
        ("How long may a trip to Spain be?", "And to Italy?", "How long may a trip to Italy be?"),
        ("notice period in Spain", "and in Italy?", "notice period, in Italy?"),
        ("notice period Spain", "and what about probation?", "notice period Spain, probation?"),
    ],
)
def test_a_country_takes_the_place_of_the_country_before_wherever_that_stands(
    before: str, follow_up: str, whole: str
) -> None:
    assert standalone(follow_up, [Turn(before, "")]) == whole


@pytest.mark.parametrize(
    ("question", "country"),
    [
        ("How long is parental leave in France?", "FR"),
        ("the rules for the UK", "GB"),
        ("Can you polish my slides for a French client?", None),
        ("in France or in Spain?", None),
        ("How much parental leave is there in Czechia?", "CZ"),
        ("Wie viel Elternzeit gibt es in der Schweiz?", "CH"),
        ("Is leave longer in France or the UK?", None),
        ("Elternzeit in Deutschland, Österreich und der Schweiz?", None),
    ],
)
def test_a_question_is_placed_in_a_country(question: str, country: str | None) -> None:
    assert placed_in(question) == country


def test_another_country_takes_the_place_of_two() -> None:
    assert standalone("And in Portugal?", [Turn("Sick pay in Germany and Austria?", "")]) == "Sick pay, in Portugal?"


def test_other_people_take_the_place_of_those_asked_about_before() -> None:
    asked = [Turn("How many days of leave do part-timers get?", "15. [1]")]
    assert standalone("What about interns?", asked) == "How many days of leave do interns get?"
    asked.append(Turn("What about interns?", "10. [1]"))
    assert standalone("And managers?", asked) == "How many days of leave do managers get?"
    leave = [Turn("How many days of leave do I get?", "30. [1]"), Turn("What about interns?", "10. [1]")]
    assert standalone("What about managers?", leave) == "How many days of leave do I get, managers?"
    approval = [Turn("Does my manager have to approve remote work?", "Yes. [1]")]
    assert standalone("What about interns?", approval) == "Does my manager have to approve remote work, interns?"


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        ("How many days of annual leave do I get?", "And sick leave?", "How many days of sick leave do I get?"),
        ("How many days of leave do I get?", "What about unpaid leave?", "How many days of unpaid leave do I get?"),
        ("Who approves travel costs?", "And training costs?", "Who approves training costs?"),
        ("How many days do I get?", "And working days?", "How many working days do I get?"),
        ("Who approves travel costs?", "And my dinner?", "Who approves travel costs, my dinner?"),
        ("Who approves travel costs?", "And costs abroad?", "Who approves travel costs, costs abroad?"),
        ("Can I expense parking?", "And car parking?", "Can I expense parking, car parking?"),
        ("How long is my notice if I leave?", "And sick leave?", "How long is my notice if I leave, sick leave?"),
        ("When may I leave on sick leave?", "And parental leave?", "When may I leave on parental leave?"),
        (
            "How many weeks of notice do I give?",
            "What about two weeks?",
            "How many weeks of notice do I give, two weeks?",
        ),
        ("Am I entitled to leave?", "And sick leave?", "Am I entitled to sick leave?"),
        ("Kann ich Urlaub nehmen?", "Und unbezahlten Urlaub?", "Kann ich unbezahlten Urlaub nehmen?"),
        ("Can I take three weeks off?", "What about four weeks?", "Can I take four weeks off?"),
    ],
)
def test_another_kind_of_the_same_takes_its_place(before: str, question: str, expected: str) -> None:
    assert standalone(question, [Turn(before, "So it is. [1]")]) == expected
