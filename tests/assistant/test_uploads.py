"""What the console's forms read of their fields."""

from __future__ import annotations

import pytest

from assistant.console.uploads import read_groups
from retrieval.errors import WrongUsage


def test_groups_are_named_by_commas_and_an_empty_field_is_everybody() -> None:
    assert read_groups(" managers, hr ,hr") == ["hr", "managers"]
    assert read_groups("  ") == []


def test_commas_alone_are_not_everybody() -> None:
    with pytest.raises(WrongUsage, match="names no group"):
        read_groups(" , ")
