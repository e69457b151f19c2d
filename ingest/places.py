"""Where the numbered places of each version stand, so that a mention of one leads to its words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from ingest.crossreferences import NAMED_PARTS, Reference
from ingest.numbering import Label, label
from retrieval.records import Passage, PassageKind
from retrieval.terms import terms

_RULES = "rule"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a place that stands in one passage: ``passage.text[start:end]``."""

    passage: Passage
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Place:
    """What a mention leads to: a clause, or a section with everything below its heading."""

    pieces: tuple[Piece, ...]
    is_section: bool

    def is_headed(self, heading: str) -> bool:
        """Whether a heading, repeated by a mention, shares a word with the place's own or with its first words; else the
        mention is of another document's place of that number."""
        first = self.pieces[0]
        own = " ".join([*first.passage.section_path, first.passage.text[first.start : first.start + 160]])
        return not set(terms(heading)).isdisjoint(terms(own))


_Key = tuple[str, str]


class Places:
    """The numbered places of a library's versions. A version is read when one of its places is first asked for.

    :param passages: of any number of versions, in the order of their ids.
    """

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.passages = passages
        self._read: dict[str, dict[_Key, Place]] = {}

    @cached_property
    def _rows(self) -> dict[str, list[int]]:
        rows: dict[str, list[int]] = defaultdict(list)
        for row, passage in enumerate(self.passages):
            rows[passage.version_id].append(row)
        return rows

    @cached_property
    def _versions_by_title(self) -> dict[str, list[str]]:
        versions: dict[str, list[str]] = defaultdict(list)
        for version_id, rows in self._rows.items():
            versions[_folded(self.passages[rows[0]].title)].append(version_id)
        return versions

    def version(self, version_id: str) -> list[Passage]:
        """A version's passages in document order."""
        return [self.passages[row] for row in self._rows.get(version_id, ())]

    def resolve(self, reference: Reference, passage: Passage, allows: Callable[[Passage], bool]) -> Place | None:
        """What a mention in a passage leads to, None where nothing does, or several documents could be meant.

        :param allows: whether a passage may be seen by who asks, on the day that is asked about: a mention of another
            document leads to its version in force then.
        """
        version_id = passage.version_id if reference.title is None else self._other(reference.title, passage, allows)
        place = self._places(version_id).get(_key(reference)) if version_id is not None else None
        if place is None or not all(allows(piece.passage) for piece in place.pieces):
            return None
        return place if reference.heading is None or place.is_headed(reference.heading) else None

    def _other(self, title: str, passage: Passage, allows: Callable[[Passage], bool]) -> str | None:
        wanted = _folded(title)
        if wanted == _folded(passage.title):
            return passage.version_id
        named = self._versions_by_title.get(wanted) or self._begun(wanted)
        visible = [version_id for version_id in named if allows(self.passages[self._rows[version_id][0]])]
        if not named and " " not in wanted:  # "section 6.2 of the DPA", in the DPA
            return passage.version_id
        at_home = [one for one in visible if self.passages[self._rows[one][0]].jurisdiction == passage.jurisdiction]
        meant = at_home or visible
        return meant[0] if len(meant) == 1 else None

    def _begun(self, wanted: str) -> list[str]:
        """Versions of the one title that begins so: "Germany Addendum" for "Germany Addendum to the Employee Handbook"."""
        longer = [title for title in self._versions_by_title if title.startswith(f"{wanted} ")] if " " in wanted else []
        return self._versions_by_title[longer[0]] if len(longer) == 1 else []

    def _places(self, version_id: str) -> dict[_Key, Place]:
        if version_id not in self._read:
            self._read[version_id] = _places(self.version(version_id))
        return self._read[version_id]


def _folded(title: str) -> str:
    """A title for comparing: without what stands in brackets, small."""
    return re.sub(r"\W+", " ", re.sub(r"\([^)]*\)", " ", title)).strip().casefold()


def _key(reference: Reference) -> _Key:
    return (reference.word if reference.word in NAMED_PARTS else _RULES, _number(reference.number))


def _number(number: str) -> str:
    """``4.2(b)`` and ``§ 3 (1)`` as they are looked up: ``4.2/b``, ``3/1``; "3.1" where sections count clauses anew too."""
    return "/".join(re.findall(r"[\d.]+[A-Z]?|[A-Za-z]+", number.strip(" .:§"))).rstrip(".").casefold()


def _places(passages: Sequence[Passage]) -> dict[_Key, Place]:
    clauses: dict[_Key, list[Piece]] = {}
    sections: dict[_Key, list[Piece]] = defaultdict(list)
    for passage in passages:
        for heading in passage.section_path:
            mark = label(heading)
            if mark is not None:
                sections[_label_key(mark)].append(Piece(passage, 0, len(passage.text)))
        above = next((mark for heading in reversed(passage.section_path) if (mark := label(heading))), None)
        for key, piece in _clauses(passage, above):
            clauses.setdefault(key, []).append(piece)
    found = {key: Place(tuple(pieces[:1]), is_section=False) for key, pieces in clauses.items()}
    # "Section 5" is the section, also where a list counts to five somewhere.
    found.update({key: Place(tuple(pieces), is_section=True) for key, pieces in sections.items()})
    return found


def _label_key(mark: Label) -> _Key:
    word = re.sub(r"\W", "", mark.series)
    value = re.sub(rf"^{word}", "", mark.number, flags=re.IGNORECASE) if word and mark.series.isalpha() else mark.number
    return (word if word in NAMED_PARTS else _RULES, _number(value))


def _clauses(passage: Passage, above: Label | None) -> Iterator[tuple[_Key, Piece]]:
    """The numbered clauses that begin in a passage: each reaches to the next that is no part of it."""
    begun: list[tuple[int, str]] = []
    opened: list[tuple[str, str]] = []  # series and full number, outermost first
    section = _label_key(above)[1] if above else ""
    at = 0
    for line in passage.text.split("\n"):
        mark = label(line.strip())
        if mark is not None and mark.rest and not (passage.kind is PassageKind.TABLE and at):
            level = next((depth for depth, (series, _) in enumerate(opened) if series == mark.series), len(opened))
            own = _number(mark.number)
            is_whole = len(mark.ordinals) > 1 or mark.series.startswith("decimal1") or mark.series.isalpha()
            number = own if is_whole or not level else f"{opened[level - 1][1]}/{own}"
            opened[0 if is_whole else level :] = [(mark.series, number)]
            begun.append((at, number))
        at += len(line) + 1
    for position, (start, number) in enumerate(begun):
        end = next((later for later, other in begun[position + 1 :] if not other.startswith(f"{number}/")), at)
        piece = Piece(passage, start, min(end, len(passage.text)))
        yield (_RULES, number), piece
        if section and "." not in number:
            yield (_RULES, f"{section}/{number}"), piece
            yield (_RULES, f"{section}.{number}"), piece
