"""Questions offered on the first screen: only such as a document the person may read should answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.documents import Document

#: A word of a document's title, the label on the button, the question behind it. In order of how often people ask.
_TOPICS = (
    ("leave", "Carrying over leave", "How many unused leave days can I carry over into next year?"),
    ("parental", "Parental leave", "How much parental leave can I take?"),
    ("remote", "Working remotely", "How many days a week may I work from home?"),
    ("expense", "Expense claims", "By when do I have to hand in my expense claim?"),
    ("travel", "Business travel", "Which class may I book on a train or flight?"),
    ("sick", "Calling in sick", "When do I need a doctor's note?"),
    ("conduct", "Gifts", "Up to what value may I accept a gift?"),
    ("whistle", "Raising a concern", "How can I report a concern in confidence?"),
    ("security", "Lost laptop", "What do I do when I lose my laptop?"),
    ("notice", "Notice period", "What is my notice period?"),
)


@dataclass(frozen=True, slots=True)
class Starter:
    label: str
    question: str


def starters(documents: Sequence[Document], *, most: int = 4) -> list[Starter]:
    """At most so many questions for these documents; each is drawn from a title, none from nothing."""
    titles = [document.title for document in documents]
    chosen = [
        Starter(label, question)
        for word, label, question in _TOPICS
        if any(word in title.casefold() for title in titles)
    ][:most]
    for title in titles:
        if len(chosen) >= most or len(chosen) >= len(titles):
            break
        if not any(word in title.casefold() for word, _, _ in _TOPICS):
            chosen.append(Starter(title[:40], f"What does {title} say?"))
    return chosen
