"""Who works on how many cores: evidence is found on one, so that it is not held up where a draft is written on all."""

from __future__ import annotations

import os
from threading import Thread


def let_idle_threads_sleep() -> None:
    """Before torch is imported: threads that wait for each other leave the cores to others, unless the environment says
    otherwise. Spinning, as they do by themselves, they hold up every other thread for a multiple of the time.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def keep_to_one_core() -> None:
    """From now on torch computes on one core in this thread, and as before in threads that come after."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    # That was for this thread and for all that come; a thread that sets it again leaves this one as it is.
    restoring = Thread(target=torch.set_num_threads, args=(before,))
    restoring.start()
    restoring.join()
