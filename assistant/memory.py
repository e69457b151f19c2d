"""What the server has of the machine's memory.

glibc keeps what was let go of, in a stock for each thread, each as large as its thread's largest moment: after an hour of
questions some 200 MB that hold nothing, and slowly more. Elsewhere nothing of this is done.
"""

from __future__ import annotations

import ctypes
import gc
import os

#: ``M_ARENA_MAX`` of malloc.h.
_MOST_STOCKS = -8


def share_stocks() -> None:
    """Before threads begin: two stocks serve them all, unless ``MALLOC_ARENA_MAX`` says otherwise."""
    if _is_glibc() and "MALLOC_ARENA_MAX" not in os.environ:
        _libc().mallopt(_MOST_STOCKS, 2)


def give_back() -> None:
    """Give back to the machine what holds nothing; takes some hundredths of a second, in which other threads go on."""
    if _is_glibc():
        _libc().malloc_trim(0)


def settle() -> None:
    """Once everything is loaded: what is there now stays, and is not looked through again for what could be let go of. That took a
    fifth of a second each time, in which no thread could go on.
    """
    gc.collect()
    gc.freeze()


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)


def _is_glibc() -> bool:
    return os.name == "posix" and hasattr(_libc(), "malloc_trim")
