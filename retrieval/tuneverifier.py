"""``policydesk tune verifier``: from folders of questions and documents to an adapter that verifies what was found.

Lay out sheets, train the adapter, then make its output log-odds on questions that training did not see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from shutil import rmtree

from retrieval.encoder import Encoder
from retrieval.records import Reading
from retrieval.tuning.lessons import CollectionUse, Judged, Lessons, Report
from retrieval.tuning.reading import Step
from retrieval.tuning.verifying import VerifyingConfig, VerifyingNetwork, train
from retrieval.verifier import Prompter, TrainedVerifier
from retrieval.weightfolder import check_place, fill, fingerprint, pack, read_manifest, write_manifest, write_readable

_ABOUT = (
    "Says whether a passage answers a question: the lower layers of SmolLM2-135M-Instruct (Apache-2.0) reading the passage and",
    "then the question, with low-rank adapters trained by the command below. The base weights are the generator's own and are",
    "read from the model cache; `weights.safetensors` holds the adapters as int8 with one scale a row.",
)


@dataclass(frozen=True, slots=True)
class VerifierTuneConfig:
    """All of a tuning run."""

    name: str = "policydesk-verifier"
    training: VerifyingConfig = field(default_factory=VerifyingConfig)
    uses: Mapping[str, CollectionUse] = field(default_factory=dict)  #: by collection
    rank_weight: float = (
        0.05  #: what one unit of log-odds counts in a ranking; see :class:`retrieval.verifier.Verifier`
    )
    dev_pairs: int = 120  #: pairs of dev question and passage that each side of a collection gives at most
    start_from: Path | None = None  #: a folder of a verifier that training starts from, at half the learning rate


def tune_verifier(
    folders: Sequence[Path], encoder: Encoder, base: Path, out: Path, config: VerifierTuneConfig, *,
    base_sha256: str, command: str = "policydesk tune verifier", report: Report = lambda _what, _done, _total: None,
) -> dict[str, Judged]:  # fmt: skip
    """Train a verifier on folders of data and write it, ready to load, into ``out``.

    A run that was stopped goes on from its last checkpoint in ``out``.

    :param folders: BEIR-layout folders, or folders of markdown without questions; read in the order of their names.
    :param encoder: searches for passages that look as if they answered.
    :param base: folder of the unpacked base weights; ``base_sha256`` of the file that they come from.
    :returns: by collection with dev questions.
    :raises WrongUsage: if the folders hold nothing to learn from or nothing to calibrate on, or another run was begun in
        ``out``.
    :raises ModelUnavailable: if ``out`` holds weights of another kind, or what is to be started from is no verifier.
    """
    from safetensors.numpy import save

    from retrieval.basemodel import open_weights

    check_place(out, kind="verifier")
    training = config.training
    if config.start_from:
        read_manifest(config.start_from, kind="verifier")  # said now, not after an hour of searching
        training = replace(training, learning_rate=training.learning_rate / 2)
    lessons = Lessons(folders, config.uses, most_pairs=config.dev_pairs, seed=training.seed)
    start = fingerprint(config.start_from) if config.start_from else base_sha256
    made, asked = lessons.begin(out / "run", "verifier", start, asdict(training), encoder, report)
    model, _ = open_weights(base)
    network = VerifyingNetwork(model, training)
    if config.start_from:
        fill(network, config.start_from, kind="verifier")

    def trained(step: Step) -> None:
        report(f"training, loss {step.answered_loss:.3f} and {step.span_loss:.2f}", step.step, step.steps)

    train(made, asked, network, Prompter.of(base), out / "run", training, report=trained)
    tensors = {name: value.detach().float().numpy() for name, value in network.state_dict().items()}
    weights = save(pack(tensors))
    manifest = {
        "name": config.name, "kind": "verifier", "base": {"sha256": base_sha256},
        "layers": training.layers, "adapter_scale": training.adapter_scale,
        "command": command,
        "training": asdict(training),
        **({"started_from": fingerprint(config.start_from)} if config.start_from else {}),
    }  # fmt: skip
    packed = out / "run" / "packed"
    packed.mkdir(exist_ok=True)
    write_readable(packed / "weights.safetensors", weights)
    write_manifest(packed, {**manifest, "calibration": {"scale": 1.0, "offset": 0.0, "rank_weight": 0.0}})
    verifier = TrainedVerifier.load(packed, base)  # as it is served; of a long passage, the beginning is read
    rmtree(packed)
    return lessons.finish(
        out, weights, manifest, lambda pair: verifier.verify(pair.question, [pair.passage], [Reading(0.0, 0, 0)])[0],
        about=_ABOUT, rank_weight=config.rank_weight, report=report,
    )  # fmt: skip
