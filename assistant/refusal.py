"""When there is no answer: why, and what to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.records import Answer, Reason
from retrieval.index import PassageIndex
from retrieval.records import Hit
from retrieval.scope import Scope
from retrieval.terms import terms

#: Words that every policy holds: a question of nothing else names no subject.
_NO_SUBJECT = frozenset(
    terms("policy rule document company tell know help question please information explain say thing stuff")
)


def is_too_vague(question: str) -> bool:
    """Whether the question names no subject at all."""
    return all(term in _NO_SUBJECT for term in terms(question))


def wider_scopes(scope: Scope, index: PassageIndex) -> list[tuple[Reason, Scope]]:
    """The scopes that tell why nothing was found: what the asker may read but is not in force, and what is in force but
    kept from the asker. The passages found there are never shown."""
    return [
        (Reason.SUPERSEDED_ONLY, replace(scope, any_day=True)),
        (Reason.NO_ACCESS, replace(scope, groups=scope.groups | index.audiences)),
    ]


def as_told(answer: Answer) -> Answer:
    """The answer as its asker hears it: that something is kept from them would tell them that it is there."""
    return replace(answer, reason=Reason.NOT_COVERED) if answer.reason is Reason.NO_ACCESS else answer


def refusal_text(reason: Reason, nearest: Sequence[Hit]) -> str:
    """What the reader is told: the reason in a sentence, and whom to ask. That others may read more is in no sentence.

    :param nearest: the best hits inside the asker's scope; the owner of the first is named.
    """
    owner = next((hit.passage.owner for hit in nearest if hit.passage.owner), None)
    ask = f"You could ask {owner}." if owner else "You could ask HR."
    match reason:
        case Reason.EMPTY_INDEX:
            return "There are no documents to answer from yet. HR can upload them."
        case Reason.TOO_VAGUE:
            titles = list(dict.fromkeys(hit.passage.title for hit in nearest))[:3]
            examples = f" I have, for example: {'; '.join(titles)}." if titles else ""
            return f"What would you like to know about?{examples}"
        case Reason.SUPERSEDED_ONLY:
            return f"Only documents that are not in force on that day say something about this. {ask}"
        case Reason.NOT_COVERED | Reason.NO_ACCESS:
            return f"The documents don't say. {ask}"
