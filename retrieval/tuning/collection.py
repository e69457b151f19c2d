"""What a tuning run learns from: folders in the BEIR layout, and folders of markdown without any questions."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from retrieval.errors import WrongUsage
from retrieval.particulars import document_of, with_particulars
from retrieval.records import Passage
from retrieval.tuning.rows import are_texts, find_file, read_lines, read_rows
from retrieval.tuning.sections import plain, read_markdown


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what is known of its answer.

    ``positives`` are the passages that answer it. An unanswerable question has none; ``against`` are then the passages
    it was asked against, which look as if they answered. ``answers`` are gold strings, for finding them in a passage.
    ``metadata`` says who asks, as of when and where, and after what.
    """

    question_id: str
    text: str
    split: str
    positives: frozenset[str] = frozenset()
    against: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def answerable(self) -> bool:
        return bool(self.positives)


@dataclass(frozen=True, slots=True)
class Collection:
    """Passages and the questions over them; ``questions`` is empty for unlabelled documents."""

    name: str
    passages: tuple[Passage, ...]
    questions: tuple[Question, ...] = ()

    def split(self, *names: str) -> tuple[Question, ...]:
        """The questions of these splits, in file order."""
        return tuple(question for question in self.questions if question.split in names)


def name_of(folder: Path) -> str:
    """What a folder's data are called: its name, also where the folder is given as ``.``."""
    # As it was named where it was: resolve() would give a link the name of what it leads to.
    return folder.name if folder.name not in ("", "..") else folder.resolve().name


def names_of(folders: Sequence[Path]) -> list[str]:
    """The names of folders, in their order.

    :raises WrongUsage: if two have one name.
    """
    names = [name_of(folder) for folder in folders]
    if twice := {name for name in names if names.count(name) > 1}:
        raise WrongUsage(f"two folders are called {min(twice)}; give one of them another name")
    return names


def read_collections(folders: Sequence[Path], *, in_service: bool = False) -> list[Collection]:
    """Read folders, in the order of their names; see :func:`read_collection`.

    :raises WrongUsage: also if two have one name: passages and settings go by it.
    """
    names_of(folders)
    return [read_collection(folder, in_service=in_service) for folder in sorted(folders, key=name_of)]


def digest(collections: Sequence[Collection]) -> str:
    """Tells what is learned from collections from anything else: a sha256 of their passages and questions."""
    found = sha256()
    for collection in collections:
        passages = [
            (one.passage_id, one.document_id, one.title, one.section_path, one.text) for one in collection.passages
        ]
        questions = [
            (one.question_id, one.text, one.split, sorted(one.positives), one.against, one.answers)
            for one in collection.questions
        ]
        found.update(json.dumps([collection.name, passages, questions]).encode())
    return found.hexdigest()


def read_collection(folder: Path, *, in_service: bool = False) -> Collection:
    """Read a folder: the BEIR layout where it has a ``corpus.jsonl``, otherwise its markdown files as unlabelled text.

    A folder of our own kind gives the sections of its ``documents/``, with the questions of ``questions.jsonl`` (quoted
    gold, as in our sample) or of ``lessons.jsonl`` (a sentence and several ways to ask for it, or for what it
    seems to say and doesn't). Beside the usual files, ``unanswerable.jsonl`` and ``doc_questions.jsonl`` (questions with an answer and a document,
    but no judgement) are read where they exist. Any file may be gzipped.

    :param in_service: for asking as in service, not for learning: with the days, country and audience of the passages, which
        hide some of them from some askers, and with the questions that are understood only after the ``history`` before them.
    :raises WrongUsage: if the folder holds neither, or a line is not what it should be; names file and line.
    """
    found = _collection(folder)
    if in_service:
        return found
    alone = tuple(question for question in found.questions if not question.metadata.get("history"))
    return Collection(found.name, tuple(with_particulars(passage, {}) for passage in found.passages), alone)


