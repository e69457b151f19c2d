"""What a comparison is about, asked for by itself."""

from __future__ import annotations

import pytest

from assistant.comparing import what_is_compared
from assistant.conversation import otherwise, standalone
from assistant.records import Turn


@pytest.mark.parametrize(
    ("question", "plain"),
    [
        ("which is longer, leave in the UK or Ireland?", "leave in UK or Ireland?"),
        ("Do I get more sick days in Germany than in Austria", "sick days in Germany or in Austria?"),
        ("who has the higher budget, site manager or surveyor?", "budget, site manager or surveyor?"),
        ("UK vs. Ireland leave", "UK or Ireland leave?"),
        ("What is the difference between needed and wanted tickets?", "needed and wanted tickets?"),
        ("Saturday or Sunday: where is overtime better paid?", "Saturday or Sunday: overtime paid?"),
        ("May I take more than five days or sell some?", None),
        ("Can I get a better chair?", None),
        ("Is leave possible in April or May?", None),
        ("Which is better?", None),
    ],
)
def test_what_is_compared_is_asked_for_by_itself(question: str, plain: str | None) -> None:
    assert what_is_compared(question) == plain
    assert otherwise(question, []) == plain
    assert standalone(question, []) == question


def test_what_is_compared_with_the_question_before_is_not_asked_for_alone() -> None:
    assert otherwise("Is it longer than in Austria?", [Turn("How long is leave in Germany?", "")]) is None
