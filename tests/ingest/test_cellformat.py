from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from ingest.cellformat import shown


@pytest.mark.parametrize(
    ("value", "number_format", "expected"),
    [
        (None, "General", ""), ("  Leave ", "General", "Leave"), (True, "General", "TRUE"), (30, "General", "30"), (30.0, "General", "30"),
        (0.1 + 0.2, "General", "0.3"), (1234.5, "#,##0.00", "1,234.50"), (1234.5, "0", "1235"), (0.25, "0%", "25%"), (0.125, "0.0%", "12.5%"),
        (62.5, '#,##0.00 "€"', "62.50 €"), (62.5, "[$€-407]#,##0.00", "€62.50"), (-5, "0.00;[Red](0.00)", "(5.00)"), (-5, "0", "-5"),
        (7, "000", "007"), (1.5, "0.##", "1.5"), (1.0, "0.##", "1"), (12, '0 "days"', "12 days"), (0.5, "# ?/?", "0.5"), (2.5, "0", "3"),
        (date(2025, 3, 1), "d.m.yy", "2025-03-01"), (datetime(2025, 3, 1), "m/d/yyyy", "2025-03-01"),
        (datetime(2025, 3, 1, 9, 30), "General", "2025-03-01 09:30"), (time(9, 30), "h:mm", "09:30"), (timedelta(hours=37, minutes=30), "[h]:mm", "37:30"),
        ("#REF!", "General", "#REF!"), (float("nan"), "0", ""), (1e20, "0", "100000000000000000000"),
    ],
)  # fmt: skip
def test_a_cell_reads_as_people_see_it(value: object, number_format: str, expected: str) -> None:
    assert shown(value, number_format) == expected
