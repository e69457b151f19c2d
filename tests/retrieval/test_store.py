from __future__ import annotations

import multiprocessing
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlalchemy.exc import OperationalError

from retrieval.documents import NewPassage, NewVersion, Standing
from retrieval.errors import HomeInUse, WrongUsage
from retrieval.home import Home
from retrieval.records import passage_order
from retrieval.store import Store
from retrieval.tables import Base, DocumentRow, NumberRow


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(Home(tmp_path))
    yield opened
    opened.close()


def version(digest: str, *, effective_from: date | None = None, published: bool = True) -> NewVersion:
    return NewVersion(
        title="Leave", file="leave.md", source="leave.md", sha256=digest * 64, media_type="text/markdown", size_bytes=1,
        passages=(NewPassage(text="one"), NewPassage(text="two")), effective_from=effective_from, published=published,
    )  # fmt: skip


def test_passage_ids_sort_in_document_order(store: Store) -> None:
    made = store.add_version(version("a"))
    assert [passage.passage_id for passage in store.passages(made.version_id)] == [
        "daaaaaaaaaa.v1.p0001",
        "daaaaaaaaaa.v1.p0002",
    ]


def test_the_number_of_a_version_that_is_gone_is_not_given_again(store: Store) -> None:
    document = store.add_version(version("a")).document_id
    removed = store.add_version(version("b"), document_id=document)
    store.remove_versions([removed.version_id])
    moved = store.add_version(version("c"), document_id=document)
    store.move_version(moved.version_id, None)
    numbers = [removed.number, moved.number, store.add_version(version("d"), document_id=document).number]
    assert numbers == [2, 3, 4]


def test_numbers_go_on_after_a_document_was_removed(store: Store) -> None:
    made = store.add_version(version("a"))
    store.add_version(version("b"), document_id=made.document_id)
    store.remove_document(made.document_id)
    again = store.add_version(version("a"))
    store.remove_versions([again.version_id])
    numbers = [again.number, store.add_version(version("a")).number]
    assert (again.document_id, numbers) == (made.document_id, [3, 4])


def test_a_document_that_had_one_version_begins_anew_with_the_same_text(store: Store) -> None:
    made = store.add_version(version("a"))
    store.remove_document(made.document_id)
    again = store.add_version(version("a"))
    store.remove_versions([again.version_id])
    assert [again.version_id, store.add_version(version("a")).version_id] == [made.version_id] * 2


