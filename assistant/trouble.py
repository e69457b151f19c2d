"""Trouble with the disk or the database: nobody's mistake, and over when there is room or another writer is done."""

from __future__ import annotations

import errno

from sqlalchemy.exc import OperationalError

from retrieval.errors import NotReady

#: What a disk answers that is full, or cannot be written to.
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})


def trouble(error: BaseException | None) -> NotReady | None:
    """What to say of a full disk, or of a database that is locked or cannot be written; None for any other error."""
    if isinstance(error, OperationalError):
        why = str(error.orig)
    elif isinstance(error, OSError) and error.errno in _NO_ROOM:
        why = error.strerror or str(error)
    else:
        return None
    return NotReady(
        f"it could not be kept ({why}); try again in a little while, and where that does not help, have room made on the disk "
        "of the home, or run: policydesk doctor"
    )
