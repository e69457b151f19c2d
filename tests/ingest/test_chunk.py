from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.chunk import chunk
from ingest.records import Clause
from retrieval.documents import NewPassage
from retrieval.records import PassageKind, heading_line
from tests.fakes import WordEncoder


class LetterEncoder:
    """Counts a token for every three letters of a word, as word pieces do."""

    def __init__(self, max_tokens: int = 60) -> None:
        self.max_tokens = max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [2 + sum(-(-len(word) // 3) for word in text.split()) for text in texts]


def chunked(*clauses: Clause, max_tokens: int = 256, title: str = "Policy") -> list[NewPassage]:
    return chunk(clauses, title=title, encoder=WordEncoder(max_tokens=max_tokens))


def sentences(count: int, words: int = 10) -> str:
    return " ".join(" ".join([f"Word{number}", *["word"] * (words - 2), "end."]) for number in range(count))


def test_a_clause_that_fits_is_not_split() -> None:
    clause = Clause("4.2 The employee shall:", number="4.2", children=(Clause("(a) ask;"), Clause("(b) wait.")))
    assert [passage.text for passage in chunked(clause)] == ["4.2 The employee shall:\n  (a) ask;\n  (b) wait."]


def test_small_neighbours_of_one_section_are_put_together() -> None:
    path = ("4 Leave",)
    passages = chunked(
        Clause("4.1 One.", section_path=path), Clause("4.2 Two.", section_path=path), Clause("5.1 Three.")
    )
    assert [passage.text for passage in passages] == ["4.1 One.\n4.2 Two.", "5.1 Three."]


def test_a_question_stands_with_its_answer() -> None:
    asked = [Clause(f"{words}?") for words in ("May I sell leave", "May I buy leave", "May I lend leave")]
    answers = [Clause(sentences(6)) for _ in asked]
    faq = [clause for pair in zip(asked, answers, strict=True) for clause in pair]
    assert [passage.text for passage in chunked(*faq)] == [
        "\n".join(clause.text for clause in faq[:4]),
        "\n".join(clause.text for clause in faq[4:]),
    ]


def test_definitions_and_tables_stay_by_themselves() -> None:
    passages = chunked(
        Clause("“A” means a.", PassageKind.DEFINITION),
        Clause("“B” means b.", PassageKind.DEFINITION),
        Clause("", PassageKind.TABLE, children=(Clause("Country: DE; Days: 30", PassageKind.TABLE),)),
    )
    assert [passage.text for passage in passages] == ["“A” means a.", "“B” means b.", "Country: DE; Days: 30"]


def test_a_long_list_is_split_between_items_and_each_piece_begins_with_the_lead_in() -> None:
    items = tuple(Clause(f"- {sentences(1, 20)}", PassageKind.LIST) for _ in range(6))
    passages = chunked(Clause("You may claim:", PassageKind.LIST, children=items), max_tokens=70)
    assert len(passages) == 2
    assert all(passage.text.startswith("You may claim:\n- Word0") for passage in passages)


def test_the_pieces_of_a_long_clause_carry_its_number() -> None:
    clause = Clause(f"4.2 Carry-over. {sentences(12)}", section_path=("4 Leave",), number="4.2")
    first, second, *_ = chunked(clause, max_tokens=80)
    assert first.section_path == ("4 Leave",)
    assert first.text.startswith("4.2 Carry-over.")
    assert second.section_path == ("4 Leave", "4.2 Carry-over")


def test_a_table_is_cut_between_rows_and_its_lead_in_repeated() -> None:
    rows = tuple(Clause(f"Country: C{row}; Days: {row}", PassageKind.TABLE) for row in range(40))
    passages = chunked(Clause("Leave a year:", PassageKind.TABLE, children=rows), max_tokens=60)
    assert all(passage.text.startswith("Leave a year:\nCountry: C") for passage in passages)
    assert [line for passage in passages for line in passage.text.split("\n")[1:]] == [row.text for row in rows]


def test_a_heading_run_in_with_its_clause_opens_what_is_below_it() -> None:
    clause = Clause("2.1 Restrictions.", number="2.1", children=(Clause(f"(a) {sentences(10)}", number="2.1(a)"),))
    passages = chunked(clause, max_tokens=80)
    assert passages[0].text.startswith("2.1 Restrictions.\n(a) Word0")
    assert passages[1].section_path == ("2.1(a)",)


def test_a_section_path_leaves_room_for_the_text() -> None:
    path = (sentences(1, 90), sentences(1, 90))
    passages = chunked(Clause(sentences(3), section_path=path))
    assert len(" ".join(passages[0].section_path).split()) <= 0.4 * 256


_TEXT = st.lists(st.sampled_from(["staff", "may", "claim", "travel.", "Unless", "(a)", "30", "days;", "re-employment", "x" * 90]), max_size=60).map(" ".join)  # fmt: skip
_LEAVES = st.builds(Clause, text=_TEXT, kind=st.sampled_from(PassageKind), number=st.sampled_from([None, "4.2", "(b)"]))
_TREES = st.recursive(
    _LEAVES,
    lambda inner: st.builds(
        Clause, text=_TEXT, kind=st.sampled_from(PassageKind), number=st.sampled_from([None, "7"]), children=st.lists(inner, max_size=4).map(tuple)
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.lists(_TREES, max_size=5), st.integers(min_value=60, max_value=140))
def test_no_word_is_lost_the_order_is_kept_and_the_limit_held(clauses: list[Clause], max_tokens: int) -> None:
    encoder = LetterEncoder(max_tokens)
    passages = chunk(clauses, title="Leave policy", encoder=encoder)
    searchable = [f"{heading_line('Leave policy', passage.section_path)}\n{passage.text}" for passage in passages]
    assert all(count <= max_tokens for count in encoder.count_tokens(searchable))
    wanted = "".join(word for clause in clauses for word in words_of(clause))
    # Lead-ins are repeated, so what came out holds what went in as a subsequence.
    came_out = iter("".join(word for passage in passages for word in passage.text.split()))
    assert all(letter in came_out for letter in wanted)


def words_of(clause: Clause) -> list[str]:
    return [*clause.text.split(), *(word for child in clause.children for word in words_of(child))]
