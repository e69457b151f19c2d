"""Thumbs of the chat in the reports, without their author."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.asked import Asked
from assistant.ballot import Ballot
from assistant.feedback import Feedback
from retrieval.store import Store
from tests.assistant.answers import answered


@pytest.fixture
def asked(store: Store) -> Asked:
    return Asked(store)


@pytest.fixture
def feedback(store: Store) -> Feedback:
    return Feedback(store)


def votes(asked: Asked) -> list[bool | None]:
    return [question.helpful for question in asked.questions(date.today(), date.today())]


def test_a_thumb_counts_once_however_often_it_is_changed(asked: Asked, feedback: Feedback) -> None:
    ballot = Ballot(asked, feedback)
    ballot.show(("message", "run"), "How much leave?", asked.record(answered("How much leave?"), account_id="a1"))
    ballot.cast("run", "thumb", helpful=True, comment=None)
    ballot.cast("message", "thumb", helpful=False, comment="too short")
    assert votes(asked) == [False]
    assert [(row.question, row.helpful, row.comment) for row in feedback.everything()] == [
        ("How much leave?", False, "too short")
    ]


def test_a_thumb_that_is_taken_back_is_gone(asked: Asked, feedback: Feedback) -> None:
    ballot = Ballot(asked, feedback)
    ballot.show(("run",), "How much leave?", asked.record(answered("How much leave?"), account_id="a1"))
    ballot.cast("run", "thumb", helpful=False, comment="no")
    assert ballot.retract("thumb")
    assert not ballot.retract("thumb")
    assert (votes(asked), feedback.everything()) == ([None], [])


def test_what_was_not_shown_here_is_not_counted(asked: Asked, feedback: Feedback) -> None:
    ballot = Ballot(asked, feedback, most=1)
    for name in ("old", "new"):
        ballot.show((name,), name, None)
    ballot.cast("old", "t1", helpful=False, comment="no")
    ballot.cast("unknown", "t2", helpful=False, comment="no")
    assert feedback.everything() == []
    ballot.cast("new", "t3", helpful=False, comment=None)
    assert [row.question for row in feedback.everything()] == ["new"]
