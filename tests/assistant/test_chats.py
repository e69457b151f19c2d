"""Conversations: kept, resumed, searched, deleted, and nobody else's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import event

from assistant.chats import Chats, Shown, kept_with
from assistant.records import Aside, AsideKind, Citation
from retrieval.errors import WrongUsage
from retrieval.store import Store
from tests.assistant.answers import answered, passage, refused


@pytest.fixture
def chats(store: Store) -> Chats:
    chats = Chats(store)
    chats.save("t1", account_id="emma", name="How much leave?")
    chats.save_step("t1", "s1", {"id": "s1", "output": "How much leave?"})
    chats.save_step("t1", "s2", {"id": "s2", "output": "28 days. [1]"})
    chats.save_element("t1", "e1", {"id": "e1", "props": {"passages": [{"quote": "28 days"}]}})
    return chats


def test_a_conversation_comes_back_in_its_order_with_its_citations(chats: Chats) -> None:
    loaded = chats.load("t1")
    assert loaded is not None
    row, steps, elements, thumbs = loaded
    assert (row.account_id, row.name) == ("emma", "How much leave?")
    assert [step.step_id for step in steps] == ["s1", "s2"]
    assert elements[0].body["props"]["passages"][0]["quote"] == "28 days"
    assert thumbs == []


def test_a_changed_step_keeps_its_place(chats: Chats) -> None:
    chats.save_step("t1", "s1", {"output": "How much annual leave?"})
    loaded = chats.load("t1")
    assert loaded is not None
    assert [step.body["output"] for step in loaded[1]] == ["How much annual leave?", "28 days. [1]"]


def test_what_was_shown_meanwhile_is_kept_in_one_go(chats: Chats) -> None:
    taken = Shown("t2", "s1", {"output": "mine now"})
    left_out = chats.keep(
        [
            Shown("t1", "s3", {"output": "", "name": "looking"}),
            Shown("t2", "x1", {"output": "And in Germany?"}),
            taken,
            Shown("t1", "e2", {"id": "e2"}, is_element=True),
            Shown("t1", "s3", {"output": "Found 2 passages"}),
            Shown("t1", "s4", {"output": "30 days. [1]"}),
        ]
    )
    loaded, other = chats.load("t1"), chats.load("t2")
    assert left_out == [taken]
    assert loaded is not None
    assert other is not None
    assert [(step.step_id, step.ordinal) for step in loaded[1]] == [("s1", 1), ("s2", 2), ("s3", 3), ("s4", 4)]
    assert loaded[1][2].body == {"output": "Found 2 passages", "name": "looking"}
    assert [element.element_id for element in loaded[2]] == ["e1", "e2"]
    assert [step.step_id for step in other[1]] == ["x1"]


def test_a_thread_step_or_element_of_somebody_else_cannot_be_written(chats: Chats) -> None:
    chats.save("t2", account_id="karl")
    for write in (
        lambda: chats.save("t1", account_id="karl"),
        lambda: chats.save_step("t2", "s1", {"output": "mine now"}),
        lambda: chats.save_element("t2", "e1", {}),
        lambda: chats.save_thumb("t1", "s2", thumb_id="f1", helpful=True, comment=None, account_id="karl"),
    ):
        with pytest.raises(WrongUsage):
            write()


def test_an_element_is_found_in_its_own_thread_only(chats: Chats) -> None:
    assert chats.element("t1", "e1") is not None
    assert chats.element("t2", "e1") is None


def test_the_list_is_one_s_own_the_latest_first_page_by_page(chats: Chats) -> None:
    for number in range(2, 5):
        chats.save(f"t{number}", account_id="emma", name=f"Question {number}")
        chats.save_step(f"t{number}", f"x{number}", {"output": "?"})
    chats.save("t9", account_id="karl", name="Not hers")
    rows, more = chats.latest("emma", first=3)
    assert ([row.thread_id for row in rows], more) == (["t4", "t3", "t2"], True)
    rows, more = chats.latest("emma", first=3, after="t2")
    assert ([row.thread_id for row in rows], more) == (["t1"], False)


def test_search_looks_into_names_and_messages(chats: Chats) -> None:
    assert [row.thread_id for row in chats.latest("emma", first=9, search="28 DAYS")[0]] == ["t1"]
    assert chats.latest("emma", first=9, search="sabbatical")[0] == []
    assert chats.latest("karl", first=9, search="28 days")[0] == []


def test_removing_leaves_nothing_and_a_late_goodbye_does_not_bring_it_back(chats: Chats, store: Store) -> None:
    chats.save_thumb("t1", "s2", thumb_id="f1", helpful=True, comment="good", account_id="emma")
    chats.remove("t1")
    chats.save("t1", details={"client_type": "webapp"})
    assert chats.load("t1") is None
    with store.engine.connect() as connection:
        for table in ("conversations", "conversation_steps", "conversation_elements", "conversation_thumbs"):
            assert connection.exec_driver_sql(f"select count(*) from {table}").scalar_one() == 0


def test_a_conversation_that_is_removed_as_it_is_written_takes_nothing_of_others_along(chats: Chats) -> None:
    removals = ["t1"]

    def remove_meanwhile(*_: object) -> None:
        if removals:
            chats.remove(removals.pop())

    event.listen(chats.sessions, "before_flush", remove_meanwhile)
    try:
        chats.keep(
            [
                Shown("t1", "s2", {"output": "28 days, and more. [1]"}),
                Shown("t1", "s3", {"output": "And in Germany?"}),
                Shown("t2", "x1", {"output": "What may a hotel cost?"}),
            ]
        )
    finally:
        event.remove(chats.sessions, "before_flush", remove_meanwhile)
    other = chats.load("t2")
    assert removals == []
    assert other is not None
    assert [step.body["output"] for step in other[1]] == ["What may a hotel cost?"]
    assert chats.latest("emma", first=9)[0] == [], "what was removed is nobody's conversation again"


def test_a_second_thumb_replaces_the_first(chats: Chats) -> None:
    chats.save_thumb("t1", "s2", thumb_id="f1", helpful=True, comment=None)
    chats.save_thumb("t1", "s2", thumb_id="f2", helpful=False, comment="Wrong year")
    (thumb,) = chats.thumbs()
    assert (thumb.thumb_id, thumb.helpful, thumb.comment) == ("f2", False, "Wrong year")


def test_a_thumb_is_taken_back_by_its_giver_only(chats: Chats) -> None:
    chats.save_thumb("t1", "s2", thumb_id="f1", helpful=True, comment=None)
    assert not chats.remove_thumb("f1", account_id="karl")
    assert chats.remove_thumb("f1", account_id="emma")
    assert chats.thumbs() == []


def test_retention_removes_what_nobody_has_touched(chats: Chats) -> None:
    assert chats.remove_untouched(days=1) == 0
    assert chats.remove_untouched(days=0) == 1
    assert chats.load("t1") is None


def test_a_removed_version_s_words_leave_every_conversation_and_its_siblings_stay(chats: Chats) -> None:
    def said(step: str, *versions: str, **more: object) -> None:
        metadata = {"answer": step, "documents": ["d1"], **more}
        chats.save_step("t1", step, {"output": step, "metadata": metadata})
        shown = [{"passage_id": f"{version}.p0001", "quote": version} for version in versions]
        chats.save_element("t1", f"{step} passages", {"forId": step, "props": {"passages": shown}})

    said("second", "d1.v2", versions=["d1.v2"])
    said("tenth", "d1.v20", versions=["d1.v20"])
    said("from an earlier release, second", "d1.v2")
    said("from an earlier release, first", "d1.v1")
    said("from an earlier release, without passages")
    chats.forget("d1", ["d1.v2"])
    loaded = chats.load("t1")
    assert loaded is not None
    left = [step.step_id for step in loaded[1] if "has been removed" not in step.body["output"]]
    assert left == ["s1", "s2", "tenth", "from an earlier release, first"]
    quoted = [each["quote"] for element in loaded[2] for each in element.body["props"]["passages"]]
    assert "d1.v2" not in quoted
    assert {"d1.v1", "d1.v20"} <= set(quoted)


def test_with_an_answer_is_kept_what_its_words_are_from_with_what_stands_beside_them() -> None:
    beside = replace(passage("d2.v3.p0007"), document_id="d2")
    aside = Aside(AsideKind.DEFINITION, "leave", 1, Citation(2, beside, 0, 5))
    kept = kept_with(replace(answered("How much leave?"), asides=(aside,)))
    assert (kept["documents"], kept["versions"]) == (["d1", "d2"], ["d1.v1", "d2.v3"])


def test_with_a_refusal_is_kept_what_the_nearest_words_are_from() -> None:
    near = Citation(1, replace(passage("d3.v1.p0001"), document_id="d3"), 0, 5)
    refusal = replace(refused("How much leave?"), nearest=(near,))
    assert (kept_with(refusal)["documents"], kept_with(refusal)["versions"]) == (["d3"], ["d3.v1"])
    assert kept_with(replace(refusal, confidence=0.0))["documents"] == [], "it was not shown"


def test_a_removed_document_s_words_leave_every_conversation(chats: Chats) -> None:
    body = {"output": "28 days. [1]", "metadata": {"answer": "28 days. [1]", "documents": ["d1"]}}
    chats.save_step("t1", "s2", body)
    chats.save_step("t1", "s3", {"output": "Ask about d1.", "metadata": {"documents": ["d2"]}})
    shown = [{"passage_id": "d1.v1.p0001", "quote": "28 days"}, {"passage_id": "d2.v1.p0001", "quote": "45 euro"}]
    chats.save_element("t1", "e1", {"id": "e1", "props": {"passages": shown}})
    assert chats.forget("d1") == 2
    loaded = chats.load("t1")
    assert loaded is not None
    outputs = {step.step_id: step.body["output"] for step in loaded[1]}
    assert "has been removed" in outputs["s2"]
    assert outputs["s3"] == "Ask about d1."
    assert [each["quote"] for each in loaded[2][0].body["props"]["passages"]] == ["45 euro"]
    assert "28 days" not in repr([step.body for step in loaded[1]])
