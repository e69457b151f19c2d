from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import torch

from assistant.cores import keep_to_one_core


def test_one_thread_keeps_to_one_core_and_later_ones_do_not() -> None:
    before = torch.get_num_threads()
    with ThreadPoolExecutor(1) as setting:
        setting.submit(torch.set_num_threads, 3).result()
        try:
            with ThreadPoolExecutor(1) as desk:
                desk.submit(keep_to_one_core).result()
                with ThreadPoolExecutor(1) as later:
                    assert later.submit(torch.get_num_threads).result() == 3
                assert desk.submit(torch.get_num_threads).result() == 1
        finally:
            setting.submit(torch.set_num_threads, before).result()
