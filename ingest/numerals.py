"""The English numbers in words."""

from __future__ import annotations


def _counted(words: str, *, start: int = 0, step: int = 1) -> dict[str, int]:
    return {word: start + step * at for at, word in enumerate(words.split())}


#: "zero" to "nineteen".
SMALL = _counted(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen"
)
TENS = _counted("twenty thirty forty fifty sixty seventy eighty ninety", start=20, step=10)
#: "first" to "twelfth".
ORDINALS = _counted("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth", start=1)
