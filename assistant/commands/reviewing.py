"""``policydesk documents review`` and what is done with drafts: confirm, publish, reject, undo; and the library's contradictions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Column, Table
from rich.text import Text

from assistant.commands.homes import open_store
from assistant.commands.output import aside, console, print_json
from assistant.config import Settings
from ingest.countries import country_code
from retrieval.encoder import load_encoder
from retrieval.errors import WrongUsage
from retrieval.records import heading_line

if TYPE_CHECKING:
    from assistant.actions import Action
    from assistant.review import Review
    from ingest.conflicts import Contradiction
    from ingest.preflight import Preflight, Stated
    from ingest.rules import Rule

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Day = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="As stated before, if left out.")
]


def review(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="A version or document; all drafts without it.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Make the report again.")] = False,
    as_json: AsJson = False,
) -> None:
    """What waits for review; with an ID, the pre-flight report about it.

    Example: `policydesk documents review d3f9a12c45`
    """
    from assistant.reviewapi import draft_json
    from ingest.preflight import preflight_json

    room = open_review(context)
    if name is not None:
        report = room.report(name, fresh=fresh)
        if as_json:
            print_json(preflight_json(report))
        else:
            _show(report)
        return
    drafts = room.drafts()
    if as_json:
        print_json({"drafts": [draft_json(draft) for draft in drafts]})
        return
    if not drafts:
        console.print("Nothing waits for review. Hold files for review with: policydesk ingest --draft PATH")
        return
    table = Table(Column("version", no_wrap=True), "title", "file", "from", "country", "readers", "owner")
    for draft in drafts:
        said = draft.particulars
        readers = ", ".join(sorted(said.audience)) or "everyone"
        row = (
            draft.version_id,
            said.title,
            draft.file,
            str(said.effective_from or ""),
            said.jurisdiction or "",
            readers,
            said.owner or "",
        )
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def confirm(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="A version or document.")],
    title: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    effective_from: Day = None,
    effective_to: Day = None,
    jurisdiction: Annotated[str | None, typer.Option(metavar="XX", help="Country; “none” for everywhere.")] = None,
    audience: Annotated[
        str | None, typer.Option(metavar="A,B", help="Groups that may read it; “none” for everyone.")
    ] = None,
    owner: Annotated[str | None, typer.Option(metavar="NAME", help="Whom to ask about it; “none” for nobody.")] = None,
) -> None:
    """Set what is said about a version; what is left out stays.

    Example: `policydesk documents confirm d3f9a12c45 --effective-from 2026-01-01 --jurisdiction DE`
    """
    room = open_review(context)
    now = room.particulars(name)
    given = replace(
        now,
        title=title if title is not None else now.title,
        effective_from=effective_from.date() if effective_from else now.effective_from,
        effective_to=effective_to.date() if effective_to else now.effective_to,
        jurisdiction=_given(country_code(jurisdiction) if jurisdiction else jurisdiction, now.jurisdiction),
        owner=_given(owner, now.owner),
        audience=_groups(audience) if audience is not None else now.audience,
    )
    action = room.confirm(name, given)
    console.print(
        f"Confirmed; undo with: policydesk documents undo {action.action_id}" if action else "Nothing changed."
    )


def publish(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="A version, or a document with its drafts.")],
    as_json: AsJson = False,
) -> None:
    """Put a document's drafts, or one of them, in service.

    Example: `policydesk documents publish d3f9a12c45`
    """
    room = open_review(context)
    action = room.publish(name)
    said = f"{action.title} is published; undo with: policydesk documents undo {action.action_id}"
    say(room, action, said, as_json=as_json)


def reject(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="A version, or a document with its drafts.")],
) -> None:
    """Put drafts aside; their text is erased after seven days, or at `index rebuild`.

    Example: `policydesk documents reject d3f9a12c45.v2`
    """
    action = open_review(context).reject(name)
    console.print(f"{action.title} is rejected; undo with: policydesk documents undo {action.action_id}")


def attach(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="DRAFT", help="A version that waits for review, or its document.")],
    document_id: Annotated[str, typer.Argument(metavar="ID", help="The document that it is a version of.")],
) -> None:
    """Make a draft a version of a document, where reading it did not show that it is one.

    Example: `policydesk documents attach d3f9a12c45 d81b2c7e0f`
    """
    action = open_review(context).attach(name, document_id)
    console.print(
        f"{action.title} is now {action.version_ids[0]}; undo with: policydesk documents undo {action.action_id}"
    )


def undo(
    context: typer.Context,
    action_id: Annotated[
        str | None, typer.Argument(metavar="[ACT]", help="From `documents history`; the latest without it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take back publishing, rejecting, removing, confirming or attaching.

    Example: `policydesk documents undo`
    """
    room = open_review(context)
    action = room.undo(action_id)
    say(room, action, f"Undone: {action.act.value} of {action.title}.", as_json=as_json)


