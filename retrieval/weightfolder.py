"""A folder of trained weights: files, a manifest with the sha256 of each, and tensors packed to a byte a number.

A matrix is kept as int8 with one float16 scale a row (a symmetric grid up to the row's largest magnitude); vectors stay
float16. Half the size of float16, and measures stay as they are.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import ModelUnavailable, WeightsDamaged, WrongUsage

#: The folder in the package whose weights are loaded by default.
SHIPPED = Path(__file__).parent / "weights"


def write_manifest(folder: Path, about: dict[str, Any]) -> None:
    """Record the folder: ``about``, and the size and sha256 of every file that decides what the model says."""
    files = {
        path.name: {"size_bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in sorted(folder.iterdir())
        if path.suffix in (".safetensors", ".json") and path.name != "manifest.json"
    }
    (folder / "manifest.json").write_text(json.dumps({**about, "files": files}, indent=1) + "\n", encoding="utf-8")


def check_place(folder: Path, *, kind: str) -> None:
    """See that weights of a kind can be written into a folder, which need not be there yet.

    :raises WrongUsage: if no folder can be made or written to there.
    :raises ModelUnavailable: if it holds weights of another kind, which would be lost.
    """
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    if not there.is_dir():
        raise WrongUsage(f"{there} is a file, and weights are written to a folder; choose another --out")
    if not os.access(there, os.W_OK | os.X_OK):
        raise WrongUsage(f"nothing may be written to {there}; choose another --out")
    try:
        held = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["kind"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    if held != kind:
        raise ModelUnavailable(f"{folder} holds a {held}, not weights of the kind {kind}; choose another --out")


def write_readable(path: Path, content: bytes) -> None:
    """Write a file of weights, the one before replaced in one move.

    It may be read by whom the umask lets; what safetensors writes itself, its owner alone may read, and a service often runs
    under another name.
    """
    beside = path.with_suffix(".tmp")
    beside.unlink(missing_ok=True)
    beside.write_bytes(content)
    beside.replace(path)


def read_manifest(folder: Path, *, kind: str | None = None) -> dict[str, Any]:
    """Read a folder's manifest and check every file against it.

    :param kind: what it has to say the folder holds; None for anything.
    :raises ModelUnavailable: if there is no manifest, or one of another kind.
    :raises WeightsDamaged: if a file is missing or differs.
    """
    path = folder / "manifest.json"
    if not path.exists():
        raise ModelUnavailable(
            f"{folder} holds no manifest.json; train weights into it with: policydesk tune {kind or '--help'}"
        )
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        files = dict(manifest["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsDamaged(f"{path} is not a manifest of weights; {_mend(kind)}") from error
    if kind is not None and manifest.get("kind") != kind:
        raise ModelUnavailable(
            f"{folder} holds a {manifest.get('kind', 'nameless thing')} where a {kind} was expected; name another folder"
        )
    for name, expected in files.items():
        file = folder / name
        found = hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else "nothing"
        if found != expected["sha256"]:
            raise WeightsDamaged(
                f"{file} differs from its manifest (sha256 {found[:12]}, recorded {expected['sha256'][:12]}); "
                f"{_mend(manifest.get('kind'))}"
            )
    return manifest


def _mend(kind: str | None) -> str:
    trained = {None: "--help", "adapter": "generator"}.get(kind, kind)
    return f"restore the folder from where it came, or write it again: policydesk tune {trained}"


def fingerprint(folder: Path) -> str:
    """Tells weights from others: a sha256 of what the folder's manifest says of its files and its calibration; the folder's
    name where it has no manifest.

    :raises WeightsDamaged: if a file differs from the manifest.
    """
    if not (folder / "manifest.json").exists():
        return folder.resolve().name
    return fingerprint_of(read_manifest(folder))


def fingerprint_of(manifest: dict[str, Any]) -> str:
    """The fingerprint of the folder with this manifest."""
    files = {name: about["sha256"] for name, about in manifest["files"].items() if name != "recipe.json"}
    said = json.dumps([files, manifest.get("calibration")], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def pack(tensors: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[Any]]:
    """Matrices to int8 with a float16 scale a row, everything else to float16."""
    packed: dict[str, NDArray[Any]] = {}
    for name, values in tensors.items():
        if values.ndim != 2:
            packed[name] = values.astype(np.float16)
            continue
        scale = (np.abs(values).max(axis=1, keepdims=True) / 127.0).astype(np.float16)
        scale[scale == 0] = np.float16(1.0)
        packed[name] = np.clip(np.rint(values / scale.astype(np.float32)), -127, 127).astype(np.int8)
        packed[f"{name}.scale"] = scale
    return packed


def unpack(packed: dict[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
    """The opposite of :func:`pack`, to float32."""
    tensors: dict[str, NDArray[np.float32]] = {}
    for name, values in packed.items():
        if not name.endswith(".scale"):
            scale = packed.get(f"{name}.scale")
            tensors[name] = np.asarray(values.astype(np.float32) * (1.0 if scale is None else scale.astype(np.float32)))
    return tensors


def fill(network: Any, folder: Path, *, kind: str) -> dict[str, Any]:
    """Put the folder's ``weights.safetensors`` into a network; what the folder does not hold stays as it is.

    :param kind: what the manifest has to say the weights are.
    :returns: the manifest.
    :raises WeightsDamaged: if a file differs from the manifest.
    :raises ModelUnavailable: if the folder holds no manifest, or weights of another kind.
    """
    import torch
    from safetensors.numpy import load_file

    manifest = read_manifest(folder, kind=kind)
    trained = unpack(load_file(folder / "weights.safetensors"))
    network.load_state_dict({name: torch.from_numpy(values) for name, values in trained.items()}, strict=False)
    return manifest
