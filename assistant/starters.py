"""Questions offered on the first screen: only such as a document the person may read should answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.wording import Wording, wording
from retrieval.documents import Document

#: A word of a document's title, which also names the label on the button, and the question behind it. In order of how often
#: people ask. Questions stay in the documents' language, in which they are answered best.
_TOPICS = (
    ("leave", "How many unused leave days can I carry over into next year?"),
    ("parental", "How much parental leave can I take?"),
    ("remote", "How many days a week may I work from home?"),
    ("expense", "By when do I have to hand in my expense claim?"),
    ("travel", "Which class may I book on a train or flight?"),
    ("sick", "When do I need a doctor's note?"),
    ("conduct", "Up to what value may I accept a gift?"),
    ("whistle", "How can I report a concern in confidence?"),
    ("security", "What do I do when I lose my laptop?"),
    ("notice", "What is my notice period?"),
)


@dataclass(frozen=True, slots=True)
class Starter:
    label: str
    question: str


def starters(documents: Sequence[Document], words: Wording | None = None, *, most: int = 4) -> list[Starter]:
    """At most so many questions for these documents; each is drawn from a title, none from nothing.

    :param words: what the labels are said in; English without it.
    """
    words = words or wording(None)
    titles = [document.title for document in documents]
    chosen = [
        Starter(words(f"starter_{word}"), question)
        for word, question in _TOPICS
        if any(word in title.casefold() for title in titles)
    ][:most]
    for title in titles:
        if len(chosen) >= most or len(chosen) >= len(titles):
            break
        if not any(word in title.casefold() for word, _ in _TOPICS):
            chosen.append(Starter(title[:40], f"What does {title} say?"))
    return chosen
