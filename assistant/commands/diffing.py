"""``policydesk documents diff``: two versions side by side in the terminal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import groupby

import typer
from rich.text import Text

from assistant.audit import Audit
from assistant.changes import Comparison, affected_answers, compare, comparison_json
from assistant.commands.homes import open_store
from assistant.commands.output import console, print_json
from assistant.config import Settings
from ingest.diff import Change, ChangeKind
from ingest.wording import Part
from retrieval.documents import Version
from retrieval.records import heading_line

#: Answers older than this are not looked up.
_RECENT_DAYS = 90
_STYLE = {Part.SAME: "", Part.REMOVED: "red strike", Part.ADDED: "bold green"}
#: Where there are no colours to tell old words from new.
_MARKS = {Part.SAME: ("", ""), Part.REMOVED: ("[-", "-]"), Part.ADDED: ("{+", "+}")}
_SIGN = {
    ChangeKind.ADDED: ("+", "green"),
    ChangeKind.REMOVED: ("-", "red"),
    ChangeKind.MOVED: (">", "cyan"),
    ChangeKind.REWORDED: ("~", "yellow"),
}


def diff(context: typer.Context, document_id: str, old: str, new: str, as_json: bool) -> None:
    """Print what changed from one version of a document to another.

    :param old: a version's id or number; likewise ``new``.
    """
    settings: Settings = context.obj
    store = open_store(settings)
    comparison = compare(store, document_id, old, new)
    after = (datetime.now(UTC) - timedelta(days=_RECENT_DAYS)).isoformat()
    answers = affected_answers(store, comparison, Audit(store), after=after)
    if as_json:
        rested = [{"answer_id": entry.payload["answer_id"], "time": entry.time} for entry in answers]
        print_json({**comparison_json(comparison), "affected_answers": rested})
        return
    _show(comparison)
    if answers:
        console.print(f"{len(answers)} answer(s) of the last {_RECENT_DAYS} days rested on a clause that changed.")


def _show(comparison: Comparison) -> None:
    console.print(Text(comparison.new.title, style="bold"), Text(f"{_name(comparison.old)} → {_name(comparison.new)}"))
    told = [change for change in comparison.changes if not _is_only_renumbered(change)]
    for path, changes in groupby(
        told, key=lambda change: change.new_path if change.new_path is not None else change.old_path
    ):
        console.print()
        console.print(Text(heading_line("", path or ()) or "Before the first heading", style="bold"))
        for change in changes:
            console.print(_line(change, in_colour=console.is_terminal and not console.no_color))
            if change.kind is ChangeKind.REWORDED and change.facts:
                console.print(Text("      " + "  ·  ".join(str(fact) for fact in change.facts), style="yellow"))
    renumbered = [
        f"{change.old_number} → {change.new_number}" for change in comparison.changes if _is_only_renumbered(change)
    ]
    if renumbered:
        console.print()
        console.print(Text(f"Only renumbered: {', '.join(renumbered)}", style="cyan"))
    console.print()
    console.print(_summary(comparison.changes))


def _is_only_renumbered(change: Change) -> bool:
    return change.kind is ChangeKind.MOVED and change.is_renumbered


def _line(change: Change, *, in_colour: bool) -> Text:
    sign, style = _SIGN[change.kind]
    line = Text(f"  {sign} ", style=style)
    line.append(_number(change), style="bold")
    if change.is_control:
        line.append("(about the document) ", style="dim")
    if change.is_heading:
        line.append("(heading) ", style="dim")
    if change.kind is ChangeKind.MOVED and change.old_path != change.new_path:
        line.append(f"(was in {heading_line('', change.old_path or ()) or 'the beginning'}) ", style="dim")
    if change.segments:
        for segment in change.segments:
            opened, closed = _MARKS[segment.part] if not in_colour else ("", "")
            line.append(f"{opened}{segment.text}{closed}", style=_STYLE[segment.part])
    else:
        line.append(
            change.new_text or change.old_text or "", style=style if change.kind is not ChangeKind.MOVED else ""
        )
    return line


def _number(change: Change) -> str:
    if change.old_number and change.new_number and change.old_number != change.new_number:
        return f"{change.old_number} → {change.new_number}  "
    number = change.new_number or change.old_number
    return f"{number}  " if number else ""


def _name(version: Version) -> str:
    since = f", in force from {version.effective_from}" if version.effective_from else ""
    return f"version {version.number}{since}"


def _summary(changes: tuple[Change, ...]) -> str:
    if not changes:
        return "Nothing changed but white space, case or punctuation."
    counts = {kind: sum(change.kind is kind for change in changes) for kind in ChangeKind}
    return ", ".join(f"{count} {kind.value}" for kind, count in counts.items() if count)
