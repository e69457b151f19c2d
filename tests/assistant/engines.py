"""A fake engine and keeper: answers by shared words, reads markdown by paragraphs. Enough of a house to live in."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from assistant.records import (
    Answer,
    AnswerDone,
    AnswerEvent,
    Check,
    Citation,
    Claim,
    EvidenceFound,
    Reason,
    Status,
    TokenDrafted,
    Turn,
)
from retrieval.documents import NewPassage, NewVersion
from retrieval.home import Home
from retrieval.records import Hit, Passage
from retrieval.scope import Scope
from retrieval.search import Mode, SearchResult
from retrieval.store import Store
from tests.fakes import WordEncoder


def words(text: str) -> set[str]:
    return {
        word for word in re.findall(r"[a-z]{4,}", text.lower()) if word not in {"what", "many", "when", "have", "does"}
    }


class WordFinder:
    """Ranks the published passages by how many words of the question they hold."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def search(
        self, question: str, *, k: int = 10, mode: Mode = Mode.HYBRID, rerank: bool = True, scope: Scope | None = None
    ) -> SearchResult:
        scope = scope or Scope()
        allowed = [passage for passage in self.store.published_passages() if scope.allows(passage)]
        scored = [(len(words(question) & words(passage.searchable)), passage) for passage in allowed]
        best = sorted(((n, p) for n, p in scored if n), key=lambda pair: (-pair[0], pair[1].passage_id))[:k]
        hits = tuple(Hit(rank, float(score), passage) for rank, (score, passage) in enumerate(best, start=1))
        return SearchResult(hits, dict.fromkeys(("lexical", "encode", "dense", "fuse", "rerank", "total"), 1.0))


class FakeEngine:
    """Cites the best sentence of the two best passages; refuses when nothing shares two words with the question."""

    def __init__(self, store: Store, *, pause_s: float = 0.0) -> None:
        self.finder = WordFinder(store)
        self.encoder = WordEncoder()
        self.pause_s = pause_s
        self.asked: list[tuple[str, Scope | None, tuple[Turn, ...]]] = []

    def searcher(self) -> WordFinder:
        return self.finder

    def stream(
        self, question: str, *, scope: Scope | None = None, history: Sequence[Turn] = ()
    ) -> Iterator[AnswerEvent]:
        self.asked.append((question, scope, tuple(history)))
        hits = [hit for hit in self.finder.search(question, scope=scope, k=3).hits if hit.score >= 2]
        if not hits:
            kept_back = self.finder.search(question, scope=Scope(groups=frozenset({"board"})), k=1).hits
            reason = Reason.NO_ACCESS if kept_back and kept_back[0].score >= 2 else Reason.NOT_COVERED
            yield AnswerDone(_answer(question, "The documents don't say. You could ask HR.", (), (), reason))
            return
        citations = tuple(_cite(number, hit.passage, question) for number, hit in enumerate(hits, start=1))
        yield EvidenceFound(citations)
        claims = tuple(Claim(citation.quote, (citation.number,), Check.SUPPORTED) for citation in citations)
        text = " ".join(f"{claim.text} [{claim.citations[0]}]" for claim in claims)
        for piece in re.findall(r"\S+\s*", text):
            time.sleep(self.pause_s)
            yield TokenDrafted(piece)
        yield AnswerDone(_answer(question, text, claims, citations, None))


def _cite(number: int, passage: Passage, question: str) -> Citation:
    sentences = [(found.start(), found.end()) for found in re.finditer(r"[^.]+\.?", passage.text)]
    start, end = max(sentences, key=lambda span: len(words(passage.text[span[0] : span[1]]) & words(question)))
    start += len(passage.text[start:end]) - len(passage.text[start:end].lstrip())
    return Citation(number, passage, start, end)


