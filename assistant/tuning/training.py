"""The training loop of the generator's adapter: LoRA on the upper layers, the loss on the reply alone.

All prompts begin with the same words, so their states are computed once a step and shared by its examples; gradients flow
back through them. The examples of a step are of nearly one length, and logits are taken where the reply stands: together
that makes a step about three times as quick as padding whole prompts.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from itertools import takewhile
from pathlib import Path
from random import Random
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from assistant.adapter import CONFIG, WEIGHTS
from assistant.tuning.examples import Example
from retrieval.basemodel import open_weights
from retrieval.errors import WrongUsage
from retrieval.tuning.checkpoint import resume, save_checkpoint
from retrieval.tuning.schedule import rate
from retrieval.weightfolder import write_readable

_PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
_BUCKET = 16  #: batches whose examples are sorted by length together


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """How the adapter is trained. The learning rate warms up, stays, and falls to zero over the last ``decay`` of the steps."""

    steps: int = 400
    batch: int = 4  #: examples a step
    rank: int = 16
    alpha: int = 32
    layers: int = 20  #: the upper ones; those below stay as they are and need no gradient
    learning_rate: float = 4e-4
    warmup: float = 0.05
    decay: float = 0.5
    longest: int = 448  #: tokens; longer examples are left out
    checkpoint_steps: int = 20
    seed: int = 7


@dataclass(frozen=True, slots=True)
class Progress:
    """Where training stands: step, steps in all, and the mean loss a reply token since the report before."""

    step: int
    steps: int
    loss: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run used and what it changed.

    ``used``: examples short enough to be trained on. Losses are means a reply token over the dev examples, without and with
    the adapter; None where there were none.
    """

    used: int
    loss_before: float | None
    loss_after: float | None


@dataclass(frozen=True, slots=True)
class Encoded:
    """An example as token ids."""

    prompt: tuple[int, ...]
    reply: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.reply)


def train(
    examples: Sequence[Example], dev: Sequence[Example], base: Path, out: Path, config: TrainingConfig, *,
    report: Callable[[Progress], None] | None = None,
) -> Outcome:  # fmt: skip
    """Train an adapter for ``config.steps`` steps and write it to ``out`` as PEFT would; a run whose checkpoint lies in
    ``out / "run"`` goes on from it.

    :param examples: drawn again from the start when used up; those of too many tokens are left out.
    :param dev: only measured.
    :param base: folder of the weights to adapt.
    :raises WrongUsage: if no example is short enough.
    """
    torch.manual_seed(config.seed)
    # Activations near zero turn denormal after some hundred steps, and denormal products are 50 times slower on a CPU.
    torch.set_flush_denormal(True)
    model, tokenizer = open_weights(base)
    encoded = [one for one in encode(examples, tokenizer) if len(one) <= config.longest]
    if not encoded:
        raise WrongUsage(
            f"no example has at most {config.longest} tokens; give data with shorter passages or raise the limit"
        )
    adapted = _adapted(model, config)
    trained = [parameter for parameter in adapted.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=config.learning_rate, weight_decay=0.0)
    step = resume(out / "run", {"adapter": partial(_put, adapted)}, optimizer, config.steps)
    batches = in_batches(encoded, config)
    losses: list[float] = []
    adapted.train()
    try:
        while step < config.steps:
            share = rate(step, config.steps, warmup=config.warmup, decay=config.decay)
            for group in optimizer.param_groups:
                group["lr"] = config.learning_rate * share
            loss = reply_loss(model, batches[step % len(batches)])
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())
            step += 1
            if step % config.checkpoint_steps == 0 or step == config.steps:
                save_checkpoint(out / "run", {"adapter": _tensors(adapted)}, optimizer, step, asdict(config))
                if report:
                    report(Progress(step, config.steps, sum(losses) / len(losses)))
                losses.clear()
    except KeyboardInterrupt:
        save_checkpoint(out / "run", {"adapter": _tensors(adapted)}, optimizer, step, asdict(config))
        raise
    _write(out, adapted, config)
    adapted.eval()
    held_out = in_batches([one for one in encode(dev, tokenizer) if len(one) <= config.longest], config)
    with torch.inference_mode(), adapted.disable_adapter():
        before = _mean_loss(model, held_out)
    with torch.inference_mode():
        return Outcome(len(encoded), before, _mean_loss(model, held_out))


