"""The real server over a house full of payloads: ``python -m tests.browser.payload_server HOME PORT SINK``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import uvicorn
from sqlalchemy import event

from assistant.accounts import Role
from assistant.asked import AskedRow
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
from assistant.room import Room
from assistant.server import create_app
from retrieval.documents import NewPassage, NewVersion
from retrieval.home import Home
from retrieval.scope import Scope
from retrieval.store import Store
from tests.assistant.engines import LEAVE, FakeEngine, FakeKeeper
from tests.browser.payloads import payloads

PASSWORD = "correct horse battery"


class PayloadEngine(FakeEngine):
    """Answers everything with every passage of the library that holds a payload, word for word."""

    def stream(
        self, question: str, *, scope: Scope | None = None, history: Sequence[Turn] = ()
    ) -> Iterator[AnswerEvent]:
        passages = [each for each in self.finder.store.published_passages() if each.owner != "People team"]
        citations = tuple(Citation(n, passage, 0, len(passage.text)) for n, passage in enumerate(passages, start=1))
        yield EvidenceFound(citations)
        # A dozen at a time: the page draws the whole message again at each piece.
        for at in range(0, len(citations), 12):
            yield TokenDrafted("".join(f"{each.quote} [{each.number}] " for each in citations[at : at + 12]))
        claims = tuple(Claim(citation.quote, (citation.number,), Check.SUPPORTED) for citation in citations)
        text = "\n\n".join(f"{claim.text} [{claim.citations[0]}]" for claim in claims)
        yield AnswerDone(_answer(question, text, claims, citations))


def _answer(question: str, text: str, claims: tuple[Claim, ...], citations: tuple[Citation, ...]) -> Answer:
    return Answer(
        question=question, standalone_question=question, status=Status.ANSWERED, reason=None, text=text, claims=claims,
        citations=citations, conflicts=(), confidence=0.9, as_of=date.today(), model="fake", index_generation=1,
        timings_ms={"first_evidence": 1.0, "total": 1.0},
    )  # fmt: skip


def main(folder: Path, port: int, sink: str) -> None:
    home = Home(folder)
    store = Store.open(home)
    # Hundreds of small writes, none of which has to outlive the test.
    event.listen(store.engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous = OFF"))
    store.engine.dispose()
    keeper = FakeKeeper(home, store)
    (folder / "leave.md").write_text(LEAVE)
    keeper.read(folder / "leave.md", {"owner": "People team"})
    held = payloads(sink)
    for number, payload in enumerate(held):
        store.add_version(
            NewVersion(
                title=f"{payload} T{number}", file=f"{payload.replace('/', '_')}.md", source=f"s{number}",
                sha256=f"{number:064x}"[::-1], media_type="text/markdown", size_bytes=1, owner=payload[:200],
                published=number % 10 != 9, passages=(NewPassage(f"{payload} W{number}", (payload, f"4 {payload}")),),
            )
        )  # fmt: skip
    room = Room.furnish(
        home, store, secret="a secret for tests only, long enough", load=lambda: PayloadEngine(store), keeper=keeper
    )
    for name, role in (("emma", Role.EMPLOYEE), ("hana", Role.HR)):
        room.accounts.add(name, role, PASSWORD)
    passages = store.published_passages()
    for number, payload in enumerate(held):
        evidence = [passages[number % len(passages)]]
        room.handoffs.add(f"{payload} H{number}", account_id=f"asker {number}", evidence=evidence, note=payload)
        room.feedback.add(payload, helpful=False, comment=payload)
    with room.asked.sessions.begin() as session:
        session.add_all(
            _refused(f"{payload} G{at}", at, asker) for at, payload in enumerate(held) for asker in range(5)
        )
    uvicorn.run(create_app(room), port=port, log_level="warning", access_log=False)


def _refused(question: str, number: int, asker: int) -> AskedRow:
    return AskedRow(
        asked_id=f"{number:016x}{asker:016x}", question=question, status=Status.ABSTAINED.value, reason=Reason.NOT_COVERED.value,
        confidence=0.1, day=date.today(), asker=f"{asker:03x}", first_evidence_ms=0.0, total_ms=1.0,
    )  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
