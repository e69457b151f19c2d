"""A result without anybody's words: what may be committed or sent on when questions and documents may not."""

from __future__ import annotations

from typing import Any

#: Fields of a question's row that repeat the question, the answer or the documents.
_WORDS = frozenset({"text", "answer", "quote", "gold"})


def figures_only(found: dict[str, Any]) -> dict[str, Any]:
    """The result of ``eval retrieval`` or ``eval answers`` with ids and figures kept and every text left out.

    ``eval compare`` reads it as it reads the whole; the report has no page of worst questions.
    """
    kept = {key: value for key, value in found.items() if key != "weakest"}
    kept["per_question"] = {one: _without_words(row) for one, row in found.get("per_question", {}).items()}
    return kept


def _without_words(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_words(one) for key, one in value.items() if key not in _WORDS}
    if isinstance(value, list):
        return [_without_words(one) for one in value]
    return value
