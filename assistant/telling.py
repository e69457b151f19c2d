"""An answer of quotations as text: each behind what it needs to be understood, below what leads in to them."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.places import country_name
from assistant.quoting import headings
from assistant.records import Check, Citation, Claim
from retrieval.index import PassageIndex
from retrieval.scope import Scope
from retrieval.sentences import unwrapped

DISPUTED = "The documents in force do not agree about this:"
DEPENDS = "That depends on the country:"


def quoted(citations: Sequence[Citation], scope: Scope, index: PassageIndex) -> list[Claim]:
    """A claim for each quotation: with the country that it is for, where the asker has named none and there are rules for others
    or for everywhere, and with its heading, where it needs one to be understood."""
    is_open = scope.jurisdiction is None and (
        len(index.jurisdictions) > 1 or any(passage.jurisdiction is None for passage in index.passages)
    )
    return [
        Claim(
            unwrapped(citation.quote), (citation.number,), Check.QUOTED,
            country=citation.passage.jurisdiction if is_open else None, heading=heading,
        )
        for citation, heading in zip(citations, headings(citations), strict=True)
    ]  # fmt: skip


def who_says(citations: Sequence[Citation]) -> str:
    """The documents that are quoted, in front of the quotations."""
    *titles, last = dict.fromkeys(citation.passage.title for citation in citations)
    return f"{', '.join(titles)} and {last} say:" if titles else f"{last} says:"


def as_text(claims: Sequence[Claim], lead_in: str = "") -> str:
    """The answer as text with its marks; quotations stand below their lead-in, a paragraph each."""
    marked = [
        (f"{country_name(claim.country)}: " if claim.country else "")
        + (f"{claim.heading}:\n" if claim.heading else "")
        + f"{claim.text} {''.join(f'[{number}]' for number in claim.citations)}"
        for claim in claims
    ]
    return "\n\n".join([lead_in, *marked]) if lead_in else " ".join(marked)
