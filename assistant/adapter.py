"""A low-rank adapter in PEFT's layout: read, checked, and added to the weights it was trained for.

Adding ``scale * B @ A`` to each adapted matrix takes no library, so nobody needs PEFT to answer questions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import ModelUnavailable, WeightsDamaged
from retrieval.weightfolder import read_manifest

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
#: The folder in the package whose adapter is loaded by default.
SHIPPED = Path(__file__).parent / "weights" / "generator"


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter whose files are as its manifest says.

    :param base: sha256 of the weights file it was trained on.
    """

    folder: Path
    name: str
    base: str
    manifest: dict[str, Any]

    @classmethod
    def read(cls, folder: Path) -> Adapter:
        """Read a folder's manifest and check its files.

        :raises ModelUnavailable: if the folder holds no manifest.
        :raises WeightsDamaged: if a file is missing or differs, or the manifest is not an adapter's.
        """
        if not (folder / "manifest.json").is_file():
            raise ModelUnavailable(
                f"{folder} holds no adapter; train one into it with: policydesk tune generator, or set POLICYDESK_ADAPTER=none"
            )
        manifest = read_manifest(folder)
        base = manifest.get("base")
        if manifest.get("kind") != "adapter" or not isinstance(base, dict) or "sha256" not in base:
            raise WeightsDamaged(
                f"{folder / 'manifest.json'} is not an adapter's; restore the folder from the repository"
            )
        return cls(folder, str(manifest.get("name", folder.name)), str(base["sha256"]), manifest)

    @classmethod
    def chosen(cls, name: str | None, base: str) -> Adapter | None:
        """The adapter for weights with the sha256 ``base``.

        :param name: a folder; ``shipped``; ``none`` for no adapter; None for the shipped one, where its manifest says that
            it is used by default and that it was trained for these weights.
        :raises ModelUnavailable: if the named folder holds no adapter, or one for other weights.
        :raises WeightsDamaged: see :meth:`read`.
        """
        if name == "none" or (name is None and not (SHIPPED / "manifest.json").is_file()):
            return None
        adapter = cls.read(SHIPPED if name in (None, "shipped") else Path(name))
        if name is None and not (adapter.manifest.get("default") and adapter.base == base):
            return None
        if adapter.base == base:
            return adapter
        raise ModelUnavailable(
            f"the adapter in {adapter.folder} was trained for weights {adapter.base[:12]}…, these are {base[:12]}…; "
            "train one for them with: policydesk tune generator, or set POLICYDESK_ADAPTER=none"
        )

    def merge_into(self, model: Any) -> None:
        """Add the adapter to a model's own weights, in place.

        :raises WeightsDamaged: if the adapter names a matrix that the model does not have, or of another shape.
        """
        import torch
        from safetensors.torch import load_file

        about = json.loads((self.folder / CONFIG).read_text(encoding="utf-8"))
        scale = about["lora_alpha"] / about["r"]
        tensors = load_file(self.folder / WEIGHTS)
        with torch.no_grad():
            for name in sorted(tensors):
                if not name.endswith(".lora_A.weight"):
                    continue
                matrix = name.removeprefix("base_model.model.").removesuffix(".lora_A.weight")
                down, up = tensors[name].float(), tensors[name.replace(".lora_A.", ".lora_B.")].float()
                try:
                    weight = model.get_submodule(matrix).weight
                    weight.copy_(weight.float() + scale * (up @ down))
                except (AttributeError, RuntimeError) as error:
                    raise WeightsDamaged(
                        f"the adapter in {self.folder} does not fit the model at {matrix} ({error}); "
                        "train it for this model, or set POLICYDESK_ADAPTER=none"
                    ) from error
