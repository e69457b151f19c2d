"""The small language model that everything causal here is made from: its unpacked weights, and any folder's."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from retrieval.errors import ModelUnavailable
from retrieval.home import sync
from retrieval.models import GENERATOR, ModelCache


def open_weights(folder: Path, *, dtype: Any = "float32", local_only: bool = True) -> tuple[Any, Any]:
    """A folder's causal language model and its tokenizer.

    :param dtype: of the weights, as torch or its name.

    :raises ModelUnavailable: if the folder holds none.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=local_only)
        return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, local_files_only=local_only), tokenizer
    except (OSError, ValueError) as error:
        said = str(error).splitlines()[0]
        raise ModelUnavailable(
            f"there is no language model {str(folder)!r} here ({said}); give a folder or a cached id"
        ) from error


def prepare_default(cache: ModelCache) -> Path:
    """The default model's folder with plain float16 weights, unpacked once from its 4-bit file: reading that file
    directly takes several times as long at each start.

    :raises ModelUnavailable: if the default weights are not cached, or cannot be unpacked beside where they are.
    """
    source = cache.require(GENERATOR)
    ready = source / "unpacked"
    if not (ready / "model.safetensors").is_file():
        from safetensors import SafetensorError

        with cache.writing(GENERATOR):
            if not (ready / "model.safetensors").is_file():  # another process may have done it meanwhile
                try:
                    _unpack(source, ready)
                except (OSError, SafetensorError) as error:
                    raise ModelUnavailable(
                        f"{GENERATOR.name} cannot be unpacked in {source} ({error}); have room made there, or set POLICYDESK_MODELS "
                        "to another folder, then run: policydesk models pull"
                    ) from error
    return ready


def _unpack(source: Path, ready: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    packed = next(iter(GENERATOR.files))
    scratch = source / ".unpacking"
    shutil.rmtree(scratch, ignore_errors=True)
    model = AutoModelForCausalLM.from_pretrained(
        source, gguf_file=packed, quantization_config=GgufConfig(dequantize=True), dtype=torch.float16
    )
    model.config.quantization_config = None
    model.save_pretrained(scratch)
    AutoTokenizer.from_pretrained(source, gguf_file=packed).save_pretrained(scratch)
    for path in scratch.iterdir():
        sync(path)
    shutil.rmtree(ready, ignore_errors=True)
    scratch.rename(ready)
