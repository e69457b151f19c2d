"""The home that a command reads: one that is there. Only what adds something makes a new one."""

from __future__ import annotations

from assistant.config import Settings
from retrieval.errors import NotReady
from retrieval.store import Store


def open_store(settings: Settings) -> Store:
    """The store of the home.

    :raises NotReady: if there is no home: a mistyped path must not become one that has nothing in it.
    """
    if not settings.home.database.is_file():
        raise no_home(settings)
    return Store.open(settings.home)


def no_home(settings: Settings) -> NotReady:
    return NotReady(
        f"there is no home in {settings.home.root}; name yours with --home or POLICYDESK_HOME, or begin one with: "
        "policydesk ingest FOLDER"
    )