def history(
    context: typer.Context,
    document_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="One document; all without it.")] = None,
    last: Annotated[int, typer.Option(min=1, help="How many, the latest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """What was done to the library, latest first.

    Example: `policydesk documents history`
    """
    from assistant.reviewapi import action_json

    actions = open_review(context).history(document_id=document_id, last=last)
    if as_json:
        print_json({"actions": [action_json(action) for action in actions]})
        return
    table = Table(Column("act", no_wrap=True), "what", "document", "title", "who", "when", "can be undone")
    for action in actions:
        undoable = "undone" if action.undone_at else "yes" if action.can_be_undone else "no, its text is gone"
        row = (
            action.action_id,
            action.act.value,
            action.document_id,
            action.title,
            action.who,
            f"{action.at:%Y-%m-%d %H:%M}",
            undoable,
        )
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def conflicts(context: typer.Context, as_json: AsJson = False) -> None:
    """Rules in force that contradict each other, surest first; exit code 1 if there are any.

    Example: `policydesk documents conflicts --json`
    """
    from ingest.conflicts import find_conflicts
    from retrieval.generations import open_index

    settings: Settings = context.obj
    encoder = load_encoder(settings.encoder)
    index = open_index(settings.home, encoder=encoder.name)
    found = find_conflicts(index.passages, encoder, library=index)
    if as_json:
        print_json({"conflicts": [conflict_json(each) for each in found]})
    for each in found if not as_json else ():
        console.print(Text(f"{each.differs[0]}  ≠  {each.differs[1]}", style="bold"))
        for side in (each.one, each.other):
            console.print(Text(f"  {side.quote}"))
            console.print(Text(f"  {_where(side)}", style="dim"))
        console.print()
    aside.print(f"{len(found)} contradictions among {len(index)} passages")
    if found:
        raise typer.Exit(1)


def say(room: Review, action: Action, text: str, *, as_json: bool) -> None:
    """What was done: a line for people, or the act as ``documents history --json`` gives it, with the document's status now."""
    from assistant.reviewapi import action_json

    if as_json:
        document = room.store.document(action.document_id)
        print_json({**action_json(action), "status": document.standing(date.today()).value})
    else:
        console.print(text)


def conflict_json(found: Contradiction) -> dict[str, Any]:
    """One contradiction as ``documents conflicts --json`` gives it."""
    return {
        "about": found.about,
        "kind": found.kind.value,
        "differs": list(found.differs),
        "similarity": round(found.similarity, 4),
        "sides": [_side_json(side) for side in (found.one, found.other)],
    }


def open_review(context: typer.Context) -> Review:
    """The review room of the command's home; models are loaded when they are needed."""
    from assistant.opening import open_assistant
    from assistant.review import Review

    settings: Settings = context.obj
    return Review(
        settings.home,
        open_store(settings),
        encoder=lambda: load_encoder(settings.encoder),
        rehearsing=lambda: open_assistant(settings, model="quote"),
    )


def _side_json(rule: Rule) -> dict[str, Any]:
    passage = rule.passage
    return {
        "passage_id": passage.passage_id,
        "document_id": passage.document_id,
        "version_id": passage.version_id,
        "title": passage.title,
        "file": passage.file,
        "section_path": list(passage.section_path),
        "page": passage.page,
        "effective_from": passage.effective_from.isoformat() if passage.effective_from else None,
        "effective_to": passage.effective_to.isoformat() if passage.effective_to else None,
        "owner": passage.owner,
        "quote": rule.quote,
        "start": rule.start,
        "end": rule.end,
    }


def _where(rule: Rule) -> str:
    passage = rule.passage
    since = f", in force from {passage.effective_from}" if passage.effective_from else ""
    owner = f", owner {passage.owner}" if passage.owner else ""
    return f"{heading_line(passage.title, passage.section_path)} ({passage.file}{since}{owner})"


def _given(said: str | None, before: str | None) -> str | None:
    """What an option says: nothing keeps what was, “none” and an empty text take it away."""
    return before if said is None else None if said.strip().casefold() in ("none", "") else said


def _groups(said: str) -> frozenset[str]:
    groups = frozenset(group.strip() for group in said.split(",") if group.strip())
    if not groups:
        raise WrongUsage("--audience names no group; give groups by commas, or “none” for everyone")
    nobody = [group for group in groups if group.casefold() == "none"]
    if nobody and len(groups) > 1:
        raise WrongUsage(f"--audience names groups and {nobody[0]}; give groups by commas, or “none” for everyone")
    return frozenset() if nobody else groups


# -- a report in the terminal ----------------------------------------------------------------------------------------


def _show(report: Preflight) -> None:
    console.print(Text(report.title, style="bold"), Text(f"{report.version_id}, {report.file}"))
    facts = Table.grid(padding=(0, 2))
    for name, told in _facts(report):
        facts.add_row(Text(name, style="dim"), Text(told))
    console.print(facts)
    for conflict in report.conflicts:
        console.print(Text(f"Contradiction: {conflict.differs[0]}  ≠  {conflict.differs[1]}", style="bold red"))
        for side in (conflict.one, conflict.other):
            console.print(
                Text(f"  {side.quote}"), Text(f"({heading_line(side.title, side.section_path)})", style="dim")
            )
    for suspect in report.suspects:
        console.print(
            Text(
                f"Suspected instruction, {suspect.why}{f', {suspect.where}' if suspect.where else ''}:",
                style="bold red",
            )
        )
        console.print(Text(f"  {suspect.quote}"))
    for warning in report.warnings:
        console.print(Text(f"Warning: {warning}", style="yellow"))
    if report.questions:
        console.print(f"Questions it should answer: {report.questions_answered} of {len(report.questions)} do")
    for checked in report.questions:
        console.print(Text(f"  {checked.question}  "), Text(checked.outcome.value, style="dim"))


def _facts(report: Preflight) -> list[tuple[str, str]]:
    pages = "no pages in this format" if report.pages_read is None else f"{report.pages_read} read"
    pages += f", {len(report.pages_empty)} empty" if report.pages_empty else ""
    pages += f", {len(report.pages_low_confidence)} read with doubt" if report.pages_low_confidence else ""
    like = f" {report.relation.title} ({report.relation.similarity:.0%} alike)" if report.relation.similarity else ""
    facts = [
        ("pages", pages),
        ("read", f"{len(report.headings)} headings, {report.clauses} clauses, {report.passages} passages"),
        ("longest passage", f"{report.longest_passage_tokens} of {report.token_limit} tokens"),
        ("in force from", _said(report.effective_from)),
        ("in force to", _said(report.effective_to)),
        ("country", _said(report.jurisdiction)),
        ("owner", _said(report.owner)),
        ("relation", f"{report.relation.kind.value}{like}"),
    ]
    if report.changes is not None:
        changed = report.changes
        told = f"{changed.added} added, {changed.removed} removed, {changed.reworded} reworded, {changed.moved} moved"
        facts.append(("changes", f"{told}; {changed.answers_at_stake} recent answers rested on what changed"))
        facts.extend(("", fact) for fact in changed.facts)
    return facts


def _said(stated: Stated) -> str:
    if stated.value is None:
        return "not stated"
    return f"{stated.value}, from “{' '.join(stated.sentence.split())}”" if stated.sentence else stated.value
