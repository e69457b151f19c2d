"""Compound files (MS-CFB) as Outlook saves mails in: streams and folders of streams, written plainly for tests and samples."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_SECTOR, _MINI, _CUTOFF = 512, 64, 4096
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
_STORAGE, _STREAM, _ROOT = 1, 2, 5

#: Streams by name; a folder is a tree of its own.
Tree = dict[str, "bytes | Tree"]


@dataclass(slots=True)
class _Entry:
    name: str
    kind: int
    data: bytes = b""
    child: int = _FREE
    right: int = _FREE
    start: int = _END
    size: int = 0


def compound_file(tree: Tree) -> bytes:
    """A compound file that holds the tree. All of it must fit in one sector of its table: 60 KB."""
    entries = [_Entry("Root Entry", _ROOT)]
    _add(entries, 0, tree)
    mini = bytearray()
    mini_fat: list[int] = []
    large: list[_Entry] = []
    for entry in entries[1:]:
        if entry.kind == _STREAM and entry.data:
            entry.size = len(entry.data)
            if entry.size >= _CUTOFF:
                large.append(entry)
                continue
            entry.start = len(mini_fat)
            mini_fat.extend(_chain(len(mini_fat), -(-entry.size // _MINI)))
            mini.extend(entry.data.ljust(-(-entry.size // _MINI) * _MINI, b"\0"))
    fat: list[int] = [_FAT]
    sectors: list[bytes] = []

    def place(data: bytes) -> int:
        count = -(-len(data) // _SECTOR)
        start = len(fat)
        fat.extend(_chain(start, count))
        sectors.append(data.ljust(count * _SECTOR, b"\0"))
        return start if count else _END

    for entry in large:
        entry.start = place(entry.data)
    entries[0].start, entries[0].size = place(bytes(mini)), len(mini)
    mini_fat_start = place(_longs(mini_fat, _SECTOR // 4))
    directory_start = place(b"".join(map(_packed, entries)))
    if len(fat) > _SECTOR // 4:
        raise ValueError(f"the tree takes {len(fat)} sectors, at most {_SECTOR // 4} fit; put less in it")
    header = struct.pack(
        "<8s16sHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6,
        0, 1, directory_start, 0, _CUTOFF, mini_fat_start, -(-len(mini_fat) * 4 // _SECTOR), _END, 0,
    )  # fmt: skip
    return header + _longs([0], 109) + _longs(fat, _SECTOR // 4) + b"".join(sectors)


def _add(entries: list[_Entry], parent: int, tree: Tree) -> None:
    # The format sorts names by length first; a list that only leans right is a tree as well.
    names = sorted(tree, key=lambda name: (len(name), name.upper()))
    last: int | None = None
    for name in names:
        held = tree[name]
        place = len(entries)
        entries.append(_Entry(name, _STREAM, held) if isinstance(held, bytes) else _Entry(name, _STORAGE))
        if last is None:
            entries[parent].child = place
        else:
            entries[last].right = place
        last = place
        if not isinstance(held, bytes):
            _add(entries, place, held)


def _chain(start: int, count: int) -> list[int]:
    return [*range(start + 1, start + count), _END] if count else []


def _longs(values: list[int], least: int) -> bytes:
    filled = values + [_FREE] * (-len(values) % least)
    return struct.pack(f"<{len(filled)}I", *filled)


def _packed(entry: _Entry) -> bytes:
    name = entry.name.encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16sI8s8sIQ", name, len(name) + 2, entry.kind, 1, _FREE, entry.right, entry.child, b"", 0, b"", b"",
        entry.start, entry.size,
    )  # fmt: skip
