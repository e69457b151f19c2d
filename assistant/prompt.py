"""The fixed prompts: text files with named fields, not editable by users."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from assistant.evidence import EvidenceSentence
from assistant.model import Message


def answer_prompt(question: str, evidence: Sequence[EvidenceSentence]) -> list[Message]:
    """The prompt that asks for an answer from numbered evidence sentences.

    Document text fills a field of the user message and is never part of the instructions.
    """
    numbered = "\n".join(f"{number}. {one_line(sentence.quote)}" for number, sentence in enumerate(evidence, start=1))
    system, user = _template("answer")
    return [
        {"role": "system", "content": system},
        {"role": "user", "content": user.replace("{evidence}", numbered).replace("{question}", one_line(question))},
    ]


def evidence_lines(prompt: Sequence[Message]) -> list[str]:
    """The numbered evidence sentences of a prompt without their numbers, in order; empty for a prompt that has none."""
    found: list[str] = []
    for line in prompt[-1]["content"].splitlines():
        if line.startswith(mark := f"{len(found) + 1}. "):
            found.append(line.removeprefix(mark))
    return found


def one_line(text: str) -> str:
    """The text with every run of white space as one blank."""
    return " ".join(text.split())


@cache
def _template(name: str) -> tuple[str, str]:
    system, user = (files("assistant") / "prompts" / f"{name}.txt").read_text(encoding="utf-8").split("\n---\n")
    return system.strip(), user.strip()
