"""Trouble with the disk or the database: nobody's mistake, and over when there is room or another writer is done; and files that this
user may not open."""

from __future__ import annotations

import errno

from sqlalchemy.exc import OperationalError

from retrieval.errors import NotReady

#: What a disk answers that is full, or cannot be written to.
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})
#: What a path is to blame for, or who owns what it leads to.
_OUT_OF_REACH = frozenset({errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ENOTDIR, errno.ELOOP})


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


def out_of_reach(error: OSError) -> NotReady | None:
    """What to say of a path that leads nowhere or to somebody else's; None for any other error. Not for visitors: it names the path."""
    if error.errno not in _OUT_OF_REACH or error.filename is None:
        return None
    return NotReady(
        f"{error.filename}: {error.strerror}; check the path, and that you may read it and, in the home, write to it"
    )
