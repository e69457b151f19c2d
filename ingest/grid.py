"""Ruled tables: where drawn lines cross, and which words stand in which cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.page import Line, Rule, Word


@dataclass(frozen=True, slots=True)
class Grid:
    """A ruled table: where its columns and rows are parted."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    uprights: tuple[Rule, ...]
    flats: tuple[Rule, ...] = ()

    def cells(self, words: Sequence[Word]) -> dict[tuple[int, int], list[Word]]:
        """The words of each cell that has any, by row and column."""
        cells: dict[tuple[int, int], list[Word]] = {}
        for word in words:
            row = _slot(self.ys, (word.top + word.bottom) / 2)
            cells.setdefault((row, self.column(row, word.left + 0.5)), []).append(word)
        return cells

    def column(self, row: int, x: float) -> int:
        """The column that a place in a row belongs to: the leftmost of those that the row has merged into one cell."""
        middle = (self.ys[row] + self.ys[row + 1]) / 2
        column = _slot(self.xs, x)
        while column > 0 and not self._is_walled(self.xs[column], middle):
            column -= 1
        return column

    def reached(self, texts: Mapping[tuple[int, int], str]) -> dict[tuple[int, int], str]:
        """The texts of cells, by row and column, with the text of a cell that rows or columns have merged in each of them.

        Where several of the rows have a text, each keeps its own: not every table has a line below every row.
        """
        reached = dict(texts)
        for column in range(len(self.xs) - 1):
            for rows in self._merged_rows(column):
                said = [texts[row, column] for row in rows if texts.get((row, column))]
                if len(said) == 1:
                    reached.update({(row, column): said[0] for row in rows})
        for row in range(len(self.ys) - 1):
            for column in range(1, len(self.xs) - 1):
                first = self.column(row, (self.xs[column] + self.xs[column + 1]) / 2)
                if first != column and reached.get((row, first)):
                    reached[row, column] = reached[row, first]
        return reached

    def _merged_rows(self, column: int) -> list[list[int]]:
        """The rows in order, those together that no line parts in a column and whose cell there is their own."""
        middle = (self.xs[column] + self.xs[column + 1]) / 2
        groups: list[list[int]] = []
        for row in range(len(self.ys) - 1):
            if self.column(row, middle) != column:
                continue
            if groups and groups[-1][-1] == row - 1 and not self._is_floored(middle, self.ys[row]):
                groups[-1].append(row)
            else:
                groups.append([row])
        return groups

    def _is_floored(self, x: float, y: float) -> bool:
        return any(abs(rule.y0 - y) <= 5 and rule.x0 - 2 <= x <= rule.x1 + 2 for rule in self.flats)

    def _is_walled(self, x: float, y: float) -> bool:
        return any(abs(rule.x0 - x) <= 5 and rule.y0 - 2 <= y <= rule.y1 + 2 for rule in self.uprights)

    def frames_words(self, lines: Sequence[Line]) -> bool:
        """Whether it is no table but boxes around words of a text, as links and marked words have: most of its upright
        lines stand within a line of the text."""
        inside = sum(1 for rule in self.uprights if any(_stands_in_text(rule, line) for line in lines))
        return 2 * inside > len(self.uprights)

    def holds(self, line: Line) -> bool:
        middle = (line.top + line.bottom) / 2
        return self.xs[0] - 2 <= line.middle <= self.xs[-1] + 2 and self.ys[0] - 2 <= middle <= self.ys[-1] + 2

    def has(self, rule: Rule) -> bool:
        """Whether a drawn line lies in the table or at its edge."""
        x, y = (rule.x0 + rule.x1) / 2, (rule.y0 + rule.y1) / 2
        return self.xs[0] - 2 <= x <= self.xs[-1] + 2 and self.ys[0] - 2 <= y <= self.ys[-1] + 2


def _stands_in_text(rule: Rule, line: Line) -> bool:
    """Whether an upright line stands within a line of text, where no gap parts its words."""
    if not (rule.y0 - 2 <= (line.top + line.bottom) / 2 <= rule.y1 + 2 and line.left + 3 < rule.x0 < line.right - 3):
        return False
    return not any(
        before.right - 2 <= rule.x0 <= after.left + 2 and after.left - before.right >= 0.5 * line.size
        for before, after in pairwise(line.words)
    )


def grids(rules: Sequence[Rule]) -> list[Grid]:
    """Tables drawn with lines: at least two rows and two columns whose borders cross."""
    across = in_one([rule for rule in rules if rule.is_across])
    down = in_one([rule for rule in rules if not rule.is_across])
    groups: list[tuple[list[Rule], list[Rule]]] = []
    for upright in down:
        crossing = [
            rule
            for rule in across
            if rule.x0 - 3 <= upright.x0 <= rule.x1 + 3 and upright.y0 - 3 <= rule.y0 <= upright.y1 + 3
        ]
        if not crossing:
            continue
        touched = [group for group in groups if any(rule in group[0] for rule in crossing)]
        merged: tuple[list[Rule], list[Rule]] = (list(crossing), [upright])
        for group in touched:
            groups.remove(group)
            merged[0].extend(rule for rule in group[0] if rule not in merged[0])
            merged[1].extend(group[1])
        groups.append(merged)
    found = []
    for flat, uprights in groups:
        xs, ys = _distinct([rule.x0 for rule in uprights]), _distinct([rule.y0 for rule in flat])
        if len(xs) >= 3 and len(ys) >= 3:
            found.append(Grid(tuple(xs), tuple(ys), tuple(uprights), tuple(flat)))
    return sorted(found, key=lambda grid: (grid.ys[0], grid.xs[0]))


def in_one(rules: Sequence[Rule]) -> list[Rule]:
    """Pieces of one line, put together: borders are often drawn cell by cell."""
    merged: list[Rule] = []
    for rule in sorted(
        rules, key=lambda rule: (round(rule.y0), rule.x0) if rule.is_across else (round(rule.x0), rule.y0)
    ):
        if merged:
            last = merged[-1]
            if rule.is_across and abs(last.y0 - rule.y0) < 2 and rule.x0 <= last.x1 + 4:
                merged[-1] = Rule(last.x0, last.y0, max(last.x1, rule.x1), last.y1)
                continue
            if not rule.is_across and abs(last.x0 - rule.x0) < 2 and rule.y0 <= last.y1 + 4:
                merged[-1] = Rule(last.x0, last.y0, last.x1, max(last.y1, rule.y1))
                continue
        merged.append(rule)
    return merged


def _distinct(places: Sequence[float]) -> list[float]:
    distinct: list[float] = []
    for place in sorted(places):
        if not distinct or place - distinct[-1] > 4:
            distinct.append(place)
    return distinct


def _slot(places: Sequence[float], value: float) -> int:
    slot = sum(1 for place in places[1:-1] if place <= value)
    return min(slot, len(places) - 2)