def _collection(folder: Path) -> Collection:
    corpus = find_file(folder, "corpus.jsonl")
    if corpus is None and (folder / "documents").is_dir():
        for name, read in (
            ("questions/questions.jsonl", _quoted),
            ("questions.jsonl", _quoted),
            ("lessons.jsonl", _lessons),
        ):
            if (folder / name).exists():
                return read(folder, folder / name)
    if corpus is None:
        passages = tuple(read_markdown(folder))
        if not passages:
            raise WrongUsage(
                f"{folder} holds neither corpus.jsonl nor markdown files; give a BEIR-layout or document folder"
            )
        return Collection(name_of(folder), passages)
    passages = tuple(_passage(row) for row in read_rows(corpus, "_id", "text"))
    by_document: dict[str, list[Passage]] = {}
    for passage in passages:
        by_document.setdefault(passage.document_id, []).append(passage)
    answers = {
        str(row["query_id"]): tuple(row["answers"])
        for row in read_rows(find_file(folder, "answers.jsonl"), "query_id", "answers")
    }
    asked = {str(row["_id"]): row for row in read_rows(find_file(folder, "queries.jsonl"), "_id", "text")}
    questions = list(_judged(folder, asked, answers, {passage.passage_id for passage in passages}))
    for row in read_rows(find_file(folder, "unanswerable.jsonl"), "_id", "text", "split"):
        against = tuple(str(passage_id) for passage_id in row.get("asked_against", ()))
        questions.append(Question(str(row["_id"]), row["text"], row["split"], against=against, metadata=_metadata(row)))
    for row in read_rows(find_file(folder, "doc_questions.jsonl"), "_id", "text", "answers", "split"):
        found = locate(" ".join(row["answers"]), by_document.get(str(row.get("pdf") or row.get("document")), []))
        if found:
            questions.append(
                Question(
                    str(row["_id"]),
                    row["text"],
                    f"located-{row['split']}",
                    found,
                    answers=tuple(row["answers"]),
                    metadata=_metadata(row),
                )
            )
    return Collection(name_of(folder), passages, tuple(questions))


def locate(answer: str, passages: list[Passage], *, share: float = 0.75) -> frozenset[str]:
    """Find the passage that an answer was written from: the one that holds most of its words, if it holds ``share``.

    Rare words count more. Empty where no passage holds enough, or the answer has fewer than five words of its own.
    """
    words = {passage.passage_id: _words_of(passage.text) for passage in passages}
    wanted = [word for word in frozenset(_WORD.findall(answer.lower())) if len(word) > 3]
    if len(wanted) < 5 or not words:
        return frozenset()
    weight = {word: 1.0 / (1 + sum(word in held for held in words.values())) for word in wanted}
    total = sum(weight.values())
    score = {key: sum(weight[word] for word in wanted if word in held) / total for key, held in words.items()}
    best = max(sorted(score), key=lambda key: score[key])
    covered = sum(word in words[best] for word in wanted) / len(wanted)
    return frozenset({best}) if covered >= share else frozenset()