def encode(examples: Sequence[Example], tokenizer: Any) -> list[Encoded]:
    """The examples as the model reads them when it answers, each reply with the mark that ends it."""
    return [
        Encoded(
            tuple(tokenizer.apply_chat_template(list(example.prompt), add_generation_prompt=True)["input_ids"]),
            (*tokenizer(example.reply, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id),
        )
        for example in examples
    ]


def in_batches(encoded: Sequence[Encoded], config: TrainingConfig) -> list[list[Encoded]]:
    """Batches of nearly one length each, in an order drawn by the seed; the last one may be smaller."""
    random = Random(config.seed)
    order = list(encoded)
    random.shuffle(order)
    size = _BUCKET * config.batch
    batches = []
    for begin in range(0, len(order), size):
        bucket = sorted(order[begin : begin + size], key=len)
        batches += [bucket[at : at + config.batch] for at in range(0, len(bucket), config.batch)]
    random.shuffle(batches)
    return batches


def reply_loss(model: Any, batch: Sequence[Encoded]) -> Tensor:
    """Mean cross-entropy of the reply tokens of a batch.

    :param model: a causal language model; adapters inside it are trained.
    """
    from transformers import DynamicCache

    shared = _shared([one.prompt for one in batch])
    cache = DynamicCache(config=model.config)
    model.model(input_ids=torch.tensor([shared]), past_key_values=cache, use_cache=True)
    cache.batch_repeat_interleave(len(batch))
    rest = [one.prompt[len(shared) :] + one.reply for one in batch]
    longest = max(map(len, rest))
    ids = torch.tensor([[*one, *([0] * (longest - len(one)))] for one in rest])
    seen = torch.tensor([[1] * (len(shared) + len(one)) + [0] * (longest - len(one)) for one in rest])
    states = model.model(input_ids=ids, attention_mask=seen, past_key_values=cache, use_cache=True).last_hidden_state
    # The state before a token is what it is foretold from.
    before = [
        states[row, len(one) - len(example.reply) - 1 : len(one) - 1]
        for row, (one, example) in enumerate(zip(rest, batch, strict=True))
    ]
    wanted = torch.tensor([token for example in batch for token in example.reply])
    return torch.nn.functional.cross_entropy(model.lm_head(torch.cat(before)), wanted)


def _mean_loss(model: Any, batches: Sequence[Sequence[Encoded]]) -> float | None:
    tokens = [sum(len(one.reply) for one in batch) for batch in batches]
    losses = [reply_loss(model, batch).item() for batch in batches]
    return sum(loss * n for loss, n in zip(losses, tokens, strict=True)) / sum(tokens) if tokens else None


def _shared(prompts: Sequence[Sequence[int]]) -> list[int]:
    """What all prompts begin with, but for the last token of the shortest."""
    same = takewhile(lambda tokens: len(set(tokens)) == 1, zip(*(prompt[:-1] for prompt in prompts), strict=False))
    return [tokens[0] for tokens in same]


def _adapted(model: Any, config: TrainingConfig) -> Any:
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise WrongUsage("training an adapter needs peft; run: pip install 'policydesk[tune]'") from error

    layers = model.config.num_hidden_layers
    lora = LoraConfig(
        r=config.rank, lora_alpha=config.alpha, lora_dropout=0.0, target_modules=list(_PROJECTIONS),
        layers_to_transform=list(range(max(0, layers - config.layers), layers)), task_type="CAUSAL_LM",
    )  # fmt: skip
    with _without_notices():
        return get_peft_model(model, lora)


@contextmanager
def _without_notices() -> Iterator[None]:
    # peft asks transformers for an attribute that was renamed.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _tensors(adapted: Any) -> dict[str, Tensor]:
    from peft import get_peft_model_state_dict

    return {name: value.detach().contiguous() for name, value in get_peft_model_state_dict(adapted).items()}


def _put(adapted: Any, tensors: dict[str, Tensor]) -> None:
    from peft import set_peft_model_state_dict

    set_peft_model_state_dict(adapted, tensors)


def _write(out: Path, adapted: Any, config: TrainingConfig) -> None:
    """The adapter in PEFT's own layout, in half precision and without the paths of this machine."""
    lora = adapted.peft_config["default"]
    about = {
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": "SmolLM2-135M-Instruct",
        "r": config.rank, "lora_alpha": config.alpha, "lora_dropout": 0.0, "bias": "none",
        "target_modules": sorted(_PROJECTIONS), "layers_to_transform": list(lora.layers_to_transform),
    }  # fmt: skip
    write_readable(out / WEIGHTS, save({name: value.half() for name, value in _tensors(adapted).items()}))
    (out / CONFIG).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
