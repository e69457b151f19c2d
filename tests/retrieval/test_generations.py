from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from retrieval import generations
from retrieval.dense import DenseIndex
from retrieval.documents import NewPassage, NewVersion
from retrieval.errors import HomeInUse, HomeTooNew, IndexDamaged, IndexEmpty, IndexMismatch, NotReady
from retrieval.generations import CurrentIndex, current_generation, drop_earlier, is_stale, open_index, publish
from retrieval.home import Home
from retrieval.lexical import LexicalIndex
from retrieval.models import sha256_of
from retrieval.store import Store
from retrieval.tables import DocumentRow
from retrieval.terms import terms
from tests.fakes import WordEncoder

ENCODER = WordEncoder()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def store(home: Home) -> Store:
    return Store.open(home)


def add(
    store: Store, name: str, *texts: str, document_id: str | None = None, effective_from: date | None = None
) -> str:
    new = NewVersion(
        title=name, file=f"{name}.md", source=name, sha256=(name * 64)[:64], media_type="text/markdown", size_bytes=1,
        passages=tuple(NewPassage(text=text) for text in texts), effective_from=effective_from,
    )  # fmt: skip
    return store.add_version(new, document_id=document_id).document_id


def flip_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def test_published_index_reads_back_equal(home: Home, store: Store) -> None:
    add(store, "leave", "28 days", "carry over until March")
    assert publish(home, store, ENCODER) == 1
    assert list(open_index(home).passages) == store.published_passages()


def test_nothing_changed_keeps_the_generation(home: Home, store: Store) -> None:
    add(store, "leave", "28 days")
    assert [publish(home, store, ENCODER), publish(home, store, ENCODER)] == [1, 1]


def test_readers_keep_the_generation_they_opened(home: Home, store: Store) -> None:
    add(store, "leave", "28 days")
    publish(home, store, ENCODER)
    current = CurrentIndex(home, encoder=ENCODER.name)
    old = current.get()
    add(store, "travel", "second class")
    publish(home, store, ENCODER)
    assert (len(old), len(current.get())) == (1, 2)


def test_a_publish_while_an_index_is_opened_is_no_damage(
    home: Home, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, "leave", "28 days")
    publish(home, store, ENCODER)
    read = generations.read_manifest

    def publish_first(folder: Path) -> generations.Manifest:
        monkeypatch.setattr(generations, "read_manifest", read)
        publish(home, store, ENCODER, rebuild=True)  # drops what is about to be read
        return read(folder)

    monkeypatch.setattr(generations, "read_manifest", publish_first)
    assert open_index(home, encoder=ENCODER.name).generation == 2


