"""The training loop of the reranker: listwise over a question's candidates, absolute where the labels allow it.

A candidate's score in the listwise softmax is the network's log-odds plus a learned share of its first-stage scores,
because that is how the reranker is used: it learns what BM25 and cosine get wrong, and on documents unlike the training
ones it starts from them. Three losses are added up: listwise cross-entropy; the same over every passage of the step, also
those of other questions, on the matches alone; and binary cross-entropy on the log-odds (also for questions that nothing
answers), which gives them an absolute meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from random import Random

import torch
from torch import Tensor, nn

from retrieval.encoder import has_fast_bfloat16
from retrieval.interaction import SHARED, InteractionNetwork, States, TextTokenizer, cut_question
from retrieval.tuning.checkpoint import resume, save_checkpoint
from retrieval.tuning.mining import Candidate, Group
from retrieval.tuning.schedule import rate
from retrieval.tuning.stopping import BestWeights, Validation
from retrieval.weightfolder import fill


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """How the network is trained. Learning rates warm up, stay, and fall to zero over the last ``decay`` of the steps."""

    steps: int = 300
    groups: int = 8  #: questions a step
    learning_rate: float = 6e-5
    head_learning_rate: float = 5e-4
    weight_decay: float = 0.01
    warmup: float = 0.05
    decay: float = 0.35
    frozen_layers: int = 1  #: lowest layers that stay as the encoder's, with the embeddings below them
    question_tokens: int = 56
    passage_tokens: int = 128
    binary_weight: float = 0.5
    batch_weight: float = 0.5
    plain_share: float = 0.3  #: groups scored without the first stage, so that the network can stand alone
    untitled_share: float = 0.2  #: groups whose passages lose their headings
    checkpoint_steps: int = 50
    validations: int = 12  #: of a run, evenly spread, on held-out groups
    patience: int = 4  #: validations in a row without a new best that end it, once the learning rate falls
    seed: int = 7


@dataclass(frozen=True, slots=True)
class Progress:
    """Where training stands: step, steps in all, the mean loss since the report before, and the last validation."""

    step: int
    steps: int
    loss: float
    validation: Validation | None = None


class _Blend(nn.Module):
    """Learned weights of the first stage beside the log-odds, and the scale and offset that make them probabilities."""

    def __init__(self) -> None:
        super().__init__()
        self.first_stage = nn.Parameter(torch.tensor([8.0, 4.0]))
        self.absolute = nn.Parameter(torch.tensor([0.5, -1.0]))


def train(
    groups: Sequence[Group], encoder_folder: Path, out: Path, config: TrainingConfig, *,
    start_from: Path | None = None, held_out: Sequence[Group] = (), report: Callable[[Progress], None] | None = None,
) -> tuple[InteractionNetwork, Sequence[Validation]]:  # fmt: skip
    """Train for at most ``config.steps`` steps, resuming from a checkpoint in ``out`` where there is one.

    :param groups: at least one; drawn in an order that follows from the seed, again from the start when used up.
    :param start_from: a folder of a reranker whose weights are trained further; None for the encoder's.
    :param held_out: groups that tell which weights are best and when to stop; without any the last are taken.
    :returns: the network with the best weights, in evaluation mode, and what every validation came to.
    """
    torch.manual_seed(config.seed)
    # Activations near zero turn denormal after some hundred steps, and denormal products are 50 times slower on a CPU.
    torch.set_flush_denormal(True)
    network = InteractionNetwork.from_encoder(encoder_folder)
    if start_from:
        fill(network, start_from, kind="reranker")
    blend = _Blend()
    _freeze(network, config.frozen_layers)
    optimizer = _optimizer(network, blend, config)
    reader = _Reader(TextTokenizer(encoder_folder), config)
    networks: dict[str, nn.Module] = {"network": network, "blend": blend}
    takes = {name: partial(one.load_state_dict, strict=False) for name, one in networks.items()}
    step = resume(out, takes, optimizer, config.steps)
    order = _order(groups, config)
    losses: list[float] = []
    best = BestWeights(out, config.patience, _run(held_out, config))
    every = max(1, config.steps // config.validations)
    # Much is gained while the learning rate falls, so no run ends before.
    falls = config.steps - config.decay * config.steps
    network.train()
    while step < config.steps and not (best.exhausted and step > falls):
        chosen = [groups[order[(step * config.groups + at) % len(order)]] for at in range(config.groups)]
        share = rate(step, config.steps, warmup=config.warmup, decay=config.decay)
        for parameters in optimizer.param_groups:
            parameters["lr"] = parameters["peak"] * share
        losses.append(_step(chosen, network, blend, optimizer, reader, Random(f"{config.seed} {step}"), config))
        step += 1
        if held_out and (step % every == 0 or step == config.steps):
            best.add(network, step, validate(held_out, network, blend, reader))
        if step % config.checkpoint_steps == 0 or step == config.steps:
            weights = {name: one.state_dict() for name, one in networks.items()}
            save_checkpoint(out, weights, optimizer, step, asdict(config))
            if report:
                report(Progress(step, config.steps, sum(losses) / len(losses), best.latest))
            losses.clear()
    best.restore(network)
    return network.eval(), best.validations


@torch.inference_mode()
def validate(groups: Sequence[Group], network: InteractionNetwork, blend: _Blend, reader: _Reader) -> float:
    """Mean reciprocal rank of the positive among its negatives, first stage and all, every source weighing the same."""
    ranks: dict[str, list[float]] = {}
    for group in groups:
        read = reader.read(group, Random(group.question))
        question = _states(network, reader.tokenizer, [read.question])
        scores = network.log_odds(question, _states(network, reader.tokenizer, read.passages))
        first = torch.tensor([[candidate.dense, candidate.bm25] for candidate in group.candidates])
        total = (scores + first @ blend.first_stage).tolist()
        right = max(score for score, one in zip(total, group.candidates, strict=True) if one.positive)
        ranks.setdefault(group.source, []).append(1 / max(1, sum(score >= right for score in total)))
    means = [sum(each) / len(each) for each in ranks.values()]
    return sum(means) / len(means)


@dataclass(frozen=True, slots=True)
class _Read:
    """A group as token ids."""

    question: list[int]
    passages: list[list[int]]


class _Reader:
    """Turns groups into token ids: headings dropped now and then, long passages cut to a window."""

    def __init__(self, tokenizer: TextTokenizer, config: TrainingConfig) -> None:
        self.tokenizer = tokenizer
        self.config = config

    def read(self, group: Group, random: Random) -> _Read:
        untitled = random.random() < self.config.untitled_share
        question, *texts = self.tokenizer.encode([group.question, *(candidate.text for candidate in group.candidates)])
        headings = self.tokenizer.encode([candidate.heading for candidate in group.candidates])
        passages = []
        for candidate, text, heading in zip(group.candidates, texts, headings, strict=True):
            title = [] if untitled else heading.ids[:24]
            room = self.config.passage_tokens - len(title)
            start = _window(len(text.ids), room, _span(candidate, group.answers, text.offsets), random)
            passages.append([*title, *text.ids[start : start + room]])
        return _Read(cut_question(question.ids, self.config.question_tokens), passages)


def _span(candidate: Candidate, answers: Sequence[str], offsets: Sequence[tuple[int, int]]) -> range:
    """The tokens of the first answer that stands in a positive's text; empty if none does."""
    if candidate.positive:
        for answer in answers:
            at = candidate.text.find(answer) if len(answer) > 1 else -1
            if at >= 0:
                held = [number for number, (begin, end) in enumerate(offsets) if begin < at + len(answer) and end > at]
                if held:
                    return range(held[0], held[-1] + 1)
    return range(0)


