"""``policydesk backup`` and ``policydesk restore``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant import backup as backups
from assistant.commands.output import console
from assistant.config import Settings


def backup(
    context: typer.Context, file: Annotated[Path, typer.Argument(help="Where to write it; replaced when it is whole.")]
) -> None:
    """Save the database, the originals and the settings in one file, also while the server runs. Keep it as safe as the home.

    Example: `policydesk backup /backups/policydesk-$(date +%F).tar.gz`
    """
    settings: Settings = context.obj
    made = backups.backup(settings.home, file)
    console.print(f"{file}: database and {made.originals} original(s), {made.size_bytes / 1e6:.1f} MB.")


def restore(context: typer.Context, file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)]) -> None:
    """Make a home from a backup; every file in it is checked. The home must be new.

    Example: `policydesk --home /srv/restored restore /backups/policydesk-2026-03-01.tar.gz`
    """
    settings: Settings = context.obj
    made = backups.restore(file, settings.home)
    console.print(f"{settings.home.root} is as it was on {made.created_at[:16].replace('T', ' ')} UTC.")
    console.print(f"Now run: policydesk --home {settings.home.root} index rebuild", soft_wrap=True)