@pytest.mark.parametrize("name", ["passages.jsonl", "lexical.npz", "dense.faiss"])
def test_files_dropped_after_they_were_checked_are_read_from_the_next_generation(
    home: Home, store: Store, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    add(store, "leave", "28 days")
    publish(home, store, ENCODER)
    verify = generations.verify_files

    def drop(folder: Path, manifest: generations.Manifest) -> None:
        verify(folder, manifest)
        monkeypatch.setattr(generations, "verify_files", verify)
        publish(home, store, ENCODER, rebuild=True)
        shutil.copytree(home.index / "000002", folder)
        (folder / name).unlink()

    monkeypatch.setattr(generations, "verify_files", drop)
    assert open_index(home, encoder=ENCODER.name).generation == 2


@pytest.mark.parametrize("name", ["passages.jsonl", "lexical.npz", "dense.faiss"])
def test_a_file_that_vanishes_as_it_is_read_is_damage(
    home: Home, store: Store, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    add(store, "leave", "28 days")
    publish(home, store, ENCODER)
    monkeypatch.setattr(generations, "verify_files", lambda folder, _: (folder / name).unlink())
    with pytest.raises(IndexDamaged, match=r"cannot be read .*index rebuild"):
        open_index(home)


def test_the_generation_before_stays_until_the_next_is_published(home: Home, store: Store) -> None:
    kept = []
    for name in ("leave", "travel", "hotels"):
        add(store, name, f"about {name}")
        publish(home, store, ENCODER)
        kept.append(sorted(path.name for path in home.index.iterdir() if path.is_dir()))
    assert kept == [["000001"], ["000001", "000002"], ["000002", "000003"]]
    drop_earlier(home)
    assert [path.name for path in home.index.iterdir() if path.is_dir()] == ["000003"]


def full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def full_disk_in_faiss(*_: object) -> None:
    raise RuntimeError("Error in faiss::FileIOWriter\nwrite error in dense.faiss: No space left on device")


@pytest.mark.parametrize(
    ("owner", "step", "fails"),
    [
        (LexicalIndex, "save", full_disk),
        (DenseIndex, "save", full_disk_in_faiss),
        (generations, "sync", full_disk),
        (generations, "_make_current", full_disk),
    ],
)
def test_a_full_disk_is_said_in_a_line_and_leaves_nothing_behind(
    home: Home, store: Store, monkeypatch: pytest.MonkeyPatch, owner: object, step: str, fails: Callable[..., None]
) -> None:
    add(store, "leave", "28 days")
    publish(home, store, ENCODER)
    add(store, "travel", "second class")
    with monkeypatch.context() as patch:
        patch.setattr(owner, step, fails)
        with pytest.raises(NotReady, match=r"No space left on device.*make room") as raised:
            publish(home, store, ENCODER)
    assert "\n" not in str(raised.value)
    assert [path.name for path in home.index.iterdir() if path.is_dir()] == ["000001"]
    assert open_index(home).generation == 1
    publish(home, store, ENCODER)
    assert len(open_index(home)) == 2


def test_what_a_killed_process_was_writing_goes_when_the_next_one_writes(home: Home, store: Store) -> None:
    (home.index / ".writing-000002").mkdir()
    with home.writing():
        assert [path.name for path in home.index.iterdir()] == []


def test_a_title_that_leaves_no_room_for_the_text_does_not_jam_the_library(home: Home, store: Store) -> None:
    document_id = add(store, "leave", "unused days lapse in March", "travel is second class")
    publish(home, store, ENCODER)

    def lengthen(row: DocumentRow) -> None:
        row.versions[0].title = "leave policy " * 200

    store.change(document_id, lengthen)
    assert publish(home, store, ENCODER) == 2
    add(store, "hotels", "a hotel costs 120 euros")
    assert publish(home, store, ENCODER) == 3
    index = open_index(home)
    asked = ENCODER.encode(["unused days lapse in March"])[0]
    rows, cosines = index.dense.search(asked, k=1)
    assert index.passages[rows[0]].text == "unused days lapse in March"
    assert cosines[0] == pytest.approx(1.0, abs=1e-3)


def test_words_of_an_earlier_format_are_counted_anew(home: Home, store: Store) -> None:
    add(store, "leave", "Ask IT about it.", "Ask HR.", "Nobody else.")
    publish(home, store, ENCODER)
    folder = home.index / "000001"
    LexicalIndex.build([["ask"], ["ask", "hr"], ["nobodi"]]).save(folder / "lexical.npz")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["format"] = 1
    path = folder / "lexical.npz"
    manifest["files"]["lexical.npz"] = {"size_bytes": path.stat().st_size, "sha256": sha256_of(path)}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    encoded = len(ENCODER.encoded)
    assert open_index(home).lexical.search(terms("IT"), k=5)[0].tolist() == [0]
    assert publish(home, store, ENCODER) == publish(home, store, ENCODER) == 2
    assert len(ENCODER.encoded) == encoded
    assert generations.read_manifest(home.index / "000002").format == generations.FORMAT


@pytest.mark.parametrize("name", ["passages.jsonl", "lexical.npz", "dense.faiss"])
def test_flipped_byte_is_noticed(home: Home, store: Store, name: str) -> None:
    add(store, "leave", "28 days")
    publish(home, store, ENCODER)
    flip_byte(home.index / "000001" / name)
    with pytest.raises(IndexDamaged, match=name):
        open_index(home)
    assert publish(home, store, ENCODER) == 2  # mended from the database
    assert len(open_index(home)) == 1


def test_crash_before_the_switch_leaves_the_old_generation(
    home: Home, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, "leave", "28 days")
    publish(home, store, ENCODER)
    add(store, "travel", "second class")

    def power_cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(generations, "_make_current", power_cut)
        with pytest.raises(KeyboardInterrupt):
            publish(home, store, ENCODER)
    assert (current_generation(home), len(open_index(home)), is_stale(home, store)) == (1, 1, True)
    publish(home, store, ENCODER)
    assert (len(open_index(home)), is_stale(home, store)) == (2, False)


def test_removed_document_leaves_no_text_behind(home: Home, store: Store) -> None:
    document_id = add(store, "secret", "the merger is called zanzibar")
    add(store, "leave", "28 days")
    publish(home, store, ENCODER)
    store.remove_document(document_id)
    publish(home, store, ENCODER, rebuild=True)
    store.compact()
    left = [path for path in home.root.rglob("*") if path.is_file() and b"zanzibar" in path.read_bytes()]
    assert left == []


def test_empty_home_says_what_to_run(home: Home) -> None:
    with pytest.raises(IndexEmpty, match="policydesk ingest"):
        open_index(home)


def test_a_library_whose_last_document_was_removed_is_empty_and_written_once(home: Home, store: Store) -> None:
    document_id = add(store, "leave", "28 days")
    publish(home, store, ENCODER)
    store.remove_document(document_id)
    assert [publish(home, store, ENCODER), publish(home, store, ENCODER)] == [2, 2]
    with pytest.raises(IndexEmpty, match="no published documents"):
        open_index(home)
    add(store, "travel", "second class")
    publish(home, store, ENCODER)
    assert [passage.text for passage in open_index(home).passages] == ["second class"]


@pytest.mark.parametrize("pointer", [b"", b"0", b"-1", b"\xff\xfe", b"one"])
def test_a_damaged_pointer_is_no_empty_library(home: Home, store: Store, pointer: bytes) -> None:
    add(store, "leave", "28 days")
    publish(home, store, ENCODER)
    (home.index / "current").write_bytes(pointer)
    with pytest.raises(IndexDamaged, match="policydesk index rebuild"):
        open_index(home)
    assert publish(home, store, ENCODER, rebuild=True) == 2
    assert len(open_index(home)) == 1


def test_documents_without_an_index_are_not_said_to_be_none(home: Home, store: Store) -> None:
    add(store, "leave", "28 days")
    with pytest.raises(IndexEmpty, match="policydesk index rebuild"):
        open_index(home)


def test_another_encoders_index_is_refused(home: Home, store: Store) -> None:
    add(store, "leave", "28 days")
    publish(home, store, ENCODER)
    with pytest.raises(IndexMismatch, match="index rebuild"):
        open_index(home, encoder="other")


def test_second_writer_is_told_to_wait(home: Home) -> None:
    with home.writing(), pytest.raises(HomeInUse, match="another process"), home.writing(timeout_s=0.05):
        pass


def test_newer_home_is_refused(home: Home, store: Store) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA user_version = 999")
    with pytest.raises(HomeTooNew, match="newer Policydesk"):
        Store.open(home)


def test_file_that_is_no_database_is_refused(home: Home) -> None:
    home.create()
    home.database.write_bytes(b"this is not a database, only some bytes" * 40)
    with pytest.raises(NotReady, match="backup"):
        Store.open(home)
