"""``policydesk tune reader``: from folders of questions and documents to a reader that loads.

Lay out sheets, train the network, then make its output log-odds on questions that training did not see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from retrieval.encoder import Encoder
from retrieval.errors import WrongUsage
from retrieval.reader import TrainedReader
from retrieval.tuning.lessons import CollectionUse, Judged, Lessons, Report
from retrieval.tuning.reading import ReadingConfig, Step, further, train
from retrieval.weightfolder import SHIPPED, check_place, fill, fingerprint, pack, read_manifest, unpack

_ABOUT = (
    "Tells whether a passage answers a question, and where: all-MiniLM-L6-v2 (Apache-2.0) reading the question with the",
    "passage in view, trained by the command below. Word embeddings and tokenizer are the encoder's own and are read",
    "from the model cache; `weights.safetensors` holds the rest as int8 with one scale a row.",
)


@dataclass(frozen=True, slots=True)
class ReaderTuneConfig:
    """All of a tuning run."""

    name: str = "policydesk-reader"
    training: ReadingConfig = field(default_factory=ReadingConfig)
    uses: Mapping[str, CollectionUse] = field(default_factory=dict)  #: by collection
    rank_weight: float = 0.07  #: what one unit of log-odds counts in a ranking; see :class:`retrieval.reader.Reader`
    dev_pairs: int = 120  #: pairs of dev question and passage that each side of a collection gives at most
    average_with: Path | None = None  #: a folder of a reader that went before, whose weights count half (model soup)
    start_from: Path | None = None  #: a folder of a reader that training starts from; None: the reranker that ships


def tune_reader(
    folders: Sequence[Path], encoder: Encoder, encoder_folder: Path, out: Path, config: ReaderTuneConfig, *,
    command: str = "policydesk tune reader", report: Report = lambda _what, _done, _total: None,
) -> dict[str, Judged]:  # fmt: skip
    """Train a reader on folders of data and write it, ready to load, into ``out``.

    A run that was stopped goes on from its last checkpoint in ``out``.

    :param folders: BEIR-layout folders, or folders of markdown without questions; read in the order of their names.
    :param encoder: searches for passages that look as if they answered; ``encoder_folder`` holds the weights that training
        starts from.
    :returns: by collection with dev questions.
    :raises WrongUsage: if the folders hold nothing to learn from or nothing to calibrate on, ``out`` is to be averaged with
        itself, or another run was begun in it.
    :raises ModelUnavailable: if what is to be started from or averaged with is no reader.
    """
    import torch
    from safetensors.numpy import load_file, save

    from retrieval.interaction import TextTokenizer
    from retrieval.reading import SHARED, ReadingNetwork

    if config.average_with and config.average_with.resolve() == out.resolve():
        raise WrongUsage(f"{out} would be averaged with itself; write to another folder with --out")
    for folder in (config.average_with, config.start_from):
        if folder:
            read_manifest(folder, kind="reader")  # said now, not after hours of training
    check_place(out, kind="reader")
    training = further(config.training) if config.start_from else config.training
    lessons = Lessons(folders, config.uses, most_pairs=config.dev_pairs, seed=training.seed)
    start = SHIPPED / "reranker" / "weights.safetensors"
    from_weights = config.start_from or (start.parent if start.exists() else None)
    started = fingerprint(from_weights) if from_weights else encoder.name
    made, asked = lessons.begin(out / "run", "reader", started, asdict(training), encoder, report)
    network = ReadingNetwork.from_encoder(encoder_folder)
    if config.start_from:
        fill(network, config.start_from, kind="reader")
    elif start.exists():
        network.start_from_reranker({name: torch.from_numpy(value) for name, value in unpack(load_file(start)).items()})
    tokenizer = TextTokenizer(encoder_folder)

    def trained(step: Step) -> None:
        report(f"training, loss {step.answered_loss:.3f} and {step.span_loss:.2f}", step.step, step.steps)

    train(made, asked, network, tokenizer, out / "run", training, report=trained)
    if config.average_with:
        average(network, config.average_with)
    tensors = {name: value.detach().float().numpy() for name, value in network.state_dict().items() if name != SHARED}
    manifest = {
        "name": config.name, "kind": "reader", "shares_words_with": "all-MiniLM-L6-v2",
        "command": command,
        "training": asdict(training),
        **({"started_from": fingerprint(config.start_from)} if config.start_from else {}),
        **({"averaged_with": fingerprint(config.average_with)} if config.average_with else {}),
    }  # fmt: skip
    reader = TrainedReader(network, tokenizer, config.name)
    return lessons.finish(
        out, save(pack(tensors)), manifest, lambda pair: reader.read(pair.question, [pair.passage])[0].log_odds,
        about=_ABOUT, rank_weight=config.rank_weight, report=report,
    )  # fmt: skip


def average(network: Any, folder: Path) -> None:
    """Make the network's weights the mean of themselves and of a reader's in a folder (Wortsman et al., "Model soups", ICML
    2022): what one learned on new lessons beside what the other still knew.

    :raises ModelUnavailable: if the folder holds no reader.
    """
    import torch
    from safetensors.numpy import load_file

    read_manifest(folder, kind="reader")
    own = network.state_dict()
    other = unpack(load_file(folder / "weights.safetensors"))
    mean = {name: (own[name] + torch.from_numpy(value)) / 2 for name, value in other.items()}
    network.load_state_dict(mean, strict=False)