def _window(size: int, room: int, answer: range, random: Random) -> int:
    """Where a window of ``room`` tokens begins: anywhere around the answer, else at the start or anywhere by a coin."""
    if size <= room:
        return 0
    if answer and len(answer) <= room:
        low, high = max(0, answer.stop - room), min(answer.start, size - room)
        return random.randint(low, max(low, high))
    return 0 if random.random() < 0.5 else random.randint(0, size - room)


def _step(
    chosen: Sequence[Group], network: InteractionNetwork, blend: _Blend, optimizer: torch.optim.Optimizer, reader: _Reader,
    random: Random, config: TrainingConfig,
) -> float:  # fmt: skip
    reads = [reader.read(group, random) for group in chosen]
    questions = _states(network, reader.tokenizer, [read.question for read in reads])
    passages = _states(network, reader.tokenizer, [passage for read in reads for passage in read.passages])
    every = network.every_match(questions, passages)
    loss = torch.zeros(())
    start = 0
    listwise = sum(any(candidate.positive for candidate in group.candidates) for group in chosen) or 1
    judged = sum(group.judged for group in chosen) or 1
    for number, group in enumerate(chosen):
        end = start + len(group.candidates)
        question = States(questions.tokens[number : number + 1], questions.mask[number : number + 1])
        scores = network.log_odds(question, States(passages.tokens[start:end], passages.mask[start:end]))
        positive = torch.tensor([candidate.positive for candidate in group.candidates])
        if positive.any() and len(scores) > 1:
            first = torch.tensor([[candidate.dense, candidate.bm25] for candidate in group.candidates])
            total = scores if random.random() < config.plain_share else scores + first @ blend.first_stage
            loss = loss + _listwise(total, positive) / listwise
            among_all = torch.zeros(every.shape[1], dtype=torch.bool)
            among_all[start:end] = positive
            loss = loss + config.batch_weight * _listwise(every[number], among_all) / listwise
        if group.judged:
            absolute = blend.absolute[0] * scores + blend.absolute[1]
            each = nn.functional.binary_cross_entropy_with_logits(absolute, positive.float(), reduction="none")
            # The one positive weighs as much as all negatives together.
            balanced = sum(each[side].mean() for side in (positive, ~positive) if side.any())
            loss = loss + config.binary_weight * balanced / judged
        start = end
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_([p for p in network.parameters() if p.requires_grad], 1.0)
    optimizer.step()
    return float(loss.detach())


