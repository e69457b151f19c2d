"""One word settles it: rules of two countries, and a question that names none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from assistant.answer import Assistant
from assistant.choices import by_country, everywhere, in_other_countries, may_share_matter, own_rules
from assistant.confidence import load_confidence
from assistant.conversation import circumstances
from assistant.evidence import EvidenceSentence
from assistant.places import country_name
from assistant.records import Status, Turn
from retrieval.documents import NewPassage, NewVersion
from retrieval.generations import CurrentIndex, publish
from retrieval.home import Home
from retrieval.records import Hit, Passage, PassageKind, Reading, Scores
from retrieval.store import Store
from tests.fakes import ScriptedModel, WordEncoder


def sentence(text: str, country: str | None, score: float = 1.0) -> EvidenceSentence:
    document = f"d{country}"
    passage = Passage(
        f"{document}.v1.p1", document, f"{document}.v1", "Notice", "notice.md", text, jurisdiction=country
    )
    return EvidenceSentence(passage, 0, len(text), "", score)


GERMAN = sentence("The notice period during probation is two weeks.", "DE")
BRITISH = sentence("The notice period during probation is one week.", "GB", 0.9)


def test_each_country_s_rule_is_offered_where_they_differ() -> None:
    assert by_country([GERMAN, BRITISH], encoder=WordEncoder()) == [GERMAN, BRITISH]


@pytest.mark.parametrize(
    "evidence",
    [
        [GERMAN],
        [GERMAN, sentence("The notice period during probation is two weeks.", "GB")],
        [GERMAN, sentence("Lunch costs six euro in the canteen.", "GB")],
        [GERMAN, sentence("The notice period during probation is one week.", "GB", 0.1)],
        [GERMAN, sentence("The notice period during probation is one week.", None)],
        [sentence("The notice period during probation is a month.", None), GERMAN, BRITISH],
        [],
    ],
    ids=[
        "one country",
        "the same rule",
        "another matter",
        "far below",
        "a rule for everywhere",
        "everywhere first",
        "nothing",
    ],
)
def test_otherwise_nothing_is_asked_back(evidence: list[EvidenceSentence]) -> None:
    assert by_country(evidence, encoder=WordEncoder()) == []


@pytest.mark.parametrize("code", ["DE", "GB", "US", "AT", "LU", "CZ", "KE"])
def test_the_word_that_is_offered_settles_it(code: str) -> None:
    assert circumstances(f"And in {country_name(code)}?", today=date(2026, 1, 1)).jurisdiction == code


def test_an_answer_shows_each_country_s_rule_and_which_it_is(tmp_path: Path) -> None:
    home = Home(tmp_path)
    store = Store.open(home)
    for number, (country, text) in enumerate((("DE", "two weeks"), ("GB", "one week"))):
        passage = NewPassage(f"The notice period during probation is {text}.")
        store.add_version(
            NewVersion(
                title=f"Contract {country}", file=f"{country}.md", source=country, sha256=str(number) * 64, size_bytes=1,
                media_type="text/markdown", passages=(passage,), jurisdiction=country,
            )
        )  # fmt: skip
    publish(home, store, WordEncoder())
    confidence = replace(load_confidence(), threshold=0.0)
    assistant = Assistant(CurrentIndex(home, encoder=WordEncoder().name), WordEncoder(), confidence=confidence)
    asked = assistant.answer("What is the notice period during probation?")
    assert (asked.status, set(asked.choices)) == (Status.PARTIAL, {"DE", "GB"})
    assert asked.text.startswith("That depends on the country:")
    assert "Germany: The notice period during probation is two weeks." in asked.text
    settled = assistant.answer(f"And in {country_name('GB')}?", history=[Turn(asked.question, asked.text)])
    assert settled.choices == ()
    assert "one week" in settled.text
    assert "two weeks" not in settled.text


def test_a_rule_of_one_country_says_so_where_the_asker_has_named_none(tmp_path: Path) -> None:
    home = Home(tmp_path)
    store = Store.open(home)
    texts = {"DE": "Parental leave lasts three years.", "GB": "Holiday is booked in the portal."}
    for number, (country, text) in enumerate(texts.items()):
        store.add_version(
            NewVersion(
                title=f"Rules {number}", file=f"{country}.md", source=country, sha256=str(number) * 64, size_bytes=1,
                media_type="text/markdown", passages=(NewPassage(text),), jurisdiction=country,
            )
        )  # fmt: skip
    publish(home, store, WordEncoder())
    model = ScriptedModel("Parental leave lasts three years.")
    confidence = replace(load_confidence(), threshold=0.0)
    assistant = Assistant(
        CurrentIndex(home, encoder=WordEncoder().name), WordEncoder(), confidence=confidence, model=model
    )
    asked = assistant.answer("How long is parental leave?")
    assert asked.text == "Rules 0 says:\n\nGermany: Parental leave lasts three years. [1]"
    settled = assistant.answer("How long is parental leave in Germany?")
    assert settled.text == "Parental leave lasts three years. [1]"


def home_with(tmp_path: Path, texts: dict[str | None, str]) -> Assistant:
    """An assistant over a document for each country; None is everywhere."""
    home = Home(tmp_path)
    store = Store.open(home)
    for number, (country, text) in enumerate(texts.items()):
        store.add_version(
            NewVersion(
                title=f"Rules {number}", file=f"{number}.md", source=str(number), sha256=str(number) * 64, size_bytes=1,
                media_type="text/markdown", passages=(NewPassage(text),), jurisdiction=country,
            )
        )  # fmt: skip
    publish(home, store, WordEncoder())
    confidence = replace(load_confidence(), threshold=0.0)
    return Assistant(CurrentIndex(home, encoder=WordEncoder().name), WordEncoder(), confidence=confidence)


def test_the_only_country_s_rule_says_so_beside_rules_for_everywhere(tmp_path: Path) -> None:
    texts = {"DE": "Parental leave lasts three years.", None: "Holiday is booked in the portal."}
    asked = home_with(tmp_path / "two", texts).answer("How long is parental leave?")
    assert asked.text == "Rules 0 says:\n\nGermany: Parental leave lasts three years. [1]"
    # Where everything is for one country, nobody has to be told.
    alone = home_with(tmp_path / "one", {"DE": "Parental leave lasts three years."}).answer(
        "How long is parental leave?"
    )
    assert "Germany" not in alone.text


def test_a_country_s_rule_is_offered_beside_the_rule_for_everywhere_that_it_replaces(tmp_path: Path) -> None:
    texts = {
        None: "The notice period during probation is one week.",
        "DE": "The notice period during probation is two weeks.",
    }
    assistant = home_with(tmp_path, texts)
    asked = assistant.answer("What is the notice period during probation?")
    assert (asked.status, asked.choices) == (Status.PARTIAL, ("DE",))
    assert asked.text.startswith("That depends on the country:")
    assert "Germany: The notice period during probation is two weeks." in asked.text
    assert "\n\nThe notice period during probation is one week." in asked.text
    settled = assistant.answer("And in Germany?", history=[Turn(asked.question, asked.text)])
    assert (settled.status, settled.choices) == (Status.ANSWERED, ())
    assert "one week" not in settled.text


def test_a_country_s_own_rule_takes_the_place_of_the_rule_for_everywhere() -> None:
    everywhere = sentence("Employees are entitled to 26 days of annual leave a year.", None, 2.9)
    managers = sentence("Managers are entitled to 28 days of annual leave a year.", None, 2.6)
    here = sentence("Employees in Germany are entitled to 30 days of annual leave a year.", "DE", 2.3)
    other = sentence("Unused days lapse on 31 March.", None, 2.2)
    found = own_rules([everywhere, managers, here, other], "DE", encoder=WordEncoder())
    assert found == [replace(here, score=2.9), managers, other]
    assert own_rules([everywhere, managers, other], "DE", encoder=WordEncoder()) == [everywhere, managers, other]
    same = sentence("Employees in Germany are entitled to 26 days of annual leave a year.", "DE", 2.3)
    assert own_rules([everywhere, same], "DE", encoder=WordEncoder()) == [everywhere, same]


def test_a_sentence_that_leans_on_another_takes_no_rule_s_place() -> None:
    of_probation = sentence("During probation this is six months.", None, 2.9)
    of_notice = sentence("During probation it is two months.", "DE", 2.6)
    assert own_rules([of_probation, of_notice], "DE", encoder=WordEncoder()) == [of_probation, of_notice]


def hit(text: str, heading: str, *, kind: PassageKind = PassageKind.CLAUSE, country: str | None = None) -> Hit:
    passage = replace(sentence(text, country).passage, section_path=("Handbook", heading), kind=kind)
    return Hit(1, 1.0, passage, Scores())


def test_beside_a_country_s_rule_stands_what_holds_everywhere_else_however_low_it_was_found() -> None:
    german = hit("Employees receive 30 days of annual leave a year.", "1 Annual leave", country="DE").passage
    rule = EvidenceSentence(german, 0, len(german.text), "", 2.0)
    lasts = "The leave year ends in March."
    general = hit(f"{lasts} Full-time employees receive 27 days of annual leave a year.", "2.1 Annual leave")
    bought = hit("Employees receive 5 days of annual leave a year for money.", "2.4 Buying")
    found = everywhere(rule, [bought, general], encoder=WordEncoder())
    assert found is not None
    assert found.quote == "Full-time employees receive 27 days of annual leave a year."
    assert everywhere(rule, [bought], encoder=WordEncoder()) is None
    assert everywhere(rule, [hit(lasts, "2.1 Annual leave")], encoder=WordEncoder()) is None
    same = hit("Full-time employees receive 30 days of annual leave a year.", "2.1 Annual leave")
    assert everywhere(rule, [same], encoder=WordEncoder()) is None
    of_all = EvidenceSentence(general.passage, 0, len(lasts), "", 2.0)
    assert everywhere(of_all, [general], encoder=WordEncoder()) is None


def test_beside_a_country_s_rule_stand_those_of_other_countries_however_low_they_were_found() -> None:
    def read(text: str, country: str, log_odds: float = 2.0, heading: str = "3 Sick pay", **fields: PassageKind) -> Hit:
        return replace(hit(text, heading, country=country, **fields), reading=Reading(log_odds, 0, 1))

    irish = read("Sick pay is full pay for four weeks. Those with less service get less of this.", "IE").passage
    leaning = irish.text.index("Those")
    best = EvidenceSentence(irish, leaning, len(irish.text), "", 2.0)
    rows = "Service: one year; sick pay is full pay for 2 weeks\nService: more; sick pay is full pay for 9 weeks"
    british = read(rows, "GB", kind=PassageKind.TABLE)
    polish = read("Sick pay is full pay for six weeks.", "PL")
    found = in_other_countries(best, [polish, british], encoder=WordEncoder())
    assert [side.quote for side in found] == [best.quote, polish.passage.text, rows]
    for other in (
        read("Sick pay is full pay for six weeks.", "PL", log_odds=-1.0),
        read("Sick pay is full pay for six weeks.", "PL", heading="4 Parking"),
        read("Sick pay is full pay for six weeks.", "IE"),
        read("Sick pay is full pay for four weeks.", "PL"),
        hit("Sick pay is full pay for six weeks.", "3 Sick pay", country="PL"),
    ):
        assert in_other_countries(best, [other], encoder=WordEncoder()) == []


def test_of_a_table_that_holds_everywhere_else_every_row_is_shown() -> None:
    german = hit("Notice to be given after probation: 3 months", "3 Notice", country="DE").passage
    rule = EvidenceSentence(german, 0, len(german.text), "", 2.0)
    table = hit(
        "Notice to be given after probation: 1 month\nNotice after five years: 2 months",
        "4.2 Notice",
        kind=PassageKind.TABLE,
    )
    found = everywhere(rule, [table], encoder=WordEncoder())
    assert found is not None
    assert found.quote == table.passage.text


def test_every_country_s_rule_stands_beside_the_rule_for_everywhere(tmp_path: Path) -> None:
    texts = {
        None: "The notice period during probation is one week.",
        "DE": "The notice period during probation is two weeks here.",
        "PT": "The notice period during probation is three weeks here.",
    }
    asked = home_with(tmp_path, texts).answer("What is the notice period during probation?")
    assert set(asked.choices) == {"DE", "PT"}
    assert all(number in asked.text for number in ("one week.", "two weeks", "three weeks"))


def test_rules_under_headings_without_a_word_in_common_are_no_choice(tmp_path: Path) -> None:
    home = Home(tmp_path)
    store = Store.open(home)
    rules = (
        (None, "4.1 Probation", "The time of probation is six months."),
        ("DE", "3 Notice", "The time of notice in probation is three months."),
    )
    for number, (country, heading, text) in enumerate(rules):
        passage = NewPassage(text, section_path=(heading,))
        store.add_version(
            NewVersion(
                title=f"Rules {number}", file=f"{number}.md", source=str(number), sha256=str(number) * 64, size_bytes=1,
                media_type="text/markdown", passages=(passage,), jurisdiction=country,
            )
        )  # fmt: skip
    publish(home, store, WordEncoder())
    confidence = replace(load_confidence(), threshold=0.0)
    assistant = Assistant(CurrentIndex(home, encoder=WordEncoder().name), WordEncoder(), confidence=confidence)
    asked = assistant.answer("How long is probation?")
    assert (asked.status, asked.choices) == (Status.ANSWERED, ())
    assert asked.text.startswith("Rules 0")


def test_headings_share_a_matter_by_a_word_or_where_one_is_missing() -> None:
    leave, notice = hit("a", "2.1 Annual leave").passage, hit("b", "3 Notice").passage
    assert may_share_matter(leave, hit("c", "1 Leave").passage)
    assert may_share_matter(leave, replace(notice, section_path=()))
    assert not may_share_matter(leave, notice)