@lru_cache(maxsize=10_000)  # each passage of a document is looked through for every question about it
def _words_of(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


log = logging.getLogger(__name__)
_WORD = re.compile(r"\w+")
_SCORE = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
#: What tells who asks, as of when and where, and after what.
_ASKER = ("as_of", "jurisdiction", "groups", "history")


def origins(folders: Sequence[Path]) -> dict[str, str]:
    """What each folder says of its own origin in ``SOURCE.json``, if anything.

    :raises WrongUsage: if such a file holds something else than JSON.
    """
    origins = {}
    for folder in sorted(folders, key=name_of):
        source = folder / "SOURCE.json"
        try:
            stated = json.loads(source.read_text(encoding="utf-8")) if source.exists() else {}
        except ValueError as error:
            raise WrongUsage(f"{source}: not a JSON object ({error}); mend or remove the file") from error
        licence = stated.get("licence") or stated.get("license") if isinstance(stated, dict) else None
        origins[name_of(folder)] = str(licence or "licence not stated in the folder")
    return origins


def _quoted(folder: Path, path: Path) -> Collection:
    """Sections of the documents; a question's positives are the sections of its gold file that hold the gold quote."""
    holding = _Holding(folder / "documents", _stated(folder / "catalog.json"))
    everything = tuple(passage.passage_id for passage in holding.passages)
    questions, lost = [], []
    for row in read_rows(path, "_id", "text", "gold"):
        quotes = [(gold["file"], gold["quote"]) for gold in row["gold"]]
        found = frozenset(key for file, quote in quotes for key in holding.sections(file, quote))
        against = () if quotes else everything
        if found or against:
            # Who asks stands beside the text in a library of ours, in the metadata elsewhere.
            asker: dict[str, Any] = {key: row[key] for key in _ASKER if key in row}
            split = str(_metadata(row).get("split", "dev"))
            gold = tuple(_flat(quote) for _, quote in quotes)
            questions.append(
                Question(str(row["_id"]), row["text"], split, found, against, gold, {**_metadata(row), **asker})
            )
        else:
            lost += [f"{row['_id']} ({quotes[0][0]})"]
    _check_lost(path, lost, holding)
    return Collection(name_of(folder), holding.passages, tuple(questions))


def _lessons(folder: Path, path: Path) -> Collection:
    """Sections of the documents; each wording of a lesson is a question, asked of the sections that hold its quotes."""
    holding = _Holding(folder / "documents")
    questions, lost = [], []
    for number, row in enumerate(read_rows(path, "file", "asked"), start=1):
        stated = row.get("answer", row.get("near"))
        quotes: Any = [stated] if isinstance(stated, str) else stated
        if not (quotes and are_texts(quotes)) or not (row["asked"] and are_texts(row["asked"])):
            raise WrongUsage(
                f"{path}: lesson {number} needs a list of questions in 'asked', and the words of its file in 'answer' or 'near'"
            )
        held = [key for quote in quotes for key in holding.sections(row["file"], quote)]
        sides: dict[str, Any] = {"against": tuple(held)}
        if "answer" in row:
            sides = {"positives": frozenset(held), "answers": tuple(_flat(quote) for quote in quotes)}
        split = str(row.get("split", "train"))
        for which, text in enumerate(row["asked"] if held else (), start=1):
            questions.append(Question(f"{number}.{which}", text, split, **sides))
        lost += [] if held else [f"{number} ({row['file']})"]
    _check_lost(path, lost, holding)
    return Collection(name_of(folder), holding.passages, tuple(questions))


def _check_lost(path: Path, lost: Sequence[str], holding: _Holding) -> None:
    """Warn of lines that nothing is learned from.

    :raises WrongUsage: if that is all of them, because there is no markdown.
    """
    if not holding.passages:
        raise WrongUsage(
            f"{holding.folder} holds no Markdown file, and only those are learned from; save the documents as .md, or give their"
            " passages in the BEIR layout"
        )
    if lost:
        log.warning(
            "%s: the quotations of %d lines stand in no Markdown file of documents/, and these are left out: %s%s",
            path, len(lost), ", ".join(lost[:3]), " and others" if len(lost) > 3 else "",
        )  # fmt: skip


class _Holding:
    """The sections of a folder of markdown, found by what they hold.

    :param stated: what a catalog says of a file, by its name.
    """

    def __init__(self, folder: Path, stated: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self.folder = folder
        self.passages = tuple(
            with_particulars(passage, (stated or {}).get(passage.file, {})) for passage in read_markdown(folder)
        )
        self._flat = [(passage, " ".join(passage.text.split())) for passage in self.passages]

    def sections(self, file: str, quote: str) -> list[str]:
        """The ids of the file's sections that hold the quote, markup and line breaks aside."""
        wanted = _flat(quote)
        return [passage.passage_id for passage, text in self._flat if passage.file == file and wanted in text]


def _stated(catalog: Path) -> dict[str, dict[str, Any]]:
    if not catalog.exists():
        return {}
    try:
        return {str(entry["file"]): entry for entry in json.loads(catalog.read_text(encoding="utf-8"))}
    except (ValueError, TypeError, KeyError) as error:
        raise WrongUsage(f"{catalog}: not a list of objects with a file each ({error!r}); mend it") from error


def _flat(text: str) -> str:
    return " ".join(plain(text).split())


def _splits(folder: Path) -> dict[str, Path]:
    """The file with the judgements of each split; of several TREC's, and the one that is not packed."""
    found: dict[str, Path] = {}
    for ending in (".tsv.gz", ".tsv", ".qrels.gz", ".qrels"):
        found |= {path.name.removesuffix(ending): path for path in folder.glob(f"*{ending}")}
    return dict(sorted(found.items()))


def _judged(
    folder: Path, asked: Mapping[str, dict[str, Any]], answers: Mapping[str, tuple[str, ...]], known: Set[str]
) -> Iterator[Question]:  # fmt: skip
    for split, file in _splits(folder / "qrels").items():
        positives: dict[str, set[str]] = {}
        for number, line in read_lines(file):
            fields = line.split("\t")
            if file.name.removesuffix(".gz").endswith(".qrels"):
                fields = [field for at, field in enumerate(line.split()) if at != 1]
            elif number == 1 and fields[0] == "query-id":
                continue
            if len(fields) != 3 or fields[0] not in asked or not _SCORE.fullmatch(fields[2].strip()):
                raise WrongUsage(
                    f"{file}:{number}: expected query-id, corpus-id, score of a known question; found {line!r:.80}"
                )
            if fields[1] not in known:
                raise WrongUsage(f"{file}:{number}: corpus.jsonl holds no {fields[1]!r}; mend or remove the line")
            if float(fields[2]) > 0:
                positives.setdefault(fields[0], set()).add(fields[1])
        for question_id, found in positives.items():
            row = asked[question_id]
            yield Question(
                question_id, str(row["text"]), split, frozenset(found), answers=answers.get(question_id, ()),
                metadata=_metadata(row),
            )  # fmt: skip


def _metadata(row: dict[str, Any]) -> dict[str, Any]:
    about = row.get("metadata") or {}
    return about if isinstance(about, dict) else {}


def _passage(row: dict[str, Any]) -> Passage:
    about = _metadata(row)
    title = str(row.get("title") or "")
    passage_id = str(row["_id"])
    stated = next((about[key] for key in ("document_id", "pdf", "file", "policy", "url") if about.get(key)), None)
    document = stated or document_of(passage_id, title, about)
    passage = Passage(
        passage_id=passage_id, document_id=str(document), version_id=str(document), title=title, file=str(document),
        text=str(row["text"]),
    )  # fmt: skip
    return with_particulars(passage, about)
