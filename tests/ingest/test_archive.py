from __future__ import annotations

import struct
import zipfile

import pytest

from ingest.archive import Archive
from retrieval.errors import DocumentRejected
from tests.ingest.builders import zipped


def test_parts_are_read_by_name() -> None:
    archive = Archive(zipped({"a.xml": b"<a/>", "folder/": b"", "b.bin": b"\0"}))
    assert archive.names == ["a.xml", "b.bin"]
    assert archive.read("b.bin") == b"\0"
    assert archive.tree("a.xml").tag == "a"


def test_too_many_parts_are_refused() -> None:
    with pytest.raises(DocumentRejected, match="5,001 parts, more than 5,000"):
        Archive(zipped({str(number): b"" for number in range(5_001)}))


def test_more_than_two_hundred_megabytes_are_refused_unread() -> None:
    claimed = _with_sizes(zipped({"a": b"x" * 100}), unpacked=300_000_000)
    with pytest.raises(DocumentRejected, match="unpacks to 300 MB"):
        Archive(claimed)


@pytest.mark.parametrize("unpacked", [10, 400_000])
def test_a_part_that_lies_about_its_size_is_refused_and_never_unpacked_further(unpacked: int) -> None:
    archive = Archive(_with_sizes(zipped({"a": b" " * 3_000_000}), unpacked=unpacked))
    with pytest.raises(DocumentRejected, match="damaged"):
        archive.read("a")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_declared_entities_are_refused_in_any_encoding(encoding: str) -> None:
    part = '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'.encode(encoding)
    with pytest.raises(DocumentRejected, match="declares XML entities"):
        Archive(zipped({"a.xml": part})).tree("a.xml")
    with pytest.raises(DocumentRejected, match="declares XML entities"):
        Archive(zipped({"a.xml": part})).repacked()


def test_a_repacked_archive_is_stored_and_takes_other_parts_in_place() -> None:
    import io

    clean = Archive(zipped({"a.xml": b"<a/>", "b": b"old"})).repacked({"b": b"new"})
    with zipfile.ZipFile(io.BytesIO(clean)) as archive:
        assert archive.read("b") == b"new"
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_STORED}


def test_a_missing_part_is_damage() -> None:
    with pytest.raises(DocumentRejected, match="the odt file is truncated or damaged"):
        Archive(zipped({"a": b""}), what="odt file").read("content.xml")


def _with_sizes(archive: bytes, *, unpacked: int) -> bytes:
    """The archive with another unpacked size in its directory's first entry."""
    place = archive.index(b"PK\x01\x02") + 24
    return archive[:place] + struct.pack("<I", unpacked) + archive[place + 4 :]