def _answer(
    question: str, text: str, claims: tuple[Claim, ...], citations: tuple[Citation, ...], reason: Reason | None
) -> Answer:
    return Answer(
        question=question, standalone_question=question, status=Status.ABSTAINED if reason else Status.ANSWERED, reason=reason,
        text=text, claims=claims, citations=citations, conflicts=(), confidence=0.1 if reason else 0.9, as_of=date.today(),
        model="fake", index_generation=1, timings_ms={"retrieve": 1.0, "first_evidence": 1.0, "first_token": 2.0, "total": 3.0},
    )  # fmt: skip


class FakeKeeper:
    """Reads a file's paragraphs into the store and keeps the original, as the pipeline does."""

    def __init__(self, home: Home, store: Store) -> None:
        self.home, self.store = home, store

    def add(
        self,
        files: Sequence[tuple[str, Path]],
        options: dict[str, Any],
        report: Callable[[dict[str, Any]], None],
        *,
        stop: Callable[[], bool] | None = None,
    ) -> None:
        for _, path in files:
            if stop and stop():
                return
            report(self.read(path, options))

    def read(self, path: Path, options: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        data = path.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        if known := self.store.version_with(sha256=sha256):
            return {
                "file": path.name,
                "status": "unchanged",
                "document_id": known.document_id,
                "version_id": known.version_id,
            }
        self.home.original(sha256).write_bytes(data)
        blocks = [block.strip() for block in data.decode("utf-8", "replace").split("\n\n") if block.strip()]
        title = blocks[0].lstrip("# ") if blocks[0].startswith("#") else path.stem
        passages, section = [], ""
        for block in blocks[1:] or blocks:
            if block.startswith("#"):
                section = block.lstrip("# ")
            else:
                passages.append(NewPassage(block, (section,) if section else ()))
        options = options or {}
        given = {
            "audience": frozenset(options.get("audience") or ()),
            "owner": options.get("owner"),
            "published": not options.get("draft"),
            **more,
        }
        version = self.store.add_version(
            NewVersion(
                title=title, file=path.name, source=path.name, sha256=sha256, media_type="text/markdown",
                size_bytes=len(data), passages=tuple(passages), **given,
            ),
            document_id=options.get("supersedes"),
        )  # fmt: skip
        return {
            "file": path.name, "status": "indexed", "reason": None, "document_id": version.document_id,
            "version_id": version.version_id, "title": title, "pages": None, "passages": len(passages), "warnings": [],
            "seconds": 0.1,
        }  # fmt: skip


LEAVE = """# Annual Leave Policy

## 4.1 Entitlement

Every employee has 28 days of paid annual leave in a calendar year. Part-time staff have the same leave in proportion to their working days.

## 4.2 Carry-over

Unused leave does not lapse at once. Up to five unused days of annual leave may be carried over into the next year and must be taken by 31 March. Your manager agrees the dates with you in writing.
"""
EXPENSES = """# Travel and Expenses Policy

## 2 Claims

Expense claims are handed in within 30 days of the journey, with the receipts. Meals are repaid up to 45 euro a day.

## 3 Trains and flights

Train journeys under six hours are booked in second class. Flights are booked in economy class.
"""
BOARD = """# Board Pay Memorandum

## 1 Bonus

The secret board bonus is forty thousand euro for every director in this year.
"""
#: What a document may hold that must never become markup, be fetched or be run.
HOSTILE = """# Visitor Rules <img src=x onerror="window.hurt=1">

## 1 Badges ![pixel](http://outside.invalid/section.png)

Visitors wear badges at reception ![leak](http://outside.invalid/leak.png) [click here](javascript:window.hurt=1) <script>window.hurt=1</script> <img src="http://outside.invalid/tag.png" onerror="window.hurt=1"> and see https://outside.invalid/auto or www.outside.invalid for visitors badges :::warning[x] [1]: http://outside.invalid/ref

Visitors badges are ![ref][pic] returned `when` visitors *leave* | reception | <svg onload=window.hurt=1> &lt;b&gt; <a href="http://outside.invalid">a</a> data:image/svg+xml;base64,PHN2Zz4=

[pic]: http://outside.invalid/ref.png
"""
