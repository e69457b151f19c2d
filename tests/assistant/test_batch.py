"""The file of ``ask --batch``: every line is looked at before anything is answered."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from assistant.commands.batch import read_batch
from assistant.records import Turn
from retrieval.errors import WrongUsage
from retrieval.scope import Scope


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"_id": "b"}', "text: Field required"),
        ('{"text": "Notice?"}', "_id: Field required"),
        ('{"_id": "b", "text": 7}', "text: Input should be a valid string, found '7'"),
        ('{"_id": "b", "text": null}', "text: Input should be a valid string, found 'None'"),
        ('{"_id": "b", "text": "\\ud800"}', "JSON: Invalid JSON"),
        ('{"_id": "b", "text": "Notice?", "as_of": "2024-13-01"}', "as_of: .*found '2024-13-01'"),
        ('{"_id": "b", "text": "Notice?", "as_of": 7}', "as_of: .*found '7'"),
        ('{"_id": "b", "text": "Notice?", "jurisdiction": "Germany"}', "jurisdiction: .*found 'GERMANY'"),
        ('{"_id": "b", "text": "Notice?", "history": ["x"]}', "history.0: .*found 'x'"),
        ('["b"]', "JSON: .*found"),
        ("b", "JSON: Invalid JSON"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(f'{{"_id": "a", "text": "Leave?"}}\n\n{line}\n', encoding="utf-8")
    with pytest.raises(WrongUsage, match=re.escape(f"{file} line 3: ") + said) as raised:
        read_batch(file)
    assert "\n" not in str(raised.value)


def test_a_line_says_for_itself_when_and_where(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(
        '\ufeff{"_id": 1, "text": "Leave?\u2028And notice?", "as_of": "2024-05-01", "jurisdiction": "de",'
        ' "history": [{"question": "Pay?"}], "more": 1}\r\n{"_id": "b", "text": "", "jurisdiction": ""}',
        encoding="utf-8",
    )
    one, other = read_batch(file)
    assert (one.key, one.text, one.turns) == (1, "Leave?\u2028And notice?", [Turn("Pay?", "")])
    scope = Scope(groups=frozenset({"hr"}), as_of=date(2026, 1, 1), jurisdiction="FR")
    assert one.within(scope) == Scope(groups=frozenset({"hr"}), as_of=date(2024, 5, 1), jurisdiction="DE")
    assert other.within(scope) == scope


def test_a_file_that_is_no_text_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_bytes(b"\xff\xfe")
    for path in (file, tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(WrongUsage, match="cannot read"):
            read_batch(path)
