from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
import typer
from typer.testing import CliRunner

from evals import damage_command
from evals.claimset import CRITICAL, Outcome, Pair, evaluate, pairs, split_of, wilson
from evals.damage import DAMAGE, Surroundings
from evals.data import CorpusText
from evals.rewordings import FAITHFUL
from retrieval.errors import WrongUsage
from tests.evals.folders import write_folder, write_lines

claims_app = typer.Typer()
claims_app.command()(damage_command.claims)

LEAVE = "If you are ill, you must tell Anna Berg within 3 days, unless the €40 fee was paid on 31 March 2025."
AROUND = Surroundings(
    title="Leave",
    siblings=[
        "Every request is answered by Oscar Lind in the order it came in.",
        "Parking at the Harbour Office is free.",
    ],
    strangers=["Invoices are settled by bank transfer at the close of the quarter."],
)
RULES = (
    "Employees may carry over up to five days of annual leave until 31 March 2026. If you travel by train, you can claim €40 a day. "
    "Managers must answer within 10 working days. Staff should not share passwords with anyone. The Supplier shall pay the Customer a "
    "fee of $1,500 unless the contract ends. Trips are booked through the travel desk (see the intranet page) in good time."
)


def test_texts_that_give_nothing_to_damage_are_refused_not_failed(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "plain")
    words = "always often commonly usually together quietly happily gladly".split()
    write_lines(
        folder / "corpus.jsonl",
        [
            {"_id": f"rule-{n:02d}", "text": f"Employees {words[n % 8]} receive warm meals every single morning here.",
             "metadata": {"document_id": f"d{n}"}}
            for n in range(60)
        ],
    )  # fmt: skip
    result = CliRunner().invoke(claims_app, [str(folder), "--json", str(tmp_path / "c.json")])
    assert isinstance(result.exception, WrongUsage), result.output
    assert "nothing to judge by" in str(result.exception)


@pytest.mark.parametrize(
    ("kind", "text", "wanted"),
    [
        ("part moved", "If you are ill, tell your manager.", "Tell your manager if you are ill."),
        ("number restyled", "It takes five days to reply.", "It takes 5 days to reply."),
        ("number restyled", "The cap is 1,000 units for all.", "The cap is 1000 units for all."),
        ("date restyled", "It ends on 31 March 2025.", "It ends on March 31, 2025."),
        ("date restyled", "It ends on March 31, 2025.", "It ends on 31 March 2025."),
        ("amount restyled", "It costs €140 a night.", "It costs 140 euros a night."),
        ("addressed as you", "All employees may apply for it.", "You may apply for it."),
        ("clause number dropped", "4.2 Leave is paid by the firm.", "Leave is paid by the firm."),
        ("examples dropped", "Small costs such as tips are paid (for example a taxi) at once.", "Small costs such as tips are paid at once."),
        ("yes in front", "You may apply for it.", "Yes, you may apply for it."),
    ],
)  # fmt: skip
def test_rewording_keeps_the_words_that_matter(kind: str, text: str, wanted: str) -> None:
    assert FAITHFUL[kind](text, Random(1)) == wanted


@pytest.mark.parametrize("kind", [kind for kind in DAMAGE if kind != "parties exchanged"])
def test_every_kind_of_damage_changes_the_sentence(kind: str) -> None:
    text = LEAVE.replace("unless", "and the form is not needed unless") if kind == "negation removed" else LEAVE
    for seed in range(20):
        damaged = DAMAGE[kind](text, AROUND, Random(seed))
        assert damaged is not None
        assert damaged.lower() != text.lower()


def test_a_changed_number_is_one_the_sentence_does_not_hold() -> None:
    for seed in range(50):
        damaged = DAMAGE["number changed"]("Two of the 3 managers sign within 4 days.", AROUND, Random(seed))
        assert damaged is not None
        before, after = [set(text.replace("Two", "2").replace("two", "2").split()) for text in ("2 3 4", damaged)]
        assert len(before - after) == 1


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("modal flipped", "Staff must not smoke here."),
        ("modal flipped", "The office is closed in May and June."),
        ("negation added", "No one is paid twice."),
        ("negation removed", "This covers, but is not limited to, laptops and not only phones."),
        ("parties exchanged", "The Supplier shall meet with the Customer."),
        ("condition dropped", "It is treated as if it were new."),
        ("number changed", "See section 4 of the Act of 2015."),
    ],
)
def test_what_would_not_change_the_sense_is_left_alone(kind: str, text: str) -> None:
    assert DAMAGE[kind](text, AROUND, Random(1)) is None


def test_the_same_corpus_gives_the_same_pairs() -> None:
    corpus = _corpus()
    assert pairs(corpus, "dev") == pairs(corpus, "dev")


def test_no_document_is_in_both_halves() -> None:
    corpus = _corpus()
    names = {half: {pair.heading for pair in pairs(corpus, half)} for half in ("dev", "test")}
    assert names["dev"]
    assert names["test"]
    assert not names["dev"] & names["test"]
    assert {split_of(text.document) for text in corpus} == {"dev", "test"}


def test_rates_count_what_was_refused() -> None:
    good, bad = (Pair("a", "a", "", "exact", True), Pair("b", "a", "", CRITICAL[0], False))
    found = Outcome((good, good, bad, bad), (True, False, True, True), 10.0).to_json()
    assert found["good_refused"] == {"rate": 0.5, "ci95": [0.0945, 0.9055], "n": 2}
    assert found["precision"] == {"rate": 0.6667, "ci95": [0.2077, 0.9385], "n": 3}
    assert found["recall"] == found["critical_caught"] == {"rate": 1.0, "ci95": [0.3424, 1.0], "n": 2}


def test_wilson_interval_equals_the_published_example() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, Wilson score without correction.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)


@pytest.mark.data
@pytest.mark.parametrize("name", ["contractnli", "conditionalqa"])
def test_damage_is_caught_and_good_claims_pass_on_real_sentences(name: str) -> None:
    from evals.beir import load_data

    folder = Path(__file__).parents[3] / "shared" / "data" / "qa" / name
    if not folder.is_dir():
        pytest.skip(f"the development data {name} is not beside the checkout")
    found = evaluate(pairs(load_data(folder).corpus, "dev", a_kind=40)).to_json()
    assert found["critical_caught"]["rate"] >= 0.98  # type: ignore[index]
    assert found["good_refused"]["rate"] <= 0.05  # type: ignore[index]


def _corpus() -> list[CorpusText]:
    return [
        CorpusText(f"{name}-1", name, RULES.replace("days", f"days of {name}"))
        for name in ("north", "south", "east", "west", "upper")
    ]
