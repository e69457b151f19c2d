"""Zip archives that documents come in: refused by their directory where it promises too much, then read part by part."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from retrieval.errors import DocumentRejected

#: What a document may unpack to: all its parts together, and any part beside its packed size (a bomb is thousands to one).
MAX_UNPACKED_BYTES = 200_000_000
MAX_RATIO = 120
MAX_MEMBERS = 5_000

#: What zipfile raises for archives that are cut off, flipped or packed in a way it doesn't know.
_DAMAGE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    KeyError,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
_ENTITY = re.compile(b"<!ENTITY|<\0!\0E\0N\0T\0I\0T\0Y|\0<\0!\0E\0N\0T\0I\0T\0Y")


class Archive:
    """An archive whose directory was checked. Nothing is unpacked before it is asked for.

    :param what: what people call such a file, for the reasons: "Word file".
    :raises DocumentRejected: if it is damaged or encrypted, has too many parts, or promises to unpack to too much.
    """

    def __init__(self, data: bytes, *, what: str = "file") -> None:
        self.what = what
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _DAMAGE as error:
            raise self._damaged(error) from error
        self._check(self._zip.infolist())

    def _check(self, members: Sequence[zipfile.ZipInfo]) -> None:
        if len(members) > MAX_MEMBERS:
            raise DocumentRejected(f"the archive holds {len(members):,} parts, more than {MAX_MEMBERS:,}")
        unpacked = sum(member.file_size for member in members)
        if unpacked > MAX_UNPACKED_BYTES:
            raise DocumentRejected(
                f"the file unpacks to {unpacked / 1e6:,.0f} MB, over the {MAX_UNPACKED_BYTES / 1e6:,.0f} MB limit"
            )
        for member in members:
            if member.flag_bits & 1:
                raise DocumentRejected("the file is encrypted; save it without a password")
            if member.file_size > 1_000_000 and member.file_size > MAX_RATIO * max(member.compress_size, 1):
                ratio = member.file_size / max(member.compress_size, 1)
                raise DocumentRejected(
                    f"{_shown(member.filename)} unpacks to {ratio:,.0f} times its size: refused as a zip bomb"
                )

    @property
    def names(self) -> list[str]:
        """The parts that are files, in the order of the directory, each once."""
        return list(dict.fromkeys(name for name in self._zip.namelist() if not name.endswith("/")))

    def read(self, name: str) -> bytes:
        """A part's bytes, never more than the directory says.

        :raises DocumentRejected: if there is no such part, or it is damaged or not what the directory says.
        """
        try:
            size = self._zip.getinfo(name).file_size
            with self._zip.open(name) as stream:
                # Asked for one byte more than there is, zipfile unpacks no further and checks the sum.
                content = stream.read(size + 1)
        except _DAMAGE as error:
            raise self._damaged(error) from error
        if len(content) != size:
            raise self._damaged(ValueError(f"{_shown(name)} is shorter than it should be"))
        return content

    def markup(self, name: str) -> bytes:
        """An XML part's bytes.

        :raises DocumentRejected: also if it declares entities, which no office program writes.
        """
        content = self.read(name)
        if _ENTITY.search(content):
            raise DocumentRejected(f"{_shown(name)} declares XML entities, which can swell a reader: refused")
        return content

    def tree(self, name: str) -> Any:
        """An XML part as an lxml element, read without entities, DTD or network.

        :raises DocumentRejected: also if it is not well-formed.
        """
        from lxml import etree

        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
        try:
            return etree.fromstring(self.markup(name), parser)
        except etree.XMLSyntaxError as error:
            raise DocumentRejected(f"the {self.what} is damaged ({_one_line(error.msg)}); save it again") from error
        except ValueError as error:
            raise self._damaged(error) from error

    def repacked(self, instead: Mapping[str, bytes] | None = None) -> bytes:
        """The same archive with an honest directory, for libraries that unpack it themselves.

        :param instead: parts to write with other bytes.
        :raises DocumentRejected: if a part is damaged, or an XML part declares entities.
        """
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as clean:
            for name in self.names:
                clean.writestr(name, (instead or {}).get(name) or self._part(name))
        return packed.getvalue()

    def _part(self, name: str) -> bytes:
        return self.markup(name) if name.lower().endswith((".xml", ".rels", ".vml")) else self.read(name)

    def _damaged(self, error: Exception) -> DocumentRejected:
        return DocumentRejected(f"the {self.what} is truncated or damaged ({_one_line(error)}); save it again")


def _shown(name: str) -> str:
    return repr(name[:80]).strip("'\"")


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__
