"""``policydesk bench``: every contender in its own process, over the same passages, one after the other."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.contenders import CONTENDERS
from evals.data import BenchData
from evals.encodings import CachedEncoder
from evals.limits import MachineLimits, bert_flops, measure_limits
from evals.machine import provenance
from evals.models import Models
from evals.retrieval import evaluate_retrieval
from evals.significance import SEED
from retrieval.encoder import Encoder
from retrieval.errors import WrongUsage
from retrieval.models import GENERATOR, ModelCache
from retrieval.sentences import sentence_spans

QUERIES = 50
_ERROR_LINE = re.compile(r"[\w.]*(?:Error|Exception|Warning)\b")
_TIMEOUT_S = 1800


@dataclass(frozen=True, slots=True)
class Workload:
    """Synthetic passages: each strings together sentences of real ones; its vector is the mean of theirs, made unit length.

    Resampled because real passages run out: word frequencies, lengths and the spread of vectors stay those of real text.
    """

    texts: tuple[str, ...]
    vectors: NDArray[np.float32]
    questions: tuple[str, ...]

    @property
    def ids(self) -> list[str]:
        return [f"p{number:07d}" for number in range(len(self.texts))]


def resample(data: BenchData, encoder: Encoder, size: int) -> Workload:
    """A workload of ``size`` passages and one more, which is the one that is added; always the same for the same data.

    :param encoder: embeds the sentences, each once; a :class:`~evals.encodings.CachedEncoder` makes that quick.
    """
    sentences = list(
        dict.fromkeys(
            " ".join(text.text[span.start : span.end].split())
            for text in data.corpus
            for span in sentence_spans(text.text)
        )
    )
    sentences = [sentence for sentence in sentences if len(sentence) > 20]
    vectors = encoder.encode(sentences, truncate=True)
    chance = random.Random(SEED)
    texts: list[str] = []
    mixed = np.empty((size + 1, vectors.shape[1]), np.float32)
    for row in range(size + 1):
        chosen = chance.sample(range(len(sentences)), min(len(sentences), chance.randint(2, 6)))
        texts.append(f"{' '.join(sentences[at] for at in chosen)} (no. {row})")
        mean = vectors[chosen].mean(axis=0)
        mixed[row] = mean / np.linalg.norm(mean)
    asked = [question.text for question in data.questions]
    chance.shuffle(asked)
    return Workload(tuple(texts), mixed, tuple(asked[:QUERIES]))


def run_race(
    data: BenchData,
    models: Models,
    sizes: Sequence[int],
    *,
    names: Sequence[str] = tuple(CONTENDERS),
    cache: Path,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Race the named contenders at each size, then score them on the data's real questions.

    :returns: provenance, the machine's limits, per size and contender what it cost, with its ratio to ours, and how well
        each ranks; a peer that is not installed says so under ``skipped``.
    :raises WrongUsage: if a name is no contender.
    """
    unknown = [name for name in names if name not in CONTENDERS]
    if unknown:
        raise WrongUsage(f"there is no contender {unknown[0]!r}; choose from {', '.join(CONTENDERS)}")
    limits = measure_limits()
    encoder = CachedEncoder(models.encoder, cache)
    races = []
    for size in sizes:
        workload = resample(data, encoder, size)
        with TemporaryDirectory(prefix="policydesk-race-") as scratch:
            folder = Path(scratch)
            np.save(folder / "vectors.npy", workload.vectors)
            (folder / "texts.json").write_text(json.dumps(workload.texts))
            (folder / "questions.json").write_text(json.dumps(workload.questions))
            found = {}
            for name in names:
                if progress:
                    progress(f"{name} at {size:,} passages")
                found[name] = _race_one(name, folder)
        ours = found.get("policydesk", {})
        races.append({"passages": size, "contenders": {name: _with_ratio(row, ours) for name, row in found.items()}})
    return {
        "kind": "race",
        **provenance(),
        "data": data.name,
        "synthetic": "passages are 2 to 6 sentences of real passages, drawn at random; their vectors are the mean of their sentences'",
        "changes": "policydesk writes a whole new generation to disk and reads it from there; lancedb's table is on disk; the others change in memory",
        "questions": len(workload.questions) if sizes else 0,
        "limits": limits.to_json(),
        "against_limits": against_limits(data, models, limits),
        "quality": _quality(data, models, names, cache),
        "races": races,
    }


