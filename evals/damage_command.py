"""``policydesk eval claims``: how well the claim checker tells faithful claims from damaged ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from evals.claimset import PAIRS_A_KIND, Outcome, Pair, evaluate, pairs

#: What the project promises: of changed numbers, dates, amounts, modals and negations, and of good claims.
CAUGHT_AT_LEAST, REFUSED_AT_MOST = 0.98, 0.05


def claims(
    data: Annotated[
        list[Path],
        typer.Argument(
            help="Folders in the BEIR layout, or libraries such as corpora/sample; only their passages are read."
        ),
    ],
    split: Annotated[str, typer.Option(help="Which half of the documents: dev to choose by, test to report.")] = "test",
    limit: Annotated[
        int, typer.Option(min=1, help="At most so many claims of each kind from each folder.")
    ] = PAIRS_A_KIND,
    mistakes: Annotated[int, typer.Option(min=0, help="Print so many mistakes of each kind.")] = 0,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the result as JSON; - prints it and nothing else.")
    ] = None,
) -> None:
    """Check claims that were reworded or damaged on purpose: how much damage is caught, how many good claims are refused.

    Exits 1 where less than 98 % of changed numbers, dates, amounts, modals and negations are caught, or more than 5 % of
    good claims refused, and 2 where the texts give none of either.
    """
    from evals.commands import _console, _write
    from evals.library import load_any
    from evals.machine import provenance
    from retrieval.errors import WrongUsage

    if split not in ("dev", "test"):
        raise WrongUsage(f"a split is dev or test, not {split!r}; give --split dev or --split test")
    console = _console(json_file)
    labelled: list[Pair] = []
    for folder in data:
        labelled += pairs(load_any(folder).corpus, split, a_kind=limit)
    if not labelled:
        raise WrongUsage(f"no sentence of the {split} half can be used; give folders with more prose")
    outcome = evaluate(labelled)
    found: dict[str, Any] = {
        "data": [folder.resolve().name for folder in data],
        "split": split,
        "claims": len(labelled),
        **outcome.to_json(),
        **provenance(),
    }
    console.print(table(found))
    _show_mistakes(outcome, mistakes, console)
    _write(found, json_file, None, console)
    if found["critical_caught"]["rate"] is None or found["good_refused"]["rate"] is None:
        raise WrongUsage(
            "nothing to judge by: no sentence holds a number, date, amount, modal or negation to change, or none can be "
            "reworded; give folders with more prose"
        )
    if found["critical_caught"]["rate"] < CAUGHT_AT_LEAST or found["good_refused"]["rate"] > REFUSED_AT_MOST:
        raise typer.Exit(1)


def table(found: Mapping[str, Any]) -> Table:
    """One row a kind: how many claims there were, and the share that was refused with its interval."""
    title = f"Claims · {', '.join(found['data'])} · {found['split']} · {found['claims']} claims"
    shown = Table(
        title=title, box=box.SIMPLE_HEAD, caption=f"95 % Wilson intervals; {found['microseconds_a_check']} µs a check"
    )
    for heading in ("kind", "claims", "refused", "95 %"):
        shown.add_column(heading, justify="left" if heading == "kind" else "right")
    sections = (
        ("good claims, refused", found["good_refused"], found["good_refused_by_kind"]),
        ("damage, caught", found["recall"], found["caught"]),
    )
    for name, overall, kinds in sections:
        _row(shown, name, overall, style="bold")
        for kind, rate in kinds.items():
            _row(shown, f"  {kind}", rate)
    _row(shown, "numbers, dates, amounts, modals, negations, caught", found["critical_caught"], style="bold")
    _row(shown, "precision of refusing", found["precision"], style="bold")
    return shown


def _row(shown: Table, name: str, rate: Mapping[str, Any], *, style: str = "") -> None:
    if not rate["n"]:
        shown.add_row(name, "0", "–", "–", style=style)
        return
    low, high = rate["ci95"]
    shown.add_row(name, str(rate["n"]), f"{rate['rate']:.1%}", f"{low:.1%}–{high:.1%}", style=style)


def _show_mistakes(outcome: Outcome, most: int, console: Console) -> None:
    shown: dict[tuple[str, bool], int] = {}
    for pair in outcome.mistakes() if most else ():
        key = (pair.kind, pair.faithful)
        shown[key] = shown.get(key, 0) + 1
        if shown[key] <= most:
            said = "good claim refused" if pair.faithful else "damage passed"
            console.print(
                f"{said} · {pair.kind}\n  claim  {pair.claim}\n  span   {pair.span}", markup=False, highlight=False
            )
