"""What the machine itself can do: memory bandwidth and matrix products, measured, to hold our own figures against."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any


@dataclass(frozen=True, slots=True)
class MachineLimits:
    """Best of several tries, with as many threads as torch uses here."""

    bytes_per_s: float  #: reading memory once, front to back
    float32_flops: float
    bfloat16_flops: float

    def to_json(self) -> dict[str, float]:
        return {
            "memory_gb_per_s": self.bytes_per_s / 1e9,
            "float32_gflops": self.float32_flops / 1e9,
            "bfloat16_gflops": self.bfloat16_flops / 1e9,
        }


def measure_limits(*, megabytes: int = 256, side: int = 1536, tries: int = 5) -> MachineLimits:
    """Time the sum of an array that no cache holds, and square matrix products."""
    import torch

    array = torch.ones(megabytes * 2**20 // 4)
    reading_s = min(_seconds(array.sum) for _ in range(tries))
    rates = []
    for kind in (torch.float32, torch.bfloat16):
        a = torch.ones(side, side, dtype=kind)
        rates.append(2 * side**3 / min(_seconds(a.matmul, a) for _ in range(tries)))
    return MachineLimits(array.numel() * 4 / reading_s, *rates)


def bert_flops(*, tokens: int, layers: int = 6, hidden: int = 384, length: int = 256) -> float:
    """Floating-point operations of a BERT encoder over this many tokens in texts of ``length`` tokens.

    Twelve ``hidden²`` weights a layer, each multiplied and added once a token, and attention's two products.
    """
    return tokens * layers * (2 * 12 * hidden**2 + 4 * length * hidden)


def _seconds(work: Any, *arguments: Any) -> float:
    began = perf_counter()
    work(*arguments)
    return perf_counter() - began