def _listwise(scores: Tensor, positive: Tensor) -> Tensor:
    """Minus the log of the share that a softmax gives to the positives."""
    return torch.logsumexp(scores, 0) - torch.logsumexp(scores[positive], 0)


def _states(network: InteractionNetwork, tokenizer: TextTokenizer, rows: Sequence[list[int]]) -> States:
    """States of texts in their order, read in batches of similar length so that little is padding."""
    order = sorted(range(len(rows)), key=lambda at: -len(rows[at]))
    longest = len(rows[order[0]]) + 2
    tokens: dict[int, Tensor] = {}
    masks: dict[int, Tensor] = {}
    for begin in range(0, len(order), 12):
        chosen = order[begin : begin + 12]
        ids, attention = tokenizer.batch([rows[row] for row in chosen])
        with torch.autocast("cpu", torch.bfloat16, enabled=has_fast_bfloat16()):
            states = network.states(ids, attention)
        for at, row in enumerate(chosen):
            missing = longest - states.tokens.shape[1]
            tokens[row] = nn.functional.pad(states.tokens[at].float(), (0, 0, 0, missing))
            masks[row] = nn.functional.pad(states.mask[at], (0, missing))
    numbers = range(len(rows))
    return States(torch.stack([tokens[row] for row in numbers]), torch.stack([masks[row] for row in numbers]))


def _freeze(network: InteractionNetwork, layers: int) -> None:
    for name, parameter in network.named_parameters():
        below = layers > 0 and name.startswith("bert.embeddings.")
        frozen = name == SHARED or below or any(name.startswith(f"bert.encoder.layer.{n}.") for n in range(layers))
        parameter.requires_grad_(not frozen)


def _optimizer(network: InteractionNetwork, blend: _Blend, config: TrainingConfig) -> torch.optim.Optimizer:
    trunk = [p for name, p in network.named_parameters() if name.startswith("bert.") and p.requires_grad]
    head = [p for name, p in network.named_parameters() if not name.startswith("bert.")]
    return torch.optim.AdamW(
        [
            {"params": trunk, "lr": 0.0, "peak": config.learning_rate},
            {"params": head, "lr": 0.0, "peak": config.head_learning_rate},
            {"params": list(blend.parameters()), "lr": 0.0, "peak": 1e-2, "weight_decay": 0.0},
        ],
        weight_decay=config.weight_decay,
    )


def _run(held_out: Sequence[Group], config: TrainingConfig) -> str:
    """What the validations of a run are comparable by."""
    asked = "\n".join(f"{group.source} {group.question}" for group in held_out)
    return f"{config.steps} steps, {len(held_out)} held out, {sha256(asked.encode()).hexdigest()[:12]}"


def _order(groups: Sequence[Group], config: TrainingConfig) -> list[int]:
    order = list(range(len(groups)))
    Random(config.seed).shuffle(order)
    return order
