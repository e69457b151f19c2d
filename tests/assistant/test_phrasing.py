"""What of a draft is shown."""

from __future__ import annotations

from assistant.evidence import EvidenceSentence
from assistant.phrasing import PhrasingConfig, phrase, sentences
from assistant.records import Check
from retrieval.records import Passage
from tests.fakes import ScriptedModel

TEXT = "Unused days may be carried over until 31 March. It is agreed with the manager. Other days lapse in April."
SPANS = ((0, 47), (48, 78), (79, 105))


def evidence(apart: float = 0.8) -> list[EvidenceSentence]:
    passage = Passage("p1", "d1", "d1.v1", "Leave", "leave.md", TEXT)
    return [EvidenceSentence(passage, start, end, "", 1.0 - at * apart) for at, (start, end) in enumerate(SPANS)]


def shown(reply: str, config: PhrasingConfig | None = None) -> list[tuple[str, int]]:
    found = phrase("Can I keep unused days?", evidence(), ScriptedModel(reply), config)
    return [(claim.text, citation.start) for claim, citation in found]


def test_each_sentence_comes_with_what_it_stands_on() -> None:
    reply = "Unused days may be carried over until 31 March. Other days lapse in April."
    assert shown(reply) == [
        ("Unused days may be carried over until 31 March.", 0),
        ("Other days lapse in April.", 79),
    ]


def test_a_draft_that_does_not_start_with_the_best_evidence_is_not_shown() -> None:
    assert shown("Other days lapse in April. Unused days may be carried over until 31 March.") == []
    assert shown("Other days lapse in April.", PhrasingConfig(first_within=3))[0] == ("Other days lapse in April.", 79)


def test_a_sentence_that_says_more_is_left_out() -> None:
    reply = "Unused days may be carried over until 31 March. They must be taken by 30 June. Other days lapse in April."
    assert [text for text, _ in shown(reply)] == [
        "Unused days may be carried over until 31 March.",
        "Other days lapse in April.",
    ]


def test_a_list_is_quoted_not_phrased() -> None:
    rows = "Notice after probation:\n- under 2 years: 4 weeks\n- 2 years: 1 month\n- 5 years: 2 months"
    passage = Passage("p3", "d3", "d3.v1", "Notice", "notice.md", rows)
    held = [EvidenceSentence(passage, 0, len(rows), "", 1.0)]
    draft = "Notice after probation: under 2 years: 4 weeks."
    assert list(phrase("How long is notice?", held, ScriptedModel(draft))) == []
    assert list(phrase("How long is notice?", held, ScriptedModel(draft), PhrasingConfig(alone=False))) != []


def test_a_sentence_is_shown_once() -> None:
    reply = "Unused days may be carried over until 31 March. Unused days may be carried over until 31 March."
    assert len(shown(reply)) == 1


def test_a_draft_that_starts_in_the_middle_of_a_thought_is_not_shown() -> None:
    assert shown("It is agreed with the manager.", PhrasingConfig(first_within=3)) == []


def test_what_would_be_quoted_and_is_not_said_follows_word_for_word() -> None:
    lone = Passage("p2", "d2", "d2.v1", "Handbook", "handbook.md", "Only managers of a depot may agree to more.")
    held = [*evidence(apart=0.8)[:1], EvidenceSentence(lone, 0, len(lone.text), "", 0.9)]
    claims = list(phrase("Can I keep days?", held, ScriptedModel("Unused days may be carried over until 31 March.")))
    assert [(claim.text, claim.check, claim.citations, citation.number) for claim, citation in claims] == [
        ("Unused days may be carried over until 31 March.", Check.SUPPORTED, (1,), 1),
        ("Only managers of a depot may agree to more.", Check.QUOTED, (2,), 2),
    ]
    said = list(phrase("Can I keep days?", held, ScriptedModel(f"{held[0].quote} {lone.text}")))
    assert [claim.check for claim, _ in said] == [Check.SUPPORTED, Check.SUPPORTED]
    assert list(phrase("Can I keep days?", held, ScriptedModel("Nobody knows."))) == []


def test_sentences_are_whole_however_they_are_streamed() -> None:
    assert list(sentences(["Unused da", "ys lapse. Oth", "er days", " do not."])) == [
        "Unused days lapse.",
        "Other days do not.",
    ]
    assert list(sentences(["  "])) == []


def test_a_sentence_that_is_quoted_with_its_neighbours_is_not_phrased() -> None:
    model = ScriptedModel("Unused days may be carried over until 31 March.")
    assert list(phrase("Can I keep unused days?", evidence(apart=0.1), model)) == []
    assert len(list(phrase("Can I keep unused days?", evidence(apart=0.1), model, PhrasingConfig(alone=False)))) == 1
