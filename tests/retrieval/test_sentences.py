from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.sentences import leans_back, limits, sentence_spans, unwrapped


def sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ask HR. They know.", ["Ask HR.", "They know."]),
        ("See clause 4.2 first. Then ask.", ["See clause 4.2 first.", "Then ask."]),
        (
            "4.2 Leave is 28 days. Ask Dr. Meyer, e.g. by mail.",
            ["4.2 Leave is 28 days.", "Ask Dr. Meyer, e.g. by mail."],
        ),
        ("3. Notice\nOne month.", ["3. Notice", "One month."]),
        ("Is it paid? Yes!", ["Is it paid? Yes!"]),
        ("Carry over? Yes. Ask first. Then go.", ["Carry over? Yes. Ask first.", "Then go."]),
        ("Q: Is it?\nA: No. It lapses.", ["Q: Is it?\nA: No. It lapses."]),
        ("Is it? No.\nIs that? Yes. Ask.", ["Is it? No.", "Is that? Yes. Ask."]),
        ("Is it? No. Is that? Yes.\nAsk.", ["Is it? No.", "Is that? Yes.", "Ask."]),
        ("Darf ich? Ja. Frag erst.", ["Darf ich? Ja. Frag erst."]),
        ("Sie gilt. Überstunden nicht.", ["Sie gilt.", "Überstunden nicht."]),
        ("C'est payé. À demain.", ["C'est payé.", "À demain."]),
        ("Er sagte „nein.“ „Ämter“ auch.", ["Er sagte „nein.“", "„Ämter“ auch."]),
        ("Es gilt ca. übermorgen.", ["Es gilt ca. übermorgen."]),
        ("Resturlaub verfällt am 31. März. Danach nicht.", ["Resturlaub verfällt am 31. März.", "Danach nicht."]),
        ("Zwischen 24. Dezember und 1. Feb. ist zu. Ja.", ["Zwischen 24. Dezember und 1. Feb. ist zu.", "Ja."]),
        (
            "Ab dem 4. Tag gilt § 3 Abs. 2 Satz 1. Sonst nicht.",
            ["Ab dem 4. Tag gilt § 3 Abs. 2 Satz 1.", "Sonst nicht."],
        ),
        (
            "Kosten, z. B. Taxi inkl. Trinkgeld, d. h. Nebenkosten. Ja.",
            ["Kosten, z. B. Taxi inkl. Trinkgeld, d. h. Nebenkosten.", "Ja."],
        ),
        ("The limit is 30. Ask HR by 5 p.m. Then go.", ["The limit is 30.", "Ask HR by 5 p.m.", "Then go."]),
        ("休暇は二十日。申請が必要です。", ["休暇は二十日。", "申請が必要です。"]),
        ("「可です。」詳細は人事部まで！以上", ["「可です。」", "詳細は人事部まで！", "以上"]),
        ("有給ですか？はい。", ["有給ですか？はい。"]),
        ("", []),
        (" \n--\n", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_short_list_stays_with_its_lead_in() -> None:
    assert sentences("You need:\n- a form\n- a receipt\nSend both.") == [
        "You need:\n- a form\n- a receipt",
        "Send both.",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Employees must not\n- smoke\n- drink\nAsk first.", ["Employees must not\n- smoke\n- drink", "Ask first."]),
        ("Free parking\n1. the ill\n2. visitors", ["Free parking\n1. the ill\n2. visitors"]),
        ("Ask first.\nYou must not\n- Smoke.\n- Drink.", ["Ask first.", "You must not\n- Smoke.\n- Drink."]),
        ("It ends here.\n- smoke\n- drink", ["It ends here.", "- smoke", "- drink"]),
        ("Notice\n1. It is a month.\n2. It is long.", ["Notice", "1. It is a month.", "2. It is long."]),
        ("- smoke\nin cars\n- drink", ["- smoke", "in cars", "- drink"]),
    ],
)
def test_half_a_sentence_opens_the_list_that_completes_it(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_item_of_a_long_list_carries_its_lead_in() -> None:
    text = "You need:\n" + "\n".join(f"- item {n} {'x' * 60}" for n in range(10))
    spans = sentence_spans(text)
    assert len(spans) == 10
    assert {span.lead_in for span in spans} == {"You need:"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("To apply:\nSend the form to Payroll. They answer.\nKeep a copy.", ["To apply:\nSend the form to Payroll. They answer.", "Keep a copy."]),
        ("You must:\nwork here\nbe ill\nAsk first.\nThen wait.", ["You must:\nwork here\nbe ill\nAsk first.", "Then wait."]),
        (f"You must:\n{'x ' * 300}", ["You must:", ("x " * 300).strip()]),
        ("The following applies:", ["The following applies:"]),
        ("4.1 Limits a night:\n4.2 At fairs they rise.", ["4.1 Limits a night:", "4.2 At fairs they rise."]),
    ],
)  # fmt: skip
def test_a_colon_keeps_what_it_opens(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("sentence", "leans", "limited"),
    [
        ("It may be extended once.", True, False),
        ("However, managers may agree to more.", True, True),
        ("Unless the manager agrees, this is all.", False, True),
        ("It is prohibited to bring bicycles in.", False, False),
        ("It is required in writing.", True, False),
        ("After that, one remote day a week is possible.", True, False),
        ("If there is no decision after that, the request counts as approved.", True, False),
        ("If you ask for that form, payroll sends it.", False, False),
        ("After probation the notice period is three months.", False, False),
        ("Thistles are no gift.", False, False),
        ("Dies gilt nicht für Dienstreisen.", True, True),
        ("Diese Regelung gilt nicht für Azubis.", True, True),
        ("Danach verfällt er.", True, False),
        ("Ausgenommen sind Auszubildende.", False, True),
        ("(2) Ausnahmen genehmigt die Leitung.", False, True),
        ("Das Notebook gehört der Firma.", False, False),
        ("Das gilt auch für Azubis.", True, False),
        ("In diesem Fall genügt eine E-Mail.", True, False),
        ("Sonstige Kosten trägt die Firma.", False, False),
        ("During probation it is two weeks.", True, True),
        ("At company events, it is allowed after 17:00.", True, True),
        ("During probation it is not permitted to work abroad.", False, False),
        ("In the clean rooms you wear a hood.", False, False),
        ("Während der Probezeit beträgt sie zwei Wochen.", True, True),
        ("Bei Krankheit müssen Sie anrufen.", False, False),
        ("It requires the approval of the head of department.", True, True),
        ("They must be taken within three months.", True, True),
        ("Dies bedarf der Zustimmung der Leitung.", True, True),
        ("It pays a full salary.", True, False),
        ("They are never allowed in the clean rooms.", True, True),
        ("It does not include breakfast.", True, True),
        ("Children may not.", True, True),
        ("Site staff may not, except planners on one day a week.", True, True),
        ("In Portugal there is none.", True, True),
        ("Managers from grade 6 get none.", True, True),
        ("Managers get none of the supplements.", False, False),
        ("Shorts are not allowed on any site.", False, False),
        ("The customer shall not, directly or indirectly, copy the tool.", False, False),
        ("The exceptions are the site office and the canteen.", True, True),
        ("Above that, tell your manager.", True, True),
        ("Over 60 miles the full rate is paid.", False, False),
    ],
)
def test_what_leans_on_the_sentence_before_and_what_limits_it(sentence: str, leans: bool, limited: bool) -> None:
    assert (leans_back(sentence), limits(sentence)) == (leans, limited)


