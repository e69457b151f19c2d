"""Reports that take longer than a page may: made on a thread of their own, kept, and made again when something has changed."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from fastapi import Request

T = TypeVar("T")
_MOST_KEPT = 16
#: A report that took this many seconds is given for ``_REST`` times as long before a newer one is begun.
_LONG_S, _REST = 1.0, 10.0
#: Where there is an earlier one to show, nobody waits longer than this for a newer one.
_BRIEF_S = 0.05


@dataclass(frozen=True, slots=True)
class Made(Generic[T]):
    """A report, and when it was made."""

    report: T
    at: datetime
    took_s: float
    is_current: bool  #: False: something has changed since


@dataclass(frozen=True, slots=True)
class _Kept:
    state: Hashable
    making: Future[Made[Any]]
    before: Made[Any] | None  #: made from an earlier state


class Reports:
    """The latest of each report, those looked at longest ago dropped first. Safe to share between threads."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="reports")
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()

    def get(
        self,
        key: Hashable,
        state: Hashable,
        make: Callable[[], T],
        *,
        patience_s: float = 0.1,
        oldest_s: float = 600.0,
    ) -> Made[T] | None:
        """The report; None if it is not made within ``patience_s`` seconds and there is no earlier one to show meanwhile. One
        that took long is not made again at once.

        :param state: what it is made from, in short; while that is the same, it is not made again. What ``make`` raises is
            raised here, and it is made again at the next call.
        :param oldest_s: one made from an earlier state, no longer ago than this, is given while a newer one is made.
        """
        with self._lock:
            kept = self._kept.get(key)
            if (latest := _of(kept)) and kept and kept.state != state and _may_rest(latest):
                return replace(latest, is_current=False)
            if kept is None or (kept.making.done() and (kept.state != state or kept.making.exception())):
                kept = _Kept(state, self._thread.submit(_made, make), _of(kept))
                self._kept[key] = kept
                if len(self._kept) > _MOST_KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
        wait([kept.making], timeout=min(patience_s, _BRIEF_S) if _may_stand_in(kept.before, oldest_s) else patience_s)
        made = kept.making.result() if kept.making.done() else kept.before
        if made is None or (kept.state == state and kept.making.done()):
            return made
        return replace(made, is_current=False) if _may_stand_in(made, oldest_s) else None


def _made(make: Callable[[], T]) -> Made[T]:
    begun = time.perf_counter()
    report = make()
    return Made(report, datetime.now().astimezone(), time.perf_counter() - begun, is_current=True)


def _of(kept: _Kept | None) -> Made[Any] | None:
    """What was made, if it is made."""
    return None if kept is None or not kept.making.done() or kept.making.exception() else kept.making.result()


def _may_rest(made: Made[Any]) -> bool:
    return made.took_s >= _LONG_S and _age_s(made) < _REST * made.took_s


def _may_stand_in(made: Made[Any] | None, oldest_s: float) -> bool:
    return made is not None and _age_s(made) <= oldest_s


def _age_s(made: Made[Any]) -> float:
    return (datetime.now().astimezone() - made.at).total_seconds()


def reports_of(request: Request) -> Reports:
    """The reports of this application; made at the first visit."""
    if not hasattr(request.app.state, "reports"):
        request.app.state.reports = Reports()
    reports: Reports = request.app.state.reports
    return reports