def _quality(data: BenchData, models: Models, names: Sequence[str], cache: Path) -> dict[str, Any]:
    """How well each contender ranks the real passages for the real questions. Ours applies each question's date, country
    and audience; the peers have no such thing."""
    ours = [name for name in ("hybrid", "reranked") if name != "reranked" or models.reranker is not None]
    peers = [name for name in names if name in PEERS and find_spec(PEERS[name]) is not None]
    outcome = evaluate_retrieval(data, [*ours, *(f"evals.peers:{name}" for name in peers)], models, cache=cache)
    found = outcome.to_json()
    return {
        key: found[key]
        for key in ("data", "split", "questions", "passages", "corpus_fingerprint", "systems", "comparisons")
    }


def against_limits(data: BenchData, models: Models, limits: MachineLimits) -> dict[str, Any]:
    """Our own steps beside what the machine's bandwidth and matrix rate would allow; steps whose weights are not there
    are left out."""
    from retrieval.dense import DenseIndex
    from retrieval.encoder import has_fast_bfloat16
    from retrieval.matrices import has_fast_int8

    encoder, reranker = models.encoder, models.reranker
    rate = limits.bfloat16_flops if has_fast_bfloat16() else limits.float32_flops
    rows = 50_000
    vectors = np.random.default_rng(SEED).standard_normal((rows, encoder.dimension)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = DenseIndex.build(vectors)
    found = {
        f"dense scan, {rows:,} × {encoder.dimension}": (
            _best(lambda: index.search(vectors[7], k=10)),
            vectors.nbytes / limits.bytes_per_s,
        )
    }
    texts = [text.text for text in data.corpus[:128]]
    lengths = [min(count, encoder.max_tokens) for count in encoder.count_tokens(texts)]
    found[f"encode {len(texts)} passages, {sum(lengths):,} tokens"] = (
        _best(lambda: encoder.encode(texts, truncate=True), tries=2),
        sum(bert_flops(tokens=length, length=length) for length in lengths) / rate,
    )
    if reranker is not None:
        question, read = data.questions[0].text, texts[:20]
        tokens = [min(count, 256) for count in encoder.count_tokens([f"{question} {text}" for text in read])]
        found[f"rerank {len(read)} passages, {sum(tokens):,} tokens"] = (
            _best(lambda: reranker.score(question, read), tries=3),
            sum(bert_flops(tokens=length, length=length) for length in tokens) / rate,
        )
    if ModelCache.default().is_cached(GENERATOR):
        bytes_a_token = _GENERATOR_WEIGHTS * (1 if has_fast_int8() else 4)
        found["decode one token"] = (_decode_s(), bytes_a_token / limits.bytes_per_s)
    return {
        name: {"seconds": seconds, "limit_s": limit, "times_limit": seconds / limit}
        for name, (seconds, limit) in found.items()
    }


#: SmolLM2-135M; every token reads each once.
_GENERATOR_WEIGHTS = 134_515_008


def _decode_s() -> float:
    """Seconds a token, from the difference of a long and a short reply to the same prompt."""
    from assistant.model import load_model

    model = load_model()
    assert model is not None
    prompt = [{"role": "user", "content": "Tell a very long story about a ship, a storm and a lighthouse keeper."}]
    short, long = (_best(lambda most=most: list(model.stream(prompt, max_tokens=most)), tries=2) for most in (8, 40))  # type: ignore[misc]
    return max(long - short, 0.0) / 32


def _race_one(name: str, folder: Path) -> dict[str, Any]:
    needs, _ = CONTENDERS[name]
    if needs and find_spec(needs) is None:
        return {"skipped": "not installed: pip install 'policydesk[race]'"}
    command = [sys.executable, "-m", "evals.lap", name, str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return {"skipped": f"took longer than {_TIMEOUT_S} s"}
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        said = [line for line in done.stderr.splitlines() if _ERROR_LINE.match(line)]
        return {"skipped": f"failed: {said[-1] if said else f'exit code {done.returncode}'}"}
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def _with_ratio(row: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    """The row with each of its figures divided by ours: above 1, it costs more than we do."""
    ratios = {
        key: row[key] / ours[key]
        for key in COSTS
        if isinstance(row.get(key), int | float) and isinstance(ours.get(key), int | float) and ours[key]
    }
    return {**row, "times_ours": ratios} if ratios else row


#: Contenders that are systems of ``eval retrieval`` as well, and the package each needs.
PEERS = {name: needs for name, (needs, _) in CONTENDERS.items() if needs and name.isidentifier()}
#: What is raced; less is better.
COSTS = ("build_s", "disk_bytes", "memory_bytes", "query_p50_ms", "query_p95_ms", "add_ms", "remove_ms")


def _best(work: Callable[[], object], tries: int = 5) -> float:
    times = []
    for _ in range(tries):
        began = perf_counter()
        work()
        times.append(perf_counter() - began)
    return min(times)
