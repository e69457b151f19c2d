"""``policydesk search`` and ``policydesk ask``."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.panel import Panel
from rich.text import Text

from assistant.accounts import Accounts, scope_of
from assistant.commands.batch import read_batch
from assistant.commands.homes import open_store
from assistant.commands.output import aside, console, print_json
from assistant.config import Settings
from assistant.contract import answer_json, search_json
from assistant.opening import open_assistant
from assistant.records import Answer, AsideKind
from assistant.refusal import to_look_at
from retrieval.encoder import encoder_name, load_encoder
from retrieval.errors import WrongUsage
from retrieval.generations import open_index
from retrieval.reader import load_reader
from retrieval.rerank import load_reranker
from retrieval.scope import Scope
from retrieval.search import Mode, Searcher

AsUser = Annotated[
    str | None, typer.Option("--as", metavar="USER", help="Ask as this account: its groups decide what may be read.")
]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], metavar="DATE", help="Answer as of this day (YYYY-MM-DD)."),
]
Jurisdiction = Annotated[str | None, typer.Option(metavar="XX", help="Country the answer is for (ISO code).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def search(
    context: typer.Context,
    question: str,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many passages.")] = 10,
    mode: Annotated[Mode, typer.Option(help="Which first stage searches.")] = Mode.HYBRID,
    no_rerank: Annotated[bool, typer.Option("--no-rerank", help="Leave the reranker out.")] = False,
    as_user: AsUser = None,
    as_of: AsOf = None,
    jurisdiction: Jurisdiction = None,
    as_json: AsJson = False,
) -> None:
    """Find the passages that best answer a question.

    Example: `policydesk search "how many days of leave can I carry over" -k 5`
    """
    settings: Settings = context.obj
    if not re.search(r"\w", question):
        raise WrongUsage('there is no word in the question; write one, for example: policydesk search "parental leave"')
    scope = _scope(settings, as_user, as_of, jurisdiction)
    index = open_index(settings.home, encoder=encoder_name(settings.encoder))
    wants_rerank = mode is Mode.HYBRID and not no_rerank
    searcher = Searcher(
        index, load_encoder(settings.encoder),
        reranker=load_reranker(settings.reranker) if wants_rerank else None,
        reader=load_reader(settings.reader, verifier=settings.verifier) if wants_rerank else None,
    )  # fmt: skip
    result = searcher.search(question, k=k, mode=mode, rerank=wants_rerank, scope=scope)
    if as_json:
        print_json(search_json(question, scope.day, result))
        return
    for hit in result.hits:
        passage = hit.passage
        where = " > ".join([passage.title, *passage.section_path]) + (f", page {passage.page}" if passage.page else "")
        console.print(
            Panel(passage.text, title=Text(f"{hit.rank}. {where}"), title_align="left", subtitle=f"{hit.score:.3f}")
        )
    if not result.hits:
        console.print("Nothing found.")
    console.print(f"{result.timings_ms['total']:.0f} ms", style="dim")


def ask(
    context: typer.Context,
    question: Annotated[str | None, typer.Argument(help="The question; leave out with --batch.")] = None,
    as_user: AsUser = None,
    as_of: AsOf = None,
    jurisdiction: Jurisdiction = None,
    model: Annotated[str | None, typer.Option(help="Another language model; “quote” for none.")] = None,
    batch: Annotated[Path | None, typer.Option(help="JSON lines {_id, text}: one answer a line.")] = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question with citations.

    Example: `policydesk ask "Can I carry over unused leave?"`
    """
    settings: Settings = context.obj
    if (question is None) == (batch is None):
        raise WrongUsage("give a question or --batch FILE, one of them")
    scope = _scope(settings, as_user, as_of, jurisdiction)
    lines = read_batch(batch) if batch else []
    assistant = open_assistant(settings, model=model)
    if question is not None:
        answer = assistant.answer(question, scope=scope)
        if as_json:
            print_json(answer_json(answer))
        else:
            _show(answer)
        return
    for line in lines:
        answer = assistant.answer(line.text, scope=line.within(scope), history=line.turns)
        print_json({"_id": line.key, **answer_json(answer)}, indent=None)


def _scope(settings: Settings, user: str | None, as_of: datetime | None, jurisdiction: str | None) -> Scope:
    """What the command may see. Without ``--as`` nobody is asking: documents for everyone only.

    :raises WrongUsage: if there is no such account or the country is no two-letter code.
    :raises NotReady: if the home's database is none, or a newer Policydesk wrote it.
    """
    if jurisdiction is not None and not re.fullmatch("[A-Za-z]{2}", jurisdiction):
        raise WrongUsage(f"--jurisdiction takes a two-letter country code such as DE, not {jurisdiction!r}")
    store = open_store(settings)  # also where nobody is named: it refuses a home that it cannot read
    person = Accounts(store).require(user) if user is not None else None
    return scope_of(person, as_of=as_of.date() if as_of else None, jurisdiction=jurisdiction)


def _show(answer: Answer) -> None:
    if answer.doubtful:
        aside.print("This may not be what you asked for: read where it stands before you rely on it.\n", style="dim")
    console.print(answer.text)
    for beside in answer.asides:
        what = "See" if beside.kind is AsideKind.REFERENCE else "Defined:"
        words = " ".join(beside.citation.quote.split())
        console.print(f"\n{what} {beside.about}: {words} [{beside.citation.number}]")
    if near := to_look_at(answer):
        console.print("\nWhat comes nearest, in case it helps:")
        for citation in near:
            console.print(f"\n“{' '.join(citation.quote.split())}” [{citation.number}]")
    for citation in (*answer.sources, *near):
        passage = citation.passage
        where = " > ".join([passage.title, *passage.section_path]) + (f", page {passage.page}" if passage.page else "")
        dates = f", in force from {passage.effective_from}" if passage.effective_from else ""
        console.print(f"\n[{citation.number}] {where} ({passage.file}{dates})", style="dim")
    aside.print(f"{answer.status.value}, {answer.timings_ms['total']:.0f} ms", style="dim")
