"""Questions handed to the people who keep the documents."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import event, update

from assistant.handoffs import MOST_OPEN, HandoffRow, Handoffs, HandoffState, handoff_json
from assistant.records import Citation
from retrieval.errors import WrongUsage
from retrieval.records import Passage
from retrieval.store import Store

LEAVE = Passage("d1.v1.p0001", "d1", "d1.v1", "Leave", "leave.md", "Leave is 30 days. Ask early.", owner="People team")
PAY = Passage("d2.v1.p0001", "d2", "d2.v1", "Board pay", "pay.md", "Forty thousand.", audience=frozenset({"board"}))


@pytest.fixture
def handoffs(store: Store) -> Handoffs:
    return Handoffs(store)


def test_it_goes_to_the_owner_of_the_nearest_passage_with_the_words_shown(handoffs: Handoffs) -> None:
    sent = handoffs.add("How much leave?", account_id="a1", evidence=[Citation(1, LEAVE, 0, 17)], note="  for June ")
    assert (sent.owner, sent.document_id, sent.note) == ("People team", "d1", "for June")
    assert [shown.quote for shown in sent.evidence] == ["Leave is 30 days."]
    assert handoffs.inbox({"d1"}) == [sent]


def test_without_an_owner_it_goes_to_hr(handoffs: Handoffs) -> None:
    assert handoffs.add("May I bring my dog?", account_id="a1").owner == "HR"
    assert handoffs.add("May I bring my dog?", account_id="a1", evidence=[PAY]).owner == "HR"


def test_the_inbox_says_nothing_of_the_asker(handoffs: Handoffs) -> None:
    sent = handoffs.add("How much leave?", account_id="account-of-emma")
    assert "account-of-emma" not in str(handoff_json(sent))
    assert "account-of-emma" not in repr(handoffs.inbox({"d1"}))


def test_a_reader_is_shown_no_evidence_of_documents_kept_from_them(handoffs: Handoffs) -> None:
    sent = handoffs.add("What is the bonus?", account_id="a1", evidence=[PAY, LEAVE])
    found = handoffs.get(sent.handoff_id, {"d1"})
    assert found is not None
    assert [shown.document_id for shown in found.evidence] == ["d1"]
    assert found.document_id is None
    assert handoffs.inbox(()) == [sent.for_reader(())]


@pytest.mark.parametrize("act", ["answer", "close", "mark_seen", "mailed", "withdraw"])
def test_a_question_that_is_taken_back_at_the_same_moment_is_gone(handoffs: Handoffs, store: Store, act: str) -> None:
    sent = handoffs.add("May I bring my dog?", account_id="a1")
    handoffs.close(sent.handoff_id)
    (shown,) = handoffs.own("a1")

    def before(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("SELECT", "PRAGMA")) and once:
            once.clear()
            assert Handoffs(store).withdraw(sent.handoff_id, account_id="a1")

    once = [True]
    event.listen(store.engine, "before_cursor_execute", before)
    if act in ("answer", "close"):
        with pytest.raises(WrongUsage, match="the asker may have taken it back"):
            handoffs.answer(sent.handoff_id, "No.") if act == "answer" else handoffs.close(sent.handoff_id)
    elif act == "mark_seen":
        handoffs.mark_seen([shown])
    elif act == "mailed":
        handoffs.mailed(sent.handoff_id, sent=False)
    else:
        assert not handoffs.withdraw(sent.handoff_id, account_id="a1")
    assert handoffs.own("a1") == []


def test_the_answer_is_news_to_the_asker_until_it_was_shown(handoffs: Handoffs) -> None:
    sent = handoffs.add("How much leave?", account_id="a1")
    assert handoffs.news("a1") == []
    handoffs.answer(sent.handoff_id, " Thirty days. ")
    assert [(each.state, each.answer) for each in handoffs.news("a1")] == [(HandoffState.ANSWERED, "Thirty days.")]
    assert handoffs.news("a2") == []
    handoffs.mark_seen(handoffs.own("a1"))
    assert handoffs.news("a1") == []
    assert handoffs.inbox({"d1"}) == []
    handoffs.close(sent.handoff_id)
    assert handoffs.news("a1") == [], "putting an answered question away is no news"
    assert [each.answer for each in handoffs.own("a1")] == ["Thirty days."]


def test_one_closed_without_an_answer_is_news_too(handoffs: Handoffs) -> None:
    sent = handoffs.add("How much leave?", account_id="a1")
    handoffs.close(sent.handoff_id)
    assert [each.state for each in handoffs.news("a1")] == [HandoffState.CLOSED]


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 10_001])
def test_an_answer_says_something(handoffs: Handoffs, text: str) -> None:
    sent = handoffs.add("How much leave?", account_id="a1")
    with pytest.raises(WrongUsage, match="characters"):
        handoffs.answer(sent.handoff_id, text)
    assert handoffs.inbox({"d1"}) == [sent]


def test_the_same_offer_sent_twice_is_one_handoff(handoffs: Handoffs) -> None:
    first = handoffs.add("How much leave?", account_id="a1", offer_id="offer")
    assert handoffs.add("How much leave?", account_id="a1", offer_id="offer") == first
    with pytest.raises(WrongUsage, match="sent already"):
        handoffs.add("How much leave?", account_id="a2", offer_id="offer")


def test_the_same_offer_sent_twice_at_the_same_time_is_one_handoff(handoffs: Handoffs) -> None:
    together = Barrier(8)

    def send(number: int) -> str:
        together.wait()
        return handoffs.add("How much leave?", account_id="a1", offer_id="offer-1").handoff_id

    with ThreadPoolExecutor(8) as people:
        assert len(set(people.map(send, range(8)))) == 1
    assert len(handoffs.own("a1")) == 1


def test_a_flood_is_stopped(handoffs: Handoffs) -> None:
    for _ in range(MOST_OPEN):
        handoffs.add("How much leave?", account_id="a1")
    with pytest.raises(WrongUsage, match="still open"):
        handoffs.add("How much leave?", account_id="a1")
    assert handoffs.add("How much leave?", account_id="a2").is_open


def test_only_the_asker_takes_it_back(handoffs: Handoffs) -> None:
    sent = handoffs.add("How much leave?", account_id="a1")
    assert not handoffs.withdraw(sent.handoff_id, account_id="a2")
    assert handoffs.withdraw(sent.handoff_id, account_id="a1")
    assert handoffs.inbox({"d1"}) == []
    with pytest.raises(WrongUsage, match="taken it back"):
        handoffs.answer(sent.handoff_id, "Thirty.")


def test_without_an_account_a_code_opens_the_answer_and_is_not_kept(handoffs: Handoffs, store: Store) -> None:
    sent = handoffs.add("How much leave?", account_id=None)
    assert sent.code is not None
    handoffs.answer(sent.handoff_id, "Thirty days.")
    found = handoffs.with_code(f" {sent.code.upper()} ")
    assert found is not None
    assert found.answer == "Thirty days."
    assert handoffs.with_code("pick-aaaa-aaaa-aaaa-aaaa") is None
    with store.sessions() as session:
        assert sent.code not in str(session.query(HandoffRow).one().__dict__)


def test_a_removed_document_leaves_no_words_behind(handoffs: Handoffs) -> None:
    sent = handoffs.add("What is the bonus?", account_id="a1", evidence=[PAY, LEAVE])
    handoffs.forget_document("d2")
    found = handoffs.get(sent.handoff_id, {"d1", "d2"})
    assert found is not None
    assert ([shown.document_id for shown in found.evidence], found.document_id) == (["d1"], None)


def test_a_removed_version_leaves_no_words_behind_and_its_document_is_named_still(handoffs: Handoffs) -> None:
    sent = handoffs.add("What is the bonus?", account_id="a1", evidence=[PAY, LEAVE])
    handoffs.forget_document("d2", ["d2.v2"])
    assert [shown.document_id for shown in handoffs.own("a1")[0].evidence] == ["d2", "d1"]
    handoffs.forget_document("d2", [PAY.version_id])
    found = handoffs.get(sent.handoff_id, {"d1", "d2"})
    assert found is not None
    assert ([shown.document_id for shown in found.evidence], found.document_id) == (["d1"], "d2")


def test_what_is_old_goes_and_what_is_somebodys_goes_with_them(handoffs: Handoffs, store: Store) -> None:
    old = handoffs.add("Old and open?", account_id="a1")
    late = handoffs.add("Old, answered today?", account_id="a1")
    with store.sessions.begin() as session:
        session.execute(update(HandoffRow).values(created_at=datetime.now(UTC) - timedelta(days=100)))
    handoffs.answer(late.handoff_id, "Yes.")
    assert handoffs.remove_older(90) == 1
    assert handoffs.get(old.handoff_id, ()) is None
    assert handoffs.forget_account("a1") == 1
    assert handoffs.inbox((), state=None) == []


def test_mail_that_fails_waits_for_the_next_try(handoffs: Handoffs) -> None:
    sent = handoffs.add("How much leave?", account_id="a1", by_mail=True)
    handoffs.add("Not by mail?", account_id="a1")
    handoffs.mailed(sent.handoff_id, sent=False)
    assert [each.handoff_id for each in handoffs.waiting_for_mail(tries=2)] == [sent.handoff_id]
    assert handoffs.waiting_for_mail(tries=1) == []
    handoffs.mailed(sent.handoff_id, sent=True)
    assert handoffs.waiting_for_mail(tries=2) == []
