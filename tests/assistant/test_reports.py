"""A page does not wait for a report that takes long: it shows the latest there is, or says that it is being made."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Timer

import pytest

from assistant.console.reports import Made, Reports


def in_time(reports: Reports, state: object, make: Callable[[], str]) -> Made[str]:
    """What is given to somebody who waits for it."""
    made = reports.get("key", str(state), make, patience_s=20)
    assert made is not None
    return made


def never() -> str:
    raise AssertionError("it is not made again")


def test_a_report_is_made_once_for_each_state() -> None:
    reports = Reports()
    assert (in_time(reports, 1, lambda: "one").report, in_time(reports, 1, never).report) == ("one", "one")
    second = in_time(reports, 2, lambda: "two")
    assert (second.report, second.is_current) == ("two", True)


def test_what_is_not_made_yet_is_not_waited_for() -> None:
    reports, go = Reports(), Event()
    assert reports.get("key", 1, lambda: go.wait(20), patience_s=0.01) is None
    go.set()
    assert in_time(reports, "1", lambda: "one").report


def test_the_one_before_is_shown_with_its_time_while_a_newer_one_is_made() -> None:
    reports, go = Reports(), Event()
    before = in_time(reports, 1, lambda: "one")
    make = lambda: str(go.wait(20))  # noqa: E731
    shown = reports.get("key", "2", make, patience_s=0.01)
    assert shown == Made("one", before.at, before.took_s, is_current=False)
    assert reports.get("key", "2", make, patience_s=0.01, oldest_s=0) is None, "it is too old by now"
    go.set()
    assert in_time(reports, 2, never).report == "True"


def test_nobody_waits_long_for_a_newer_one_where_there_is_one_to_show() -> None:
    reports, go = Reports(), Event()
    in_time(reports, 1, lambda: "old")
    begun = time.monotonic()
    shown = reports.get("key", "2", lambda: str(go.wait(20)), patience_s=10)
    assert shown is not None
    assert (shown.report, shown.is_current) == ("old", False)
    assert time.monotonic() - begun < 5
    go.set()


def test_a_report_of_an_earlier_state_is_said_to_be_one() -> None:
    reports, go = Reports(), Event()
    assert reports.get("key", "1", lambda: str(go.wait(20)), patience_s=0.01) is None
    Timer(0.5, go.set).start()
    assert in_time(reports, 2, never).is_current is False
    assert in_time(reports, 2, lambda: "two") == in_time(reports, 2, never)


def test_one_that_took_long_is_not_made_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.console.reports._LONG_S", 0.0)
    monkeypatch.setattr("assistant.console.reports._REST", 1e9)
    reports = Reports()
    first = in_time(reports, 1, lambda: "one")
    assert in_time(reports, 2, never) == Made("one", first.at, first.took_s, is_current=False)
    monkeypatch.setattr("assistant.console.reports._REST", 0.0)
    assert in_time(reports, 2, lambda: "two").report == "two"


def test_what_fails_is_raised_and_tried_again() -> None:
    reports = Reports()
    with pytest.raises(ZeroDivisionError):
        in_time(reports, 1, lambda: str(1 // 0))
    assert in_time(reports, 1, lambda: "one").report == "one"


def test_those_looked_at_longest_ago_are_dropped() -> None:
    reports = Reports()
    for key in range(17):
        assert reports.get(key, 1, lambda: "kept", patience_s=20)
    assert reports.get(16, 1, never, patience_s=20)
    assert reports.get(0, 1, lambda: "made again", patience_s=20) != reports.get(16, 1, never, patience_s=20)
