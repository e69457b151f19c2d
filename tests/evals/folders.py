"""Small evaluation data, made the same way every time."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

QUESTIONS = 60
_WORDS = [f"{first}{last}" for first in ("bar", "dol", "fen", "gim", "kar", "lom", "nar", "pel") for last in
          ("ant", "bik", "dro", "eld", "fos", "gul", "hep", "ink", "jun", "kol", "lat", "mor")]  # fmt: skip


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def write_folder(folder: Path) -> Path:
    """Sixty passages of made-up words, each asked for by four of its words and one stray one; ten unanswerable questions."""
    chance = random.Random(7)
    texts = [" ".join(chance.choices(_WORDS, k=24)) for _ in range(QUESTIONS)]
    asked = [" ".join([*chance.sample(text.split(), 4), chance.choice(_WORDS)]) for text in texts]
    write_lines(
        folder / "corpus.jsonl",
        [
            {
                "_id": f"rule-{n:02d}",
                "title": "",
                "text": text,
                "metadata": {"page": n // 10 + 1, "document_id": "rules"},
            }
            for n, text in enumerate(texts)
        ],
    )
    write_lines(
        folder / "queries.jsonl",
        [
            {"_id": f"q{n:02d}", "text": text, "metadata": {"half": "first" if n < 30 else "second"}}
            for n, text in enumerate(asked)
        ],
    )
    write_lines(
        folder / "answers.jsonl",
        [{"query_id": f"q{n:02d}", "answers": [" ".join(texts[n].split()[:5])]} for n in range(QUESTIONS)],
    )
    write_lines(
        folder / "unanswerable.jsonl",
        [
            {"_id": f"u{n}", "text": f"nothing about zebra number {n}", "split": "test", "asked_against": []}
            for n in range(10)
        ],
    )
    (folder / "qrels").mkdir()
    rows = "".join(f"q{n:02d}\trule-{n:02d}\t1\n" for n in range(QUESTIONS))
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + rows)
    return folder
