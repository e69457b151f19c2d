"""When there is no answer: why, and what to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.records import Answer, Citation, Reason
from assistant.wording import Wording, languages, wording
from retrieval.index import PassageIndex
from retrieval.language import ENGLISH, language_of
from retrieval.scope import Scope
from retrieval.terms import terms

#: Words that every policy holds: a question of nothing else names no subject.
_NO_SUBJECT = frozenset(
    terms("policy rule document company tell know help question please information explain say thing stuff")
)


#: How likely it has to be that something answers for what comes nearest to be worth a look, and how much of it is (decision 24).
_LEAST_WORTH_A_LOOK = 0.1
_MOST_WORTH_A_LOOK = 2


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


def to_look_at(answer: Answer) -> tuple[Citation, ...]:
    """What a refusal shows below it, because the documents may say it after all: what comes nearest, unless nothing does."""
    if answer.reason is Reason.OTHER_LANGUAGE:
        return answer.nearest
    is_shown = as_told(answer).reason is Reason.NOT_COVERED
    return worth_a_look(answer.nearest, answer.confidence) if is_shown else ()


def worth_a_look(nearest: Sequence[Citation], confidence: float) -> tuple[Citation, ...]:
    """Of what came nearest to a question, best first, what is shown below a refusal; nothing where it is far."""
    return tuple(nearest[:_MOST_WORTH_A_LOOK]) if confidence >= _LEAST_WORTH_A_LOOK else ()


def near_in_its_language(question: str, nearest: Sequence[Citation]) -> Sequence[Citation]:
    """What came nearest to a question in another language; nothing where none of it is in that language: pieces of words that two
    languages share tell nothing, not even whom to ask."""
    language = language_of(question)
    return nearest if any(language_of(one.passage.searchable) == language for one in nearest) else ()


def in_words_of(question: str, words: Wording) -> Wording:
    """The words of the language that a question is in, where there are any; else the given ones. English is not told from few words."""
    language = language_of(question)
    return wording(language) if language != ENGLISH and language in languages() else words


def refusal_text(reason: Reason, nearest: Sequence[Citation], *, question: str = "", confidence: float = 0.0) -> str:
    """What the reader is told: the reason in a sentence, and whom to ask. That others may read more is in no sentence.

    :param nearest: what came nearest inside the asker's scope; the first owner is named.
    :param question: in whose language is said that it is not read well.
    :param confidence: that something answers; where what comes nearest is shown, the documents may not be silent.
    """
    owner = next((one.passage.owner for one in nearest if one.passage.owner), None)
    ask = f"You could ask {owner}." if owner else "You could ask HR."
    match reason:
        case Reason.EMPTY_INDEX:
            return "There are no documents to answer from yet. HR can upload them."
        case Reason.TOO_VAGUE:
            titles = list(dict.fromkeys(one.passage.title for one in nearest))
            examples = f" I have, for example: {'; '.join(titles)}." if titles else ""
            return f"What would you like to know about?{examples}"
        case Reason.OTHER_LANGUAGE:
            name = "refused_other_language_near" if nearest else "refused_other_language"
            return in_words_of(question, wording(None))(name, owner=owner or "HR")
        case Reason.SUPERSEDED_ONLY:
            return f"Only documents that are not in force on that day say something about this. {ask}"
        case Reason.NOT_COVERED | Reason.NO_ACCESS:
            return f"The documents don't {'clearly ' if worth_a_look(nearest, confidence) else ''}say. {ask}"
