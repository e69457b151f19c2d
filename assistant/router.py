"""Where an answer comes from: the cache, else the small model, else a larger one that was configured."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock

from assistant.records import Answer


class AnswerCache:
    """The latest answers by question, scope and generation: a new generation or another asker's scope never hits.

    Safe to share between threads.
    """

    def __init__(self, most: int = 512) -> None:
        self._most = most
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Answer | None:
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
            return self._answers.get(key)

    def put(self, key: Hashable, answer: Answer) -> None:
        with self._lock:
            self._answers[key] = answer
            if len(self._answers) > self._most:
                self._answers.popitem(last=False)
