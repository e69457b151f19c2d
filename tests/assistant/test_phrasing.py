"""What of a draft is shown."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import pytest

from assistant.evidence import EvidenceSentence
from assistant.model import Ending, Message
from assistant.phrasing import PhrasingConfig, phrase, sentences
from assistant.records import Check
from retrieval.records import Passage
from tests.fakes import ScriptedModel

TEXT = "Unused days may be carried over until 31 March. It is agreed with the manager. Other days lapse in April."
SPANS = ((0, 47), (48, 78), (79, 105))


def evidence(apart: float = 0.8) -> list[EvidenceSentence]:
    passage = Passage("p1", "d1", "d1.v1", "Leave", "leave.md", TEXT)
    return [EvidenceSentence(passage, start, end, "", 1.0 - at * apart) for at, (start, end) in enumerate(SPANS)]


DEPOT = Passage("p2", "d2", "d2.v1", "Handbook", "handbook.md", "Only managers of a depot may agree to more.")


def two_documents() -> list[EvidenceSentence]:
    """A sentence of each, both of which would be quoted, and one that would not."""
    best, _, other = evidence()
    return [best, EvidenceSentence(DEPOT, 0, len(DEPOT.text), "", 0.9), other]


def shown(reply: str, config: PhrasingConfig | None = None) -> list[tuple[str, str]]:
    found = phrase("Can I keep unused days?", two_documents(), ScriptedModel(reply), config)
    return [(claim.text, citation.passage.passage_id) for claim, citation in found]


FIRST, SECOND = "Unused days may be carried over until 31 March.", "Only managers of a depot may agree to more."


def test_each_sentence_comes_with_what_it_stands_on() -> None:
    assert shown(f"{FIRST} {SECOND}") == [(FIRST, "p1"), (SECOND, "p2")]


def test_a_draft_that_does_not_start_with_the_best_evidence_is_not_shown() -> None:
    assert shown(f"{SECOND} {FIRST}") == []
    assert shown(SECOND, PhrasingConfig(first_within=3))[0] == (SECOND, "p2")


def test_a_sentence_that_says_more_or_stands_on_what_does_not_answer_is_left_out() -> None:
    reply = f"{FIRST} Depots are closed on Sunday. Other days lapse in April. {SECOND}"
    assert [text for text, _ in shown(reply)] == [FIRST, SECOND]


def test_a_sentence_that_leans_on_one_that_is_not_said_is_left_out() -> None:
    passage = Passage(
        "p1", "d1", "d1.v1", "Training", "training.md", "Training is paid. They must be repaid in a year."
    )
    held = [EvidenceSentence(passage, start, end, "", 1.0, answers=1.0) for start, end in ((0, 17), (18, 49))]
    config = PhrasingConfig(alone=False)
    said = list(phrase("Is it paid?", held, ScriptedModel("Training is paid. They must be repaid in a year."), config))
    assert [(claim.text, claim.check) for claim, _ in said] == [
        ("Training is paid.", Check.SUPPORTED),
        ("They must be repaid in a year.", Check.QUOTED),  # behind the sentence it leans on
    ]


def test_what_limits_a_sentence_that_the_draft_says_follows_it() -> None:
    text = "Work from abroad is allowed for 20 days a year. However, managers may refuse it."
    passage = Passage("p3", "d3", "d3.v1", "Remote", "remote.md", text)
    held = [evidence()[0], EvidenceSentence(passage, 0, 47, "", 0.9)]
    said = phrase("Where may I work?", held, ScriptedModel(f"{FIRST} Work from abroad is allowed for 20 days a year."))
    assert [claim.text for claim, _ in said] == [
        FIRST,
        "Work from abroad is allowed for 20 days a year.",
        "However, managers may refuse it.",
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
    assert [text for text, _ in shown(reply)] == [FIRST, SECOND]


def test_a_draft_that_starts_in_the_middle_of_a_thought_is_not_shown() -> None:
    assert shown("It is agreed with the manager.", PhrasingConfig(first_within=3)) == []


def test_what_would_be_quoted_and_is_not_said_follows_word_for_word() -> None:
    held = two_documents()
    claims = list(phrase("Can I keep days?", held, ScriptedModel("Unused days may be carried over until 31 March.")))
    assert [(claim.text, claim.check, claim.citations, citation.number) for claim, citation in claims] == [
        ("Unused days may be carried over until 31 March.", Check.SUPPORTED, (1,), 1),
        ("Only managers of a depot may agree to more.", Check.QUOTED, (2,), 2),
    ]
    said = list(phrase("Can I keep days?", held, ScriptedModel(f"{held[0].quote} {DEPOT.text}")))
    assert [claim.check for claim, _ in said] == [Check.SUPPORTED, Check.SUPPORTED]
    assert list(phrase("Can I keep days?", held, ScriptedModel("Nobody knows."))) == []


def test_sentences_are_whole_however_they_are_streamed() -> None:
    assert list(sentences(["Unused da", "ys lapse. Oth", "er days", " do not."])) == [
        "Unused days lapse.",
        "Other days do not.",
    ]
    assert list(sentences(["  "])) == []


@pytest.mark.parametrize("cut", ["Other days la", "Other days lapse, e.g.", "The fee is 1.", "Other days lapse:"])
def test_a_sentence_that_was_cut_is_left_out(cut: str) -> None:
    assert list(sentences(["Unused days lapse. ", cut])) == ["Unused days lapse."]
    assert list(sentences([cut])) == []


def test_a_last_sentence_without_a_full_stop_is_kept_where_the_model_ended_it() -> None:
    assert list(sentences(ScriptedModel("Other days lapse").stream([], max_tokens=9))) == ["Other days lapse"]
    assert list(sentences(["Other days lapse (“mostly.”)"])) == ["Other days lapse (“mostly.”)"]


class Cut(ScriptedModel):
    """Runs into the limit of tokens."""

    def stream(self, prompt: Sequence[Message], *, max_tokens: int) -> Generator[str, None, Ending]:
        yield from super().stream(prompt, max_tokens=max_tokens)
        return Ending.CUT


def test_a_draft_that_is_cut_in_its_first_sentence_is_not_shown() -> None:
    text = "Unused days may be carried over until 31 March if the manager agrees."
    held = [EvidenceSentence(Passage("p1", "d1", "d1.v1", "Leave", "leave.md", text), 0, len(text), "", 1.0)]
    assert list(phrase("Can I keep days?", held, Cut("Unused days may be carried over until 31"))) == []


def test_a_sentence_that_is_quoted_with_its_neighbours_is_not_phrased() -> None:
    model = ScriptedModel("Unused days may be carried over until 31 March.")
    assert list(phrase("Can I keep unused days?", evidence(apart=0.1), model)) == []
    said = list(phrase("Can I keep unused days?", evidence(apart=0.1), model, PhrasingConfig(alone=False)))
    assert [claim.text for claim, _ in said] == [FIRST, "It is agreed with the manager. Other days lapse in April."]


def test_the_model_reads_no_question_as_long_as_a_document() -> None:
    model = ScriptedModel(FIRST)
    assert list(phrase("Can I keep unused days? " * 100, two_documents(), model)) == []
    assert model.prompts == []
    assert list(phrase("Can I keep unused days? " * 80, two_documents(), model)) != []