def test_the_ten_thousandth_passage_comes_last(store: Store) -> None:
    new = replace(version("a"), passages=tuple(NewPassage(text=str(number)) for number in range(1, 10_002)))
    made = store.add_version(new)
    in_order = [str(number) for number in range(1, 10_002)]
    assert [passage.text for passage in store.passages(made.version_id)] == in_order
    assert [passage.text for passage in store.published_passages()] == in_order
    assert max("d.v1.p10000", "d.v1.p9999", "d.v1.p0002", key=passage_order) == "d.v1.p10000"
    assert sorted(["D10", "D2", "d1.v10.p0001", "d1.v1.p0002"], key=passage_order) == [
        "D10", "D2", "d1.v1.p0002", "d1.v10.p0001",
    ]  # fmt: skip


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_an_undated_version_begins_on_the_day_that_the_clock_on_the_wall_shows(
    store: Store, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    midnight_there = 0 if zone.startswith("America") else 23
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        first = store.add_version(version("a"))
        store.add_version(version("b"), document_id=first.document_id)

        def set_moment(row: DocumentRow) -> None:
            row.versions[1].created_at = datetime(2026, 3, 2, midnight_there, 30, tzinfo=UTC)

        new = store.change(first.document_id, set_moment).versions[1]
        assert new.effective_from == (date(2026, 3, 1) if zone.startswith("America") else date(2026, 3, 3))
    finally:
        monkeypatch.undo()
        time.tzset()


def test_numbers_go_on_in_a_home_that_kept_no_record_of_them(store: Store) -> None:
    document = store.add_version(version("a")).document_id
    latest = store.add_version(version("b"), document_id=document)
    with store.sessions.begin() as session:
        session.execute(delete(NumberRow))
    store.remove_versions([latest.version_id])
    assert store.add_version(version("c"), document_id=document).number == 3


def test_version_ends_the_day_before_the_next_begins(store: Store) -> None:
    first = store.add_version(version("a", effective_from=date(2024, 1, 1)))
    store.add_version(version("b", effective_from=date(2025, 3, 1)), document_id=first.document_id)
    old, new = store.document(first.document_id).versions
    assert (old.effective_from, old.effective_to) == (date(2024, 1, 1), date(2025, 2, 28))
    assert (new.effective_from, new.effective_to) == (date(2025, 3, 1), None)
    assert old.standing(date(2025, 3, 1)) is Standing.SUPERSEDED


def test_older_version_uploaded_later_takes_its_place_in_time(store: Store) -> None:
    new = store.add_version(version("b", effective_from=date(2025, 3, 1)))
    store.add_version(version("a", effective_from=date(2024, 1, 1)), document_id=new.document_id)
    dates = {v.number: (v.effective_from, v.effective_to) for v in store.document(new.document_id).versions}
    assert dates == {1: (date(2025, 3, 1), None), 2: (date(2024, 1, 1), date(2025, 2, 28))}


def test_undated_version_replaces_the_one_before_from_today(store: Store) -> None:
    first = store.add_version(version("a"))
    second = store.add_version(version("b"), document_id=first.document_id)
    today = second.created_at.astimezone().date()
    old, new = store.document(first.document_id).versions
    assert (old.standing(today), new.standing(today)) == (Standing.SUPERSEDED, Standing.IN_FORCE)


def test_an_undated_version_replaces_the_one_before_though_the_clock_was_set_back(store: Store) -> None:
    document = store.add_version(version("a")).document_id
    store.add_version(version("b"), document_id=document)

    def fast_clock(row: DocumentRow) -> None:
        row.versions[1].created_at += timedelta(days=200)

    store.change(document, fast_clock)
    latest = store.add_version(version("c"), document_id=document)
    today = latest.created_at.astimezone().date()
    for day in (today, today + timedelta(days=300)):
        in_force = [one.number for one in store.document(document).versions if one.standing(day) is Standing.IN_FORCE]
        assert in_force == [3]


def test_a_version_from_the_first_day_there_is_closes_the_one_before(store: Store) -> None:
    first = store.add_version(version("a"))
    store.add_version(version("b", effective_from=date.min), document_id=first.document_id)
    one, other = store.document(first.document_id).versions
    assert (one.effective_to, other.effective_from, other.effective_to) == (date.min, date.min, None)


def test_moments_come_back_with_their_zone(store: Store) -> None:
    added = store.add_version(version("a"))
    document = store.document(added.document_id)
    assert [moment.tzinfo for moment in (added.created_at, document.created_at, document.versions[0].created_at)] == [
        UTC
    ] * 3
    assert document.versions[0].created_at == added.created_at


def publish_all(row: DocumentRow) -> None:
    for each in row.versions:
        each.published = True


def test_draft_changes_nothing_until_it_is_published(store: Store) -> None:
    first = store.add_version(version("a", effective_from=date(2024, 1, 1)))
    store.add_version(version("b", effective_from=date(2025, 1, 1), published=False), document_id=first.document_id)
    assert {passage.version_id for passage in store.published_passages()} == {first.version_id}
    store.change(first.document_id, publish_all)
    assert len({passage.version_id for passage in store.published_passages()}) == 2


def test_unknown_document_names_the_command_to_look(store: Store) -> None:
    with pytest.raises(WrongUsage, match="documents list"):
        store.document("nope")


def open_home(root: Path) -> None:
    store = Store.open(Home(root))
    store.documents()
    store.close()


def test_several_processes_open_a_new_home_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    for round_ in range(3):
        opening = [context.Process(target=open_home, args=(tmp_path / str(round_),)) for _ in range(4)]
        for process in opening:
            process.start()
        for process in opening:
            process.join()
        assert [process.exitcode for process in opening] == [0] * 4


def test_a_table_that_another_process_has_just_made_is_no_error(store: Store) -> None:
    Base.metadata.create_all(store.engine, checkfirst=False)
    assert store.documents() == []


def test_a_home_that_another_process_keeps_locked_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)
    Store.open(home).close()

    def locked(*_: object) -> None:
        raise OperationalError("PRAGMA user_version", {}, sqlite3.OperationalError("database is locked"))

    monkeypatch.setattr("retrieval.store._schema", locked)
    with pytest.raises(HomeInUse, match="try again") as raised:
        Store.open(home)
    assert "backup" not in str(raised.value)


def test_a_home_whose_tables_were_not_all_made_is_completed(tmp_path: Path) -> None:
    store = Store.open(Home(tmp_path))
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE version_numbers")
        connection.exec_driver_sql("PRAGMA user_version = 0")
    store.close()
    store = Store.open(Home(tmp_path))
    assert store.add_version(version("a")).number == 1
    store.close()


def test_a_home_with_any_name_holds_its_own_database(tmp_path: Path) -> None:
    home = Home(tmp_path / "what?mode=ro#a%20b")
    Store.open(home).close()
    assert home.database.is_file()
    assert [path.name for path in tmp_path.iterdir()] == [home.root.name]
