from __future__ import annotations

import shutil
from pathlib import Path
from threading import Event, Thread
from time import sleep

import pytest

from retrieval.encoder import DEFAULT_ENCODER, _Turns, encoder_name, load_encoder
from retrieval.errors import ModelUnavailable
from retrieval.models import ENCODER, ModelCache


def folder(at: Path, weights: bytes) -> str:
    at.mkdir(parents=True)
    (at / "model.safetensors").write_bytes(weights)
    (at / "README.md").write_text(str(at))
    return str(at)


def test_folders_of_one_name_are_told_apart_by_what_is_in_them(tmp_path: Path) -> None:
    one = encoder_name(folder(tmp_path / "a" / "ours", b"one"))
    other = encoder_name(folder(tmp_path / "b" / "ours", b"other"))
    moved = encoder_name(folder(tmp_path / "c" / "ours", b"one"))
    assert one == moved != other
    assert one.startswith("ours-")


def test_a_folder_is_named_by_its_own_name_however_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = folder(tmp_path / "ours", b"one")
    monkeypatch.chdir(given)
    assert encoder_name(".") == encoder_name(given)


def test_the_default_encoder_has_its_name_and_a_folder_that_is_not_there_is_an_error() -> None:
    assert encoder_name(DEFAULT_ENCODER) == DEFAULT_ENCODER
    with pytest.raises(ModelUnavailable, match="nowhere"):
        encoder_name("nowhere")


@pytest.mark.model
def test_an_encoder_is_called_what_its_folder_says(tmp_path: Path) -> None:
    given = tmp_path / "ours"
    shutil.copytree(ModelCache.default().require(ENCODER), given)
    assert load_encoder(str(given)).name == encoder_name(str(given))


def test_who_takes_the_lock_again_and_again_lets_others_in_between() -> None:
    turns, stop, taken = _Turns(), Event(), []

    def batches() -> None:
        while not stop.is_set():
            with turns:
                taken.append("passages")
                sleep(0.01)

    thread = Thread(target=batches)
    thread.start()
    try:
        for _ in range(5):
            before = len(taken)
            with turns:
                assert len(taken) <= before + 2
            sleep(0.005)
    finally:
        stop.set()
        thread.join()