@given(st.text(alphabet="ab1.A (:\n-?", max_size=60))
def test_spans_do_not_overlap_and_lose_no_word(text: str) -> None:
    spans = sentence_spans(text)
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    kept = "".join(text[span.start : span.end] for span in spans)
    assert [c for c in kept if c.isalnum()] == [c for line in text.split("\n") for c in line if c.isalnum()]


WRAPPED = """Employees who have worked for the company for more than six months
and whose contract is not for a fixed term may ask for a sabbatical of
up to three months. The request goes to the manager, who answers within
Four weeks of it, in writing.
- Notice is given on the form for requests of this kind, which every
  office keeps.
- Pay stops for the time."""


def test_lines_that_were_broken_to_a_width_are_one_sentence() -> None:
    assert [" ".join(WRAPPED[span.start : span.end].split()) for span in sentence_spans(WRAPPED)] == [
        "Employees who have worked for the company for more than six months and whose contract is not for a fixed term may ask for a"
        " sabbatical of up to three months.",
        "The request goes to the manager, who answers within Four weeks of it, in writing.",
        "- Notice is given on the form for requests of this kind, which every office keeps.",
        "- Pay stops for the time.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Employees in Germany have thirty days of leave every year\nEmployees in Ireland have twenty-six days of leave a year",
        "Everything that the canteen needs for the summer party\n\nplates and glasses",
        "Hotel in Berlin, with breakfast, for one night | EUR 140\nhotel elsewhere | EUR 110",
        "Short line\nand another",
        "grade of the job: apprentice; pay per hour: EUR 11.50\ngrade of the job: journeyman; pay per hour: EUR 17.20",
        "The company keeps in order during the whole term the roof.\nwindows are kept by the tenant",
    ],
)
def test_lines_that_stand_for_themselves_stay_apart(text: str) -> None:
    assert sentences(text) == [line for line in text.split("\n") if line]


def test_a_list_below_a_broken_line_stays_a_list() -> None:
    text = "The lessor shall keep in order during the whole term, at its own\ncost, the following:\n(a) the roof\n(b) the windows"
    assert sentences(text) == [text]


def test_what_is_shown_keeps_the_lines_that_were_meant() -> None:
    assert unwrapped(WRAPPED).split("\n")[1:] == [
        "- Notice is given on the form for requests of this kind, which every office keeps.",
        "- Pay stops for the time.",
    ]
    assert unwrapped("One:\n\n- a  bag\n- a box") == "One:\n- a bag\n- a box"
