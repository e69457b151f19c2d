"""Files damaged on purpose, as they come out of broken disks, half uploads and bad intent. The same chance gives the same bytes."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath
from random import Random

from corpora.formats import mail, packed

#: An undamaged file: its name and its bytes.
Seed = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A damaged file."""

    name: str
    data: bytes
    kind: str
    is_bomb: bool = False  #: swells whoever unpacks it: must be refused at once


#: (seed, chance) -> the damaged file, or None where this kind does not apply to the seed.
Mutation = Callable[[Seed, Random], "Mutant | None"]

_ENDINGS = (".pdf", ".docx", ".pptx", ".xlsx", ".txt", ".html", ".csv", ".eml", ".msg", ".rtf", ".odt", ".epub", ".png", ".tiff", ".md")  # fmt: skip


# -- any file --------------------------------------------------------------------------------------------------------


def bits_flipped(seed: Seed, chance: Random) -> Mutant:
    """One to two hundred bits turned over."""
    data = bytearray(seed[1])
    for _ in range(chance.choice((1, 3, 20, 200))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return Mutant(seed[0], bytes(data), "bits flipped")


def truncated(seed: Seed, chance: Random) -> Mutant:
    return Mutant(seed[0], seed[1][: chance.randrange(len(seed[1]))], "truncated")


def overwritten(seed: Seed, chance: Random) -> Mutant:
    """A stretch of other bytes, or of zeros as a disk leaves them."""
    data = bytearray(seed[1])
    start = chance.randrange(len(data))
    length = min(chance.choice((4, 64, 1024)), len(data) - start)
    data[start : start + length] = bytes(length) if chance.random() < 0.5 else chance.randbytes(length)
    return Mutant(seed[0], bytes(data), "overwritten")


def repeated(seed: Seed, chance: Random) -> Mutant:
    """A stretch twice, as after a broken upload that went on in the wrong place."""
    start = chance.randrange(len(seed[1]))
    end = start + chance.randrange(1, 5_000)
    return Mutant(seed[0], seed[1][:end] + seed[1][start:end] + seed[1][end:], "repeated")


def renamed(seed: Seed, chance: Random) -> Mutant:
    return Mutant(PurePath(seed[0]).stem + chance.choice(_ENDINGS), seed[1], "wrong ending")


# -- archives --------------------------------------------------------------------------------------------------------

_CENTRAL = b"PK\x01\x02"


def size_lied(seed: Seed, chance: Random) -> Mutant | None:
    """A size or place in the archive's directory that is not true."""
    places = [match.start() for match in re.finditer(re.escape(_CENTRAL), seed[1])]
    if not seed[1].startswith(b"PK") or not places:
        return None
    data = bytearray(seed[1])
    # Offsets in a directory entry: sum, packed size, unpacked size, place of the part.
    where = chance.choice(places) + chance.choice((16, 20, 24, 42))
    data[where : where + 4] = struct.pack("<I", chance.choice((0, 1, 1_000, 0x7FFFFFFF, 0xFFFFFFFF)))
    return Mutant(seed[0], bytes(data), "sizes lied about")


def part_damaged(seed: Seed, chance: Random) -> Mutant | None:
    """An archive in order, with a part inside that is not: this reaches the readers themselves."""
    parts = _parts(seed[1])
    if not parts:
        return None
    name = chance.choice([name for name, content in parts.items() if content] or list(parts))
    content = bytearray(parts[name])
    for _ in range(chance.choice((1, 5, 50))):
        content[chance.randrange(len(content))] = chance.choice(b'<>/"=& 0aZ\xff\0') if content else 0
    how = chance.random()
    if how < 0.2:
        content = content[: len(content) // 2]
    if how > 0.9:
        del parts[name]
    else:
        parts[name] = bytes(content)
    return Mutant(seed[0], packed(parts), "part damaged")


def archive_nested(seed: Seed, chance: Random) -> Mutant:
    """The file in archives in archives, alone or attached to a mail."""
    inner, name = seed[1], seed[0]
    for depth in range(chance.randrange(1, 8)):
        inner, name = packed({name: inner}), f"archive{depth}.zip"
    if chance.random() < 0.4:
        return Mutant("nested.eml", mail((name, inner)), "archives nested")
    return Mutant(f"nested{chance.choice(('.docx', '.xlsx', '.odt', '.epub', '.zip'))}", inner, "archives nested")


def entities_declared(seed: Seed, chance: Random) -> Mutant | None:
    """Entities that stand for each other many times over, in the archive's main part."""
    parts = _parts(seed[1])
    main = next((name for name in parts if _MAIN.fullmatch(name)), None)
    if main is None:
        return None
    levels = "".join(
        f'<!ENTITY a{level} "{f"&a{level - 1};" * 10 if level else "lol" * 10}">'
        for level in range(chance.randrange(6, 12))
    )
    text = parts[main].decode("utf-8", "replace")
    text = re.sub(r"<\?xml.*?\?>", "", text)
    bomb = f"<!DOCTYPE x [{levels}]>{text}".replace("</", "&a5;</", 1)
    encoding = chance.choice(("utf-8", "utf-16"))
    return Mutant(seed[0], packed({**parts, main: bomb.encode(encoding)}), "entity bomb", is_bomb=True)


_MAIN = re.compile(
    r"word/document\.xml|ppt/presentation\.xml|ppt/slides/slide1\.xml|xl/workbook\.xml|content\.xml|OPS/c0\.xhtml"
)


def bomb_packed(seed: Seed, chance: Random) -> Mutant | None:
    """A part that unpacks to a thousand times its size: as the directory says, or smaller than it says, or many times over."""
    parts = _parts(seed[1])
    if not parts:
        return None
    how = chance.choice(("honest", "lying", "shared"))
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    main = next((name for name in parts if _MAIN.fullmatch(name)), next(iter(parts)))
    claimed = {"honest": _BOMB_BYTES, "lying": chance.randrange(1_000, 900_000), "shared": 10_000_000}[how]
    copies = 60 if how == "shared" else 1
    return Mutant(
        seed[0], _with_bomb(written.getvalue(), main, claimed=claimed, copies=copies), f"zip bomb, {how}", is_bomb=True
    )


_BOMB_BYTES = 150_000_000


@cache
def _swollen() -> tuple[bytes, int]:
    """Deflated white space of the bomb's size, and its sum."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = b" " * 1_000_000
    data, total = b"", 0
    for _ in range(_BOMB_BYTES // len(block)):
        data += packer.compress(block)
        total = zlib.crc32(block, total)
    return data + packer.flush(), total


def _with_bomb(archive: bytes, name: str, *, claimed: int, copies: int) -> bytes:
    """The archive with the bomb in place of a part, and in the directory as often as asked."""
    deflated, total = _swollen()
    end = archive.rfind(b"PK\x05\x06")
    directory, place = struct.unpack("<II", archive[end + 12 : end + 20])
    entries = archive[place : place + directory].replace(name.encode(), b"x" * len(name.encode()))
    sizes = struct.pack("<III", total, len(deflated), claimed)
    local = b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 8, 0, 33) + sizes + struct.pack("<HH", len(name), 0)
    added = b""
    for number in range(copies):
        called = name.encode() if number == 0 else f"word/x{number}.bin".encode()
        added += _CENTRAL + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 33) + sizes
        added += struct.pack("<HHHHHII", len(called), 0, 0, 0, 0, 0, place) + called
    body = archive[:place] + local + name.encode() + deflated
    count = struct.unpack("<H", archive[end + 10 : end + 12])[0] + copies
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(entries) + len(added), len(body), 0)
    return body + entries + added + tail


def parts_multiplied(seed: Seed, chance: Random) -> Mutant | None:
    """An archive with thousands of parts too many."""
    parts = _parts(seed[1])
    if not parts:
        return None
    return Mutant(seed[0], packed({**parts, **{f"x/{number}": b"" for number in range(6_000)}}), "many parts")


# -- sizes and depths that are claimed -------------------------------------------------------------------------------


def dimensions_claimed(seed: Seed, chance: Random) -> Mutant | None:
    """A picture, page or sheet that says it is enormous."""
    name, data = seed
    huge = chance.choice((30_000, 60_000, 2_000_000_000))
    if data.startswith(b"\x89PNG"):
        header = b"IHDR" + struct.pack(">II", huge, huge) + data[24:29]
        changed = data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]
        return Mutant(name, changed, "huge picture", is_bomb=True)
    if data.startswith(b"\xff\xd8"):
        found = re.search(rb"\xff\xc0.{3}", data, re.DOTALL)
        side = struct.pack(">HH", 65_000, 65_000)
        return (
            Mutant(name, data[: found.end()] + side + data[found.end() + 4 :], "huge picture", is_bomb=True)
            if found
            else None
        )
    if data.startswith(b"%PDF"):
        changed, count = re.subn(rb"/MediaBox\s*\[[^\]]*\]", b"/MediaBox [0 0 %d %d]" % (huge, huge), data)
        return Mutant(name, changed, "huge page") if count else None
    if name.endswith(".xlsx"):
        parts = _parts(data)
        sheet = next((part for part in parts if part.startswith("xl/worksheets/sheet")), None)
        if sheet is None:
            return None
        text = re.sub(rb"<dimension ref=\"[^\"]*\"", b'<dimension ref="A1:XFD1048576"', parts[sheet])
        far = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>far away</t></is></c></row></sheetData>'
        return Mutant(name, packed({**parts, sheet: text.replace(b"</sheetData>", far)}), "huge sheet")
    return None


_DEEP = {
    ".html": (b"<div>", b"Leave is paid.", b"</div>"),
    ".md": (b"> ", b"Leave is paid.", b""),
    ".txt": (b"((", b"Leave is paid.", b"))"),
    ".rtf": (b"{", b"Leave is paid.", b"}"),
    ".csv": (b'"', b"Leave", b'",'),
}


def deeply_nested(seed: Seed, chance: Random) -> Mutant | None:
    """The same mark inside itself, thousands of times; mails in mails; elements in elements."""
    name, data = seed
    ending = PurePath(name).suffix
    depth = chance.choice((500, 3_000, 20_000))
    if ending in _DEEP:
        opened, text, closed = _DEEP[ending]
        start = b"{\\rtf1 " if ending == ".rtf" else b""
        return Mutant(name, start + opened * depth + text + closed * depth, "deeply nested")
    if ending == ".eml":
        for _ in range(min(depth, 40)):
            data = mail(("inner.eml", data)) if len(data) < 2_000_000 else data
        return Mutant(name, data, "deeply nested")
    parts = _parts(data)
    main = next((part for part in parts if _MAIN.fullmatch(part)), None)
    if main is None:
        return None
    inside = re.sub(
        rb"(<(?:w:body|p:spTree|office:text|body)\b[^>]*>)", rb"\1" + b"<x>" * depth + b"</x>" * depth, parts[main]
    )
    return Mutant(name, packed({**parts, main: inside}), "deeply nested")


def _parts(data: bytes) -> dict[str, bytes]:
    """An archive's parts; none where the seed is no archive that can be read."""
    if not data.startswith(b"PK"):
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    except (zipfile.BadZipFile, zlib.error, KeyError, OSError, EOFError, NotImplementedError, RuntimeError, ValueError):
        return {}


#: Those of any file come often, as they do in life.
MUTATIONS: tuple[tuple[Mutation, int], ...] = (
    (bits_flipped, 5), (truncated, 4), (overwritten, 3), (repeated, 1), (renamed, 2), (size_lied, 3), (part_damaged, 6), (archive_nested, 2),
    (entities_declared, 2), (bomb_packed, 2), (parts_multiplied, 1), (dimensions_claimed, 2), (deeply_nested, 2),
)  # fmt: skip


def mutants(seeds: Sequence[Seed], count: int, chance: Random) -> list[Mutant]:
    """So many damaged files, every mutation of every seed in turn of chance; each is made from one seed.

    :param seeds: not empty; none of them of zero bytes.
    """
    kinds = [mutation for mutation, weight in MUTATIONS for _ in range(weight)]
    made: list[Mutant] = []
    while len(made) < count:
        mutant = chance.choice(kinds)(chance.choice(seeds), chance)
        if mutant is not None:
            made.append(mutant)
    return made
