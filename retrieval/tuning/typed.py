"""Questions as people type them: with greetings, thanks, ticket numbers, slips of the finger. None of it says what is asked."""

from __future__ import annotations

import re
from random import Random

_OPENINGS = (
    "hi", "Hi,", "Hello,", "Hi there,", "Hey", "Good morning,", "Good afternoon,", "Dear HR,", "Sorry,", "Sorry to bother you,", "Excuse me,",
    "Quick question:", "A question:", "Just wondering,", "I was wondering,", "Another one:", "One more thing:", "Can you tell me:",
    "Could you tell me:", "Please tell me:", "I need to know:", "Does anyone know:", "Help!", "Urgent:", "OK so", "So,", "And", "Also,", "FAQ:",
    "Q:", "My manager wants to know:", "A colleague asks:", "Asking for a friend:", "I can't find this anywhere:",
    "I'm new here.", "I started last week.", "Got a letter today.", "Not sure whom to ask.",
)  # fmt: skip
_ENDINGS = (
    "Thanks!", "Thank you.", "thanks", "thx", "Many thanks in advance", "please", "pls", "Please advise.", "Kind regards", "Best, {name}", "Cheers, {name}",
    "- {name}", "Let me know.", "asap", "It's urgent.", "No hurry.", "I couldn't find it.", "Just curious.", "Any idea?", "Anyone?",
    "??", "...", ":)", "(ticket {number})", "(ref. {number})", "#{number}", "[{number}]", "(again)", "(second try)", "(no. {number})",
    "Case {number}", "ID {letters}-{number}", "sent from my phone", "TIA", "Thanks, {name}",
)  # fmt: skip
_NAMES = (
    "Anna",
    "Ben",
    "Chiara",
    "Dev",
    "Elif",
    "Femi",
    "Grace",
    "Hugo",
    "Ines",
    "Jun",
    "Kofi",
    "Lena",
    "Mo",
    "Nadia",
    "Olga",
    "Priya",
    "Sam",
    "Tom",
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def as_typed(question: str, random: Random) -> str:
    """The question with one or two things that people add or slip into; it asks the same."""
    ways = random.sample((_opened, _ended, _ended, _careless, _slipped), random.choice((1, 1, 2)))
    for way in ways:
        question = way(question, random)
    return question


def _opened(question: str, random: Random) -> str:
    opening = random.choice(_OPENINGS)
    kept = question[:2].isupper() or question[:2] == "I " or not question[:1].isalpha()
    return f"{opening} {question if kept or opening[-1] in '.!:' else question[0].lower() + question[1:]}"


def _ended(question: str, random: Random) -> str:
    ending = random.choice(_ENDINGS).format(
        name=random.choice(_NAMES), number=random.randrange(1, 10 ** random.randint(1, 5)),
        letters="".join(random.choices(_LETTERS, k=2)).upper(),
    )  # fmt: skip
    return f"{question} {ending}"


def _careless(question: str, random: Random) -> str:
    """Without a question mark, without capitals, or in capitals alone."""
    kind = random.random()
    if kind < 0.45:
        return question.rstrip("?. ")
    return question.lower().rstrip("?. ") if kind < 0.95 else question.upper()


def _slipped(question: str, random: Random) -> str:
    """Two neighbouring letters of a longer word stand the wrong way round, or one is missing or doubled."""
    words = [found.span() for found in re.finditer(r"\b[a-z]{5,}\b", question)]
    if not words:
        return question
    start, end = random.choice(words)
    at = random.randrange(start + 1, end - 2)
    one, two = question[at], question[at + 1]
    return question[:at] + random.choice((two + one, two, one + one + two)) + question[at + 2 :]
