"""Damaged files, and the measure of how reading stands up to them."""

from __future__ import annotations

import io
import zipfile
from random import Random

import pytest

from corpora.formats import every_format
from evals.mutations import MUTATIONS, Mutation, bomb_packed, entities_declared, mutants, size_lied
from evals.robustness import BAD, Outcome, Read, Trial, figures, measure
from ingest.load import load
from ingest.sandbox import Limits
from retrieval.errors import DocumentRejected

FILES = every_format()
SEEDS = list(FILES.items())
ZIPPED = [(name, data) for name, data in SEEDS if data.startswith(b"PK")]


def test_the_same_seed_damages_alike() -> None:
    assert every_format() == FILES
    seeds = [seed for seed in SEEDS if len(seed[1]) < 60_000]
    first, again = (mutants(seeds, 30, Random(5)) for _ in range(2))
    assert first == again
    assert len({mutant.kind for mutant in first}) > 6


@pytest.mark.parametrize("mutation", [mutation for mutation, _ in MUTATIONS], ids=lambda mutation: mutation.__name__)
def test_each_kind_of_damage_is_done_to_some_format(mutation: Mutation) -> None:
    chance = Random(1)
    made = [mutation(seed, chance) for seed in SEEDS]
    assert any(mutant is not None and (mutant.name, mutant.data) not in SEEDS for mutant in made)


def test_text_has_no_archive_to_damage() -> None:
    assert size_lied(("a.md", b"# Leave"), Random(1)) is None
    assert entities_declared(("a.md", b"# Leave"), Random(1)) is None


@pytest.mark.parametrize("seed", ZIPPED, ids=lambda seed: seed[0])
def test_each_bomb_is_a_bomb_and_refused(seed: tuple[str, bytes]) -> None:
    for number in range(6):
        for mutation in (bomb_packed, entities_declared):
            mutant = mutation(seed, Random(number))
            assert mutant is not None
            assert mutant.is_bomb
            assert zipfile.is_zipfile(io.BytesIO(mutant.data))
            assert len(mutant.data) < 400_000
            with pytest.raises(DocumentRejected):
                load(mutant.name, mutant.data)


def test_figures_count_every_end_and_name_what_went_wrong() -> None:
    def read(outcome: Outcome, kind: str = "truncated", seconds: float = 0.1, *, is_bomb: bool = False) -> Read:
        return Read("a.docx", kind, outcome, "why", seconds, 100.4, is_bomb)

    trial = Trial(
        damaged=[read(Outcome.INDEXED), read(Outcome.REJECTED, "zip bomb", is_bomb=True)], good=[("a.md", True)]
    )
    assert trial.holds
    trial.damaged += [read(Outcome.HUNG), read(Outcome.REJECTED, "zip bomb", 1.5, is_bomb=True)]
    found = figures(trial, Limits())
    assert not trial.holds
    assert found["damaged"] == {
        "files": 4, "indexed": 1, "partial": 0, "rejected": 2, "crashed": 0, "hung": 1, "silently_empty": 0, "worst_s": 1.5,
        "worst_memory_mb": 100,
    }  # fmt: skip
    assert found["bombs"]["refused_within_1_s"] == 1
    assert [(wrong["mutation"], wrong["outcome"]) for wrong in found["went_wrong"]] == [
        ("truncated", "hung"),
        ("zip bomb", "rejected"),
    ]
    assert "why" not in str(found)
    assert not Trial(good=[("a.md", False)]).holds


def test_damaged_files_pass_through_the_sandbox_with_good_ones_between(monkeypatch: pytest.MonkeyPatch) -> None:
    small = {name: FILES[name] for name in ("bicycle-leasing.md", "bicycle-leasing.odt", "bicycle-leasing.eml")}
    monkeypatch.setattr("evals.robustness._own", lambda: small)
    trial = measure([], files=16, seed=3)
    assert len(trial.damaged) == 16
    assert [as_before for _, as_before in trial.good] == [True, True]
    assert not [read for read in trial.damaged if read.outcome in BAD]
    assert all(read.memory_mb > 10 for read in trial.damaged)
