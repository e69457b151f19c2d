"""What a reply says next, guessed from the sentences that it copies."""

from __future__ import annotations

from collections.abc import Sequence


class Guesses:
    """Guesses for one reply that copies from given texts and may leave parts of them out.

    :param texts: tokens of each text as a reply would begin with it, the likeliest first.
    :param end: the token that ends a reply; it is guessed behind each text.
    """

    def __init__(self, texts: Sequence[Sequence[int]], end: int) -> None:
        self._texts = [(*text, end) for text in texts]
        self._text, self._at = 0, 0  # where the reply was last seen to copy from

    def after(self, reply: Sequence[int], most: int) -> list[int]:
        """At most ``most`` tokens that may follow: what follows the reply's last two tokens in a text, or else its last one;
        ahead of where it copied before rather than elsewhere; the beginning of the first text for an empty reply.

        :param reply: longer with each call.
        """
        places = [
            (text[at - 2 : at] == tuple(reply[-2:]), number == self._text and at > self._at, -number, -at)
            for number, text in enumerate(self._texts)
            for at in range(1, len(text))
            if reply and text[at - 1] == reply[-1]
        ]
        if places:
            _, _, text, at = max(places)
            self._text, self._at = -text, -at
        elif reply or not self._texts:
            return []
        return list(self._texts[self._text][self._at : self._at + most])
