"""Which sentences are quoted beside the best one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.evidence import EvidenceSentence
from assistant.quoting import EVERY_SIDE, choose, headings
from assistant.records import Citation
from retrieval.records import Passage, PassageKind

LEAVE = Passage("leave", "d1", "v1", "Leave", "leave.md", "Leave lapses in March. It may be sold. Nobody is told.")
PARKING = Passage("parking", "d2", "v2", "Parking", "parking.md", "Spaces lapse in May.")


def sentence(passage: Passage, text: str, score: float, answers: float | None) -> EvidenceSentence:
    start = passage.text.index(text)
    return EvidenceSentence(passage, start, start + len(text), "", score, answers=answers)


def quoted(*evidence: EvidenceSentence) -> list[str]:
    return [citation.quote for citation in choose(evidence)]


def test_no_evidence_no_quotation() -> None:
    assert choose([]) == []


def test_a_sentence_far_below_the_best_is_not_quoted() -> None:
    best, low = sentence(LEAVE, "Leave lapses in March.", 2.0, 1.0), sentence(LEAVE, "Nobody is told.", 1.3, 1.0)
    assert quoted(best, low) == ["Leave lapses in March."]


def test_neighbours_become_one_quotation() -> None:
    first, second = sentence(LEAVE, "Leave lapses in March.", 2.0, 1.0), sentence(LEAVE, "It may be sold.", 1.8, 1.0)
    assert quoted(first, second) == ["Leave lapses in March. It may be sold."]


def test_beside_the_best_stands_what_is_read_as_surely() -> None:
    best = sentence(LEAVE, "Leave lapses in March.", 2.0, 1.0)
    assert quoted(best, sentence(PARKING, PARKING.text, 1.5, 1.5)) == ["Leave lapses in March.", "Spaces lapse in May."]
    assert quoted(best, sentence(PARKING, PARKING.text, 1.5, 0.5)) == ["Leave lapses in March."]


def test_what_is_read_as_an_answer_less_surely_must_score_closer() -> None:
    best = sentence(LEAVE, "Leave lapses in March.", 2.0, 1.0)
    assert len(quoted(best, sentence(PARKING, PARKING.text, 1.9, 0.5))) == 2
    assert len(quoted(best, sentence(PARKING, PARKING.text, 1.9, -0.5))) == 1
    assert [len(quoted(best, sentence(PARKING, PARKING.text, score, 0.5))) for score in (1.65, 1.55)] == [2, 1]


def test_all_sides_are_quoted_where_that_is_wanted() -> None:
    best, other = sentence(LEAVE, "Leave lapses in March.", 2.0, 1.0), sentence(PARKING, PARKING.text, 0.2, -3.0)
    assert len(choose([best, other], EVERY_SIDE)) == 2


def test_where_nobody_has_read_the_score_alone_decides() -> None:
    best, other = sentence(LEAVE, "Leave lapses in March.", 2.0, None), sentence(PARKING, PARKING.text, 1.9, None)
    assert len(quoted(best, other)) == 2


NOTICE = "Notice of the employer, after so many years:\n- 2 years: one month\n- 5 years: two months\n- 8 years: three months\n- 10 years: four months"


def of_list(passage: Passage, text: str, score: float, lead_in: str) -> EvidenceSentence:
    return replace(sentence(passage, text, score, 1.0), lead_in=lead_in)


def test_a_list_is_not_quoted_with_one_item_left_out() -> None:
    passage = replace(LEAVE, text=NOTICE)
    lead_in = NOTICE.splitlines()[0]
    items = [
        of_list(passage, item, score, lead_in)
        for item, score in (("- 5 years: two months", 2.0), ("- 10 years: four months", 1.9))
    ]
    assert quoted(*items) == [NOTICE]


@pytest.mark.parametrize("kept", [(2, 5, 10), (2, 10, 5), (10, 2, 5)])
def test_no_item_is_left_out_between_three_others(kept: tuple[int, ...]) -> None:
    passage = replace(LEAVE, text=NOTICE)
    items = {int(line.split()[1]): line for line in NOTICE.splitlines()[1:]}
    evidence = [of_list(passage, items[years], 2.0, NOTICE.splitlines()[0]) for years in kept]
    assert quoted(*evidence) == [NOTICE]


def test_a_list_of_which_several_items_are_quoted_is_quoted_to_its_ends() -> None:
    lead_in = "Of suppliers these are refused, whoever offers them, on whatever occasion, at home and abroad:"
    items = [
        f"- present number {n}, however small it is and whomever else it may have been meant for" for n in range(1, 7)
    ]
    text = "\n".join([lead_in, *items, "Nothing else is."])
    passage = Passage("d.v1.p1", "d", "d.v1", "Gifts", "gifts.md", text)
    several = [of_list(passage, items[at], 1 - at / 10, lead_in) for at in (1, 2, 4)]
    assert choose(several)[0].quote.endswith("\n".join(items))
    # One item answers alone.
    assert [citation.quote for citation in choose(several[:1])][-1].endswith(items[1])


def test_an_item_of_two_sentences_is_one_item() -> None:
    passage = replace(LEAVE, text=NOTICE.replace("5 years: two months", "5 years: two months. In Wales three."))
    lead_in = NOTICE.splitlines()[0]
    evidence = [of_list(passage, item, 2.0, lead_in) for item in ("- 2 years: one month", "- 8 years: three months")]
    assert quoted(*evidence) == [passage.text.removesuffix("\n- 10 years: four months")]


def test_items_far_apart_and_sentences_with_another_between_stay_apart() -> None:
    longer = NOTICE + "\n- 12 years: five months\n- 15 years: six months"
    passage = replace(LEAVE, text=longer)
    far = [of_list(passage, item, 2.0, "Notice:") for item in ("- 2 years: one month", "- 15 years: six months")]
    assert len(quoted(*far)) == 2
    near = [of_list(passage, item, 2.0, "Notice:") for item in ("- 2 years: one month", "- 12 years: five months")]
    assert quoted(*near) == ["\n".join(longer.splitlines()[1:-1])]
    apart = [sentence(LEAVE, text, 2.0, 1.0) for text in ("Leave lapses in March.", "Nobody is told.")]
    assert len(quoted(*apart)) == 2


HANDLING = "Employees must not:\n" + "\n".join(f"- {what}" for what in ("shred files", "copy keys", "share passes", "prop doors open",
    "let anybody in who does not show a pass and cannot say whom he or she has come to see or why at this hour", "stay after ten at night without telling",
    "take printed contracts home", "leave bags in the lobby", "lend cards"))  # fmt: skip


def test_an_item_is_quoted_with_the_words_that_deny_it() -> None:
    passage = replace(LEAVE, text=f"Doors lock at nine.\n{HANDLING}")

    def item(text: str, score: float = 2.0) -> EvidenceSentence:
        return of_list(passage, f"- {text}", score, "Employees must not:")

    assert quoted(item("copy keys")) == ["Employees must not:\n- shred files\n- copy keys"]
    far = item("take printed contracts home")
    assert quoted(far) == ["Employees must not:", "- take printed contracts home"]
    # The words are said once, above all of their items.
    assert quoted(item("lend cards"), item("shred files", 1.9)) == [
        "Employees must not:\n- shred files",
        "- lend cards",
    ]
    assert quoted(sentence(passage, "Doors lock at nine.", 2.0, 1.0), far) == [
        "Doors lock at nine.", "Employees must not:", "- take printed contracts home",
    ]  # fmt: skip
    # Each side of a contradiction is one quotation.
    sides = choose([far, sentence(PARKING, "Spaces lapse in May.", 2.0, 1.0)], EVERY_SIDE)
    assert [side.quote.splitlines()[0] for side in sides] == ["Employees must not:", "Spaces lapse in May."]
    assert sides[0].quote.endswith("- take printed contracts home")


def test_what_a_sentence_leans_on_and_what_limits_it_is_quoted_too() -> None:
    text = "Training over 500 euros counts. This requires approval. It must be requested in May. 4.3 This does not apply to interns. Ask."
    passage = replace(LEAVE, text=text)
    assert quoted(sentence(passage, "It must be requested in May.", 2.0, 1.0)) == [text.removesuffix(" Ask.")]


def test_two_lists_that_open_alike_stay_apart() -> None:
    text = "Germany\nNotice is:\n- 2 years: one month\n- 5 years: two months\nUnited Kingdom\nNotice is:\n- 3 years: two weeks"
    passage = replace(LEAVE, text=text)
    items = ("- 5 years: two months", "- 3 years: two weeks")
    assert len(quoted(*(of_list(passage, item, 2.0, "Notice is:") for item in items))) == 2


def test_one_row_of_a_table_is_quoted_alone_and_of_several_the_whole_table() -> None:
    table = replace(LEAVE, text="Years | Months\n2 | 1\n5 | 2\n8 | 3", kind=PassageKind.TABLE)
    two, eight = sentence(table, "2 | 1", 2.0, 1.0), sentence(table, "8 | 3", 1.9, 1.0)
    assert quoted(two) == ["2 | 1"]
    assert quoted(two, eight) == [table.text]
    # The first line is the header, or a row like the others where there is none.
    assert quoted(sentence(table, "Years | Months", 2.0, 1.0)) == [table.text]
    named = replace(table, text="Years: 2; Months: 1\nYears: 5; Months: 2")
    assert quoted(sentence(named, "Years: 2; Months: 1", 2.0, 1.0)) == ["Years: 2; Months: 1"]


def test_of_a_long_table_the_rows_between_two_rows_are_quoted() -> None:
    rows = "\n".join(f"{years} years of continuous service | {years} months of notice" for years in range(20))
    table = replace(LEAVE, text=rows, kind=PassageKind.TABLE)
    one, other, far = (sentence(table, rows.splitlines()[at], 2.0, 1.0) for at in (2, 4, 15))
    assert quoted(one, other) == ["\n".join(rows.splitlines()[2:5])]
    assert len(quoted(one, far)) == 2


@pytest.mark.parametrize(
    ("text", "quote", "heading"),
    [
        ("- laundry\n- minibar\n- lounges", "- minibar", "Not reimbursed"),
        ("- laundry\n- minibar\n- lounges", "- laundry\n- minibar", "Not reimbursed"),
        ("1. laundry\n2. minibar", "2. minibar", "Not reimbursed"),
        ("- Take a taxi.\n- Fly business.", "- Fly business.", "Not reimbursed"),
        ("You pay:\n- laundry\n- minibar", "- minibar", ""),
        ("1. Laundry is not paid.\n2. Lounges are not paid.", "2. Lounges are not paid.", ""),
        ("Laundry is not paid.", "Laundry is not paid.", ""),
    ],
)
def test_a_list_without_words_that_open_it_stands_below_its_heading(text: str, quote: str, heading: str) -> None:
    passage = Passage("p", "d1", "v1", "Travel", "travel.md", text, ("4 Travel", "Not reimbursed:"))
    start = text.index(quote)
    assert headings([Citation(1, passage, start, start + len(quote))]) == [heading]


def test_rows_of_two_tables_stand_below_their_headings() -> None:
    row = "Service: in probation; Germany: 2 weeks"
    one, other = (
        Passage(name, "d1", "v1", "Leaving", "leaving.md", row, ("3 Notice", name), kind=PassageKind.TABLE)
        for name in ("By employees:", "By the company")
    )
    quotes = [Citation(1, one, 0, len(row)), Citation(2, other, 0, len(row)), Citation(3, LEAVE, 0, 22)]
    assert headings(quotes) == ["By employees", "By the company", ""]
    assert headings(quotes[:1]) == [""]
    assert headings([quotes[0], Citation(2, replace(other, section_path=one.section_path), 0, len(row))]) == ["", ""]
