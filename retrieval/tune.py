"""``policydesk tune reranker``: from folders of questions and documents to weights that load.

Mine groups, train the network, then fit what stands around it on questions that training did not see: fusion, calibrated
log-odds and the blend.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from random import Random
from shutil import rmtree
from time import perf_counter

from retrieval.encoder import Encoder
from retrieval.errors import WrongUsage
from retrieval.fusion import save_fusion
from retrieval.interaction import InteractionNetwork
from retrieval.rerank import InteractionReranker
from retrieval.tuning.calibration import (
    Remembering,
    calibrate_log_odds,
    choose_blend,
    choose_fusion,
    read_pools,
)
from retrieval.tuning.collection import Collection, Question, digest, origins, read_collections
from retrieval.tuning.mining import Group, MiningConfig, Recipe, mine
from retrieval.tuning.pools import JudgedPool, judged_pools, mean_ndcg
from retrieval.tuning.release import Facts, write_release, write_weights
from retrieval.tuning.runs import Run, begin, settled
from retrieval.tuning.training import Progress, TrainingConfig, train
from retrieval.weightfolder import check_place, fingerprint, read_manifest


@dataclass(frozen=True, slots=True)
class TuneConfig:
    """All of a tuning run."""

    name: str = "policydesk-reranker"
    mining: MiningConfig = field(default_factory=MiningConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    dev_questions: int = 60  #: answerable questions a collection gives to calibration at most
    depth: int = 20  #: candidates the reranker reads, as at serving time
    start_from: Path | None = None  #: a folder of a reranker that training starts from; None: the encoder


#: Called with (what is being done, steps done, steps in all).
Report = Callable[[str, int, int], None]


def tune_reranker(
    folders: Sequence[Path], encoder: Encoder, encoder_folder: Path, out: Path, config: TuneConfig, *,
    recipe: Recipe | None = None, command: str = "policydesk tune reranker", report: Report = lambda _what, _done, _total: None,
) -> dict[str, dict[str, float]]:  # fmt: skip
    """Train a reranker on folders of data and write it, ready to load, into ``out``.

    A run that was stopped goes on from its last checkpoint in ``out``.

    :param folders: BEIR-layout folders, or folders of markdown without questions; read in the order of their names.
    :param encoder: embeds passages for mining; ``encoder_folder`` holds the weights that training starts from.
    :returns: nDCG@10 on dev questions by system (bm25, dense, hybrid, reranked) and collection.
    :raises WrongUsage: if the folders hold nothing to learn from or nothing to calibrate on, two have one name, or another run
        was begun in ``out``.
    :raises ModelUnavailable: if ``out`` holds weights of another kind, or what is to be started from is no reranker.
    """
    if config.start_from:
        read_manifest(config.start_from, kind="reranker")  # said now, not after minutes of mining
    check_place(out, kind="reranker")
    began = perf_counter()
    stated = origins(folders)
    collections = read_collections(folders)
    start = fingerprint(config.start_from) if config.start_from else encoder.name
    settings = settled(
        asdict(config.training), asdict(config.mining), {name: asdict(one) for name, one in (recipe or {}).items()}
    )
    begin(out / "run", Run("reranker", digest(collections), start, settings, config.training.seed))
    groups: list[Group] = []
    for number, collection in enumerate(collections):
        report("mining hard negatives", number, len(collections))
        groups.extend(mine([collection], encoder, config.mining, recipe))
    held_out = [group for group in groups if group.held_out]
    groups = [group for group in groups if not group.held_out]
    if not groups:
        raise WrongUsage(
            "no training questions were found or could be made; give folders with a train split or markdown"
        )
    drawn = frozenset(group.question for group in groups)
    chosen = [(one, questions) for one in collections if (questions := dev_questions(one, drawn, config))]
    if not chosen:  # said now, not after the training
        raise WrongUsage(
            "no dev questions to calibrate on; give at least one folder with qrels/dev.tsv, or more train questions than are drawn"
        )
    network, validations = train(
        groups, encoder_folder, out / "run", config.training, start_from=config.start_from, held_out=held_out,
        report=lambda progress: report(_said(progress), progress.step, progress.steps),
    )  # fmt: skip
    facts = Facts(
        name=config.name, command=command, data=stated, groups=Counter(group.source for group in groups),
        training=asdict(config.training), steps=config.training.steps, hours=(perf_counter() - began) / 3600, measures={},
        validations=validations,
    )  # fmt: skip
    return calibrate(network, chosen, drawn, encoder, encoder_folder, out, config, facts, report=report)


def calibrate(
    network: InteractionNetwork, chosen: Sequence[tuple[Collection, Sequence[Question]]], drawn: frozenset[str], encoder: Encoder,
    encoder_folder: Path, out: Path, config: TuneConfig, facts: Facts, *, report: Report = lambda _what, _done, _total: None,
) -> dict[str, dict[str, float]]:  # fmt: skip
    """Fit fusion, log-odds and blend to a network, on questions that nothing was learned from, and write the weights,
    ``fusion.json``, the model card and the manifest. What ``out`` held before stays as it is until then.

    :param chosen: collections with the dev questions that are read; ``drawn``: the texts of those that were learned from.
    :returns: nDCG@10 by system and collection.
    :raises WrongUsage: if search finds nothing for any of the questions.
    """
    packed = out / "run" / "packed"  # as it will be served: rounded to a byte a number
    write_weights(network, packed)
    write_release(packed, facts, scale=1.0, offset=0.0)
    reranker = Remembering(InteractionReranker.load(packed, encoder_folder))
    rmtree(packed)
    everything: list[JudgedPool] = []
    for number, (collection, _) in enumerate(chosen):
        report("searching dev questions", number, len(chosen))
        answerable = [question for question in unseen(collection, drawn) if question.answerable]
        everything.extend(judged_pools(collection, answerable, encoder))
    read_ids = {(c.name, question.question_id) for c, questions in chosen for question in questions}
    pools = [pool for pool in everything if (pool.source, pool.question.question_id) in read_ids]
    if not pools:
        raise WrongUsage("search finds nothing for the dev questions; give folders whose documents fit their questions")
    fusion, coverage_choice, _ = choose_fusion(everything)
    first_stage = {"bm25": mean_ndcg(pools, lambda pool: pool.bm25), "dense": mean_ndcg(pools, lambda pool: pool.dense)}
    hybrid = mean_ndcg(pools, lambda pool: fusion.fuse(pool.coverage, pool.dense))
    texts = {(c.name, passage.passage_id): passage.searchable for c, _ in chosen for passage in c.passages}
    read = read_pools(
        pools, texts, reranker, fusion, depth=config.depth, progress=lambda done, total: report("reranking dev questions", done, total)
    )  # fmt: skip
    scale, offset = calibrate_log_odds(read)
    reranker.scale, reranker.offset = scale, offset
    read = [replace(one, log_odds=one.log_odds * scale + offset) for one in read]
    fusion, rerank_choice = choose_blend(read, fusion, first_stage)
    by_pool = {id(one.pool): one for one in read}
    measures = {
        **first_stage,
        "hybrid": hybrid,
        "reranker alone": mean_ndcg(pools, lambda pool: by_pool[id(pool)].blended(replace(fusion, rerank_weight=1e3))),
        "reranked": rerank_choice.measured,
        "reranked, left out": rerank_choice.left_out,
    }
    every_question: dict[str, object] = {
        "bm25": mean_ndcg(everything, lambda pool: pool.bm25), "dense": mean_ndcg(everything, lambda pool: pool.dense),
        "hybrid": coverage_choice.measured, "hybrid, left out": coverage_choice.left_out,
    }  # fmt: skip
    about: dict[str, object] = {"nDCG@10, all dev questions": every_question, "nDCG@10, those reranked": measures}
    write_weights(network, out)
    save_fusion(fusion, about, out / "fusion.json")
    # Last: the manifest names the others.
    write_release(out, replace(facts, measures=measures), scale=scale, offset=offset)
    return measures


def _said(progress: Progress) -> str:
    found = f", held out {progress.validation.value:.3f}" if progress.validation else ""
    return f"training, loss {progress.loss:.3f}{found}"


def unseen(collection: Collection, drawn: frozenset[str]) -> list[Question]:
    """The dev questions, or where there is no dev split, the train questions that training did not draw."""
    return list(collection.split("dev")) or [q for q in collection.split("train") if q.text not in drawn]


def dev_questions(collection: Collection, drawn: frozenset[str], config: TuneConfig) -> list[Question]:
    """The unseen answerable questions that a collection lets the reranker read, drawn by the seed."""
    random = Random(f"{config.training.seed} dev {collection.name}")
    pool = [question for question in unseen(collection, drawn) if question.answerable]
    random.shuffle(pool)
    return pool[: config.dev_questions]
